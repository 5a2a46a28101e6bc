// One call of a provider's HTTP API by a place: a deadline, the key, and what its answer means for whoever steers the place. Owns the
// sorting of statuses into the contract's errors; retries nothing. Never throws.
import { err, ok } from '../../core/base/result.ts';
import { parseRetryAfter } from '../../core/stream/retry-after.ts';
import { readBounded } from '../read-bounded.ts';
import type { BackendError, BackendReply } from '../backend.ts';

export type PlaceFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface PlaceCall {
  /** Names the provider in messages, which operators read. */
  readonly provider: string;
  readonly method: 'GET' | 'PATCH';
  readonly url: string;
  readonly key: string | null;
  readonly body?: object;
  readonly withinMs: number;
  readonly fetch: PlaceFetch;
  now(): number;
}

export interface PlaceAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
}

/** No answer of a provider's API that is of use here is longer. */
const answerBytesMax = 1024 * 1024;
const retryAfterMsGuess = 5_000;

/** Whatever was answered, also a refusal; an error when there was no answer within the time. */
export async function callPlace(call: PlaceCall): BackendReply<PlaceAnswer> {
  const { provider, method, url, key, body, withinMs, fetch } = call;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (key !== null) headers['authorization'] = `Bearer ${key}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  // Cleared as soon as the call ends: a timer that lives on would keep a Durable Object from going to sleep.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), withinMs);
  const late: BackendError = {
    kind: 'timeout',
    message: `${provider} did not answer within ${withinMs} ms`,
  };
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: deadline.signal,
      // A key goes where the configuration says, and nowhere else.
      redirect: 'manual',
    });
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), call.now());
    const text = await readBounded(response, answerBytesMax);
    if (text === null && deadline.signal.aborted) return err(late);
    if (text === null)
      return err({ kind: 'bad-reply', message: `the answer of ${provider} is too long, or broke off` });
    return ok({ status: response.status, text, retryAfterMs });
  } catch {
    return deadline.signal.aborted
      ? err(late)
      : err({ kind: 'unreachable', message: `${provider} cannot be reached` });
  } finally {
    clearTimeout(timer);
  }
}

/** What a status says where the provider says nothing more exact; null = it is no failure. */
export function failureOf(provider: string, { status, retryAfterMs }: PlaceAnswer): BackendError | null {
  const message = `${provider} answered ${status}`;
  if (status >= 200 && status <= 299) return null;
  if (status === 401 || status === 403) return { kind: 'unauthorized', message };
  if (status === 402) return { kind: 'quota', message, retryAfterMs: retryAfterMs ?? retryAfterMsGuess };
  if (status === 404) return { kind: 'not-found', message };
  if (status === 429)
    return { kind: 'no-capacity', message, retryAfterMs: retryAfterMs ?? retryAfterMsGuess };
  if (status === 408 || status >= 500) return { kind: 'unreachable', message };
  if (status >= 400) return { kind: 'cannot-start', message };
  return { kind: 'bad-reply', message };
}

export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
