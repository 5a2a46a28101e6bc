// The head of a replica's reply: what may be relayed, what is told as a refusal, what is a fault. Also the bounded reading of small
// bodies. Owns nothing of what a body means.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { isRefusalStatus, parseRefusal } from '../core/stream/parse-refusal.ts';
import { parseRetryAfter } from '../core/stream/retry-after.ts';
import type { AttemptWatch } from './relay-watch.ts';

/** An error object with its message; a longer one is no error object. */
const REFUSAL_BYTES_MAX = 64 * 1024;

type MediaType = 'text/event-stream' | 'application/json';

/** The body of a reply that may be relayed. Any other body is let go of unread, but for the words of a refusal. `nowMs`: epoch milliseconds. */
export async function openBody(
  response: Response,
  expected: MediaType,
  watch: AttemptWatch,
  nowMs: number,
): Promise<Result<ReadableStream<Uint8Array>, Failure>> {
  const { status, body } = response;
  const stopped = watch.stopped();
  if (stopped !== null) return refuseBody(body, stopped);
  // Whatever was compressed although it was asked not to be is inflated by the runtime, to any size.
  if (!isPlain(response.headers)) return refuseBody(body, { kind: 'bad-reply' });
  if (isRefusalStatus(status) && body !== null) {
    const text = await readText(body, REFUSAL_BYTES_MAX, watch);
    return err(text.ok ? parseRefusal(status, text.value) : (watch.stopped() ?? { kind: 'replica-error' }));
  }
  if (status === 429 || status === 503) {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), nowMs);
    return refuseBody(body, { kind: 'replica-busy', status, retryAfterMs });
  }
  if (status < 200 || status > 299) return refuseBody(body, { kind: 'replica-error' });
  if (status !== 200 || body === null || mediaType(response.headers) !== expected) {
    return refuseBody(body, { kind: 'bad-reply' });
  }
  return ok(body as ReadableStream<Uint8Array>);
}

/** The whole text of a body, unless it is larger than `bytesMax`, cut, not UTF-8, or the request is given up. */
export async function readText(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  watch: AttemptWatch,
): Promise<Result<string, Failure>> {
  const reader = openReader(body, watch);
  try {
    const decode = makeDecoder();
    let text = '';
    let bytes = 0;
    for (;;) {
      const read = await reader.next();
      const stopped = watch.stopped();
      if (stopped !== null) return err(stopped);
      if (read === 'cut') return err({ kind: 'stream-cut' });
      bytes += read?.byteLength ?? 0;
      const piece = bytes > bytesMax ? null : decode(read);
      if (piece === null) return err({ kind: 'bad-reply' });
      text += piece;
      if (read === null) return ok(text);
    }
  } finally {
    reader.close();
  }
}

export interface BodyReader {
  /** The next bytes; null at the end, `cut` when the connection broke. */
  next(): Promise<Uint8Array | null | 'cut'>;
  /** Nobody reads on: what is not read yet is let go of. */
  close(): void;
}

/** Reads a body until its end or until the attempt is given up. */
export function openReader(body: ReadableStream<Uint8Array>, watch: AttemptWatch): BodyReader {
  const reader = body.getReader();
  // Not every runtime ends a read under way when the signal of its fetch fires.
  const onStop = (): void => abandon(reader);
  watch.signal.addEventListener('abort', onStop, { once: true });
  return {
    next: async () => {
      try {
        const { done, value } = await reader.read();
        return done || value === undefined ? null : value;
      } catch {
        return 'cut';
      }
    },
    close: () => {
      watch.signal.removeEventListener('abort', onStop);
      abandon(reader);
    },
  };
}

/** Gives the text of the next bytes, of null at the end; null when they are not UTF-8. A split character comes with its last byte. */
export function makeDecoder(): (bytes: Uint8Array | null) => string | null {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  return (bytes) => {
    try {
      return bytes === null ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      return null;
    }
  };
}

/** What becomes of the other end is of no more interest. */
function abandon(source: { cancel(): Promise<unknown> }): void {
  source.cancel().catch(() => {});
}

function refuseBody(body: ReadableStream<Uint8Array> | null, failure: Failure): Result<never, Failure> {
  if (body !== null) abandon(body);
  return err(failure);
}

function isPlain(headers: Headers): boolean {
  const encoding = headers.get('content-encoding');
  return encoding === null || encoding.trim().toLowerCase() === 'identity';
}

function mediaType(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
