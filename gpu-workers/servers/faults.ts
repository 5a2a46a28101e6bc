// The faults that a paced server can be told to have: for the next n requests, or until they are cleared. Owns their schema and count.
import { z } from 'zod';

const faults = z.strictObject({
  /** Requests that are hit; left out: all until cleared. */
  requests: z.int().min(1).optional(),
  delayMs: z.number().min(0).optional(),
  errorStatus: z.int().min(300).max(599).optional(),
  /** After this many tokens: sends nothing more, but keeps the connection. */
  stallAfterTokens: z.int().min(0).optional(),
  /** After this many tokens: resets the connection. */
  resetAfterTokens: z.int().min(0).optional(),
  /** After this many tokens: bytes that are no event stream. */
  garbageAfterTokens: z.int().min(0).optional(),
  /** Ends the stream as if all were well, but without its terminal event. */
  missingTerminal: z.boolean().optional(),
  /** A compressed reply that inflates to this many megabytes. */
  gzipBombMb: z.int().min(1).max(2_000).optional(),
  /** Counts these completion tokens instead of the true ones. */
  lyingUsage: z.number().optional(),
});

export type Faults = z.infer<typeof faults>;

export class FaultBook {
  #faults: Faults = {};
  #left = Infinity;

  /** Throws on an unknown fault: a typing mistake must not look like a server without faults. */
  set(body: unknown): void {
    this.#faults = faults.parse(body);
    this.#left = this.#faults.requests ?? Infinity;
  }

  /** The faults of the next request. */
  take(): Faults {
    if (this.#left <= 0) return {};
    this.#left -= 1;
    return this.#faults;
  }
}
