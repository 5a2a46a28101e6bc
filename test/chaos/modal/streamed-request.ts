// One streamed request, and whether its end is what it says. Owns the judgement: complete, refused in words with a code, or neither.
import type { RawStack } from '../../support/raw-stack.ts';

export type Answer =
  | { readonly kind: 'complete' }
  | { readonly kind: 'refused'; readonly code: string }
  /** Cut short, hanging, or an error without a code. */
  | { readonly kind: 'dishonest'; readonly words: string };

const answerMsMax = 60_000;

export async function askStreamed({ url, key }: Pick<RawStack, 'url' | 'key'>): Promise<Answer> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'boxed', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
      signal: AbortSignal.timeout(answerMsMax),
    });
    return judgeAnswer(response.status, await response.text());
  } catch (cause) {
    return { kind: 'dishonest', words: `the request ended with ${String(cause)}` };
  }
}

export function judgeAnswer(status: number, text: string): Answer {
  if (status !== 200)
    return refusalOf(text) ?? { kind: 'dishonest', words: `${status} ${text.slice(0, 200)}` };
  const lines = text.split('\n').filter((line) => line.startsWith('data: '));
  const events = lines.map((line) => line.slice(6).trim());
  for (const event of events) {
    const refused = refusalOf(event);
    if (refused !== null) return refused;
  }
  const isWhole = events.at(-1) === '[DONE]' && events.some((event) => event.includes('"finish_reason":"'));
  return isWhole
    ? { kind: 'complete' }
    : { kind: 'dishonest', words: `cut short after ${events.length} events` };
}

function refusalOf(text: string): Answer | null {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly code?: unknown } };
    return typeof error?.code === 'string' ? { kind: 'refused', code: error.code } : null;
  } catch {
    return null;
  }
}
