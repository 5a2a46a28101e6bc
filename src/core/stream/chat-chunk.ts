// One event of a streamed chat answer: parsed and checked, so that whatever is relayed has the shape that clients build on. Owns
// the shape of a chunk, not the order of chunks. Pure.
import { err, ok, type Result } from '../base/result.ts';
import { parseUsage, type TokenUsage } from './usage.ts';

/** What can be wrong with the stream of a replica; each is a kind of `Failure`. */
export type StreamFault = 'bad-reply' | 'replica-error' | 'stream-cut';

export interface ChatChunk {
  /** Text that the first choice gained. */
  readonly text: string;
  /** Whether any choice gained anything or ended; a chunk that only names a role or counts tokens is no content. */
  readonly hasContent: boolean;
  /** Whether all that was gained is plain text of the first choice: no tool calls, no refusal, no thinking apart. */
  readonly isText: boolean;
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
}

export function parseChatChunk(json: string): Result<ChatChunk, StreamFault> {
  const chunk = parseObject(json);
  if (chunk === null) return err('bad-reply');
  if (chunk['error'] !== undefined && chunk['error'] !== null) return err('replica-error');
  const choices = chunk['choices'];
  if (!Array.isArray(choices)) return err('bad-reply');
  let text = '';
  let finishReason: string | null = null;
  let hasContent = false;
  let isText = true;
  for (const [at, choice] of choices.entries()) {
    const read = readChoice(choice);
    if (read === null) return err('bad-reply');
    hasContent ||= read.hasContent;
    const isFirst = choiceIndex(choice, at) === 0;
    isText &&= read.isText && isFirst;
    if (!isFirst) continue;
    text += read.text;
    finishReason = read.finishReason ?? finishReason;
  }
  return ok({ text, hasContent, isText, finishReason, usage: parseUsage(chunk['usage']) });
}

/** The JSON object in `json`; null when it is anything else. */
export function parseObject(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function readChoice(choice: unknown): Omit<ChatChunk, 'usage'> | null {
  if (!isObject(choice)) return null;
  const delta = choice['delta'] ?? {};
  if (!isObject(delta)) return null;
  const finish = choice['finish_reason'];
  const content = delta['content'];
  const gained = gains(delta);
  return {
    text: typeof content === 'string' ? content : '',
    hasContent: typeof finish === 'string' || gained !== 'nothing',
    isText: gained !== 'more',
    finishReason: typeof finish === 'string' ? finish : null,
  };
}

function gains(delta: Readonly<Record<string, unknown>>): 'nothing' | 'text' | 'more' {
  let gained: 'nothing' | 'text' = 'nothing';
  for (const key in delta) {
    if (key === 'role') continue;
    const value = delta[key];
    if (value === null || value === '' || value === undefined) continue;
    if (key !== 'content' || typeof value !== 'string') return 'more';
    gained = 'text';
  }
  return gained;
}

function choiceIndex(choice: unknown, at: number): unknown {
  return isObject(choice) && choice['index'] !== undefined ? choice['index'] : at;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
