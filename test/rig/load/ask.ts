// What the load generator asks of the gateway, and the one answer that is right. Paced servers say words that follow from the prompt alone,
// so that every answer is checked token by token, and no two prompts of a run have the same one.
import { pacedAnswer, pacedPrompt } from '../../../gpu-workers/servers/pace-text.ts';

export interface Ask {
  readonly model: string;
  readonly key: string;
  readonly prompt: string;
  readonly stream: boolean;
  /** Tokens of the complete answer. */
  readonly tokens: number;
  /** The client's own limit, from the moment at which the request was meant to be sent. */
  readonly limitMs: number;
  /** The client says in a header how much of its limit is left when it sends: what nobody waits for any more need not be answered. */
  readonly tellsLimit?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further fields of the body. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Text of the complete, correct answer. */
export function rightAnswer({ prompt, tokens }: Pick<Ask, 'prompt' | 'tokens'>): string {
  return pacedAnswer(pacedPrompt([{ role: 'user', content: prompt }]), tokens);
}

export function renderBody({ model, prompt, stream, extra }: Ask): string {
  const usage = stream ? { stream_options: { include_usage: true } } : {};
  return JSON.stringify({ model, stream, ...usage, messages: [{ role: 'user', content: prompt }], ...extra });
}
