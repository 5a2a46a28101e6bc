// The faults that a paced server can be told to have: for the next n requests, until they are cleared, or from its start. Owns their
// schema and their count; paced-server.ts and paced-reply.ts commit them. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../../src/core/base/result.ts';

const faults = z.strictObject({
  /** Requests that are hit; left out: all until cleared. */
  requests: z.int().min(1).optional(),
  /** Of the requests that would be hit only this share is, evenly spread; left out: each. */
  share: z.number().min(0).max(1).optional(),
  /** Milliseconds more before the first token. */
  delayMs: z.number().min(0).max(3_600_000).optional(),
  errorStatus: z.int().min(300).max(599).optional(),
  /** Code of that error; left out: `told_to_fail`. */
  errorCode: z.string().min(1).max(100).optional(),
  /** `Retry-After` beside that error, in seconds. */
  retryAfterS: z.int().min(0).max(86_400).optional(),
  /** After this many tokens: sends nothing more, but keeps the connection. */
  stallAfterTokens: z.int().min(0).optional(),
  /** After this many tokens: resets the connection. */
  resetAfterTokens: z.int().min(0).optional(),
  /** After this many tokens: bytes that are no event stream, and a clean end. */
  garbageAfterTokens: z.int().min(0).optional(),
  /** After this many tokens: one event whose JSON is cut off; the stream goes on behind it. */
  malformedAfterTokens: z.int().min(0).optional(),
  /** Ends cleanly, but without the terminal event of a stream or the second half of a JSON reply. */
  missingTerminal: z.boolean().optional(),
  /** A compressed reply that inflates to this many megabytes. */
  gzipBombMb: z.int().min(1).max(16_384).optional(),
  /** Counts these completion tokens instead of the true ones. */
  lyingUsage: z.number().optional(),
  /** Refuses to continue an answer that a request brings along. */
  refusePrefill: z.boolean().optional(),
  /** Half of the answer, and this as the reason of its end. */
  finishReason: z.enum(['content_filter', 'length']).optional(),
});

const startFaults = z.strictObject({
  /** `fail`: exits as if the weights were broken. `hang`: loads for ever. */
  start: z.enum(['fail', 'hang']).optional(),
  /** Milliseconds more for each load and wake. */
  slowLoadMs: z.number().min(0).max(3_600_000).optional(),
  /** Faults of requests from the first one on. */
  requests: faults.optional(),
});

export type Faults = z.infer<typeof faults>;
export type StartFaults = z.infer<typeof startFaults>;

export class FaultBook {
  #faults: Faults = {};
  #left = 0;
  #asked = 0;

  /** Replaces all faults; `{}` clears them. */
  set(next: Faults): void {
    this.#faults = next;
    this.#left = next.requests ?? Number.POSITIVE_INFINITY;
    this.#asked = 0;
  }

  /** The faults of the next request. */
  take(): Faults {
    const { share = 1 } = this.#faults;
    this.#asked += 1;
    const isHit = Math.floor(this.#asked * share) > Math.floor((this.#asked - 1) * share);
    if (!isHit || this.#left <= 0) return {};
    this.#left -= 1;
    return this.#faults;
  }
}

/** An unknown name is an error: a slip of the pen must not look like a server without faults. */
export function parseFaults(value: unknown): Result<Faults, string> {
  const parsed = faults.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(z.prettifyError(parsed.error));
}

export function parseStartFaults(json: string | undefined): Result<StartFaults, string> {
  const parsed = startFaults.safeParse(tryParse(json ?? '{}'));
  return parsed.success ? ok(parsed.data) : err(`PILOTLIGHT_FAULTS: ${z.prettifyError(parsed.error)}`);
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}
