// Counts requests that are turned away alike, so that a storm of thousands a second is a line or two a second and yet no request is missing
// from the sum. The first one is written at once; those of the second after it are one event with their number. Owns the counts of one
// isolate; writes nothing and knows no clock. Plain data.
import type { RequestEvent } from './request-event.ts';

/** How long those alike are counted before they are written. */
export const countMs = 1_000;
/** Who counts is a request that the platform may end: after this long another one takes over. */
const takeOverMs = 2 * countMs;
/** Kinds that are counted at a time; those of others are written one by one. */
const kindsMax = 256;

interface Count {
  requests: number;
  last: RequestEvent | null;
  sinceMs: number;
}

export interface Noted {
  /** To be written now. */
  readonly event: RequestEvent | null;
  /** Its counting has begun: `end` is to be called with it after `countMs`. */
  readonly begun: string | null;
}

export class RefusalCount {
  readonly #counts = new Map<string, Count>();

  note(event: RequestEvent, nowMs: number): Noted {
    const kind = kindOf(event);
    const count = this.#counts.get(kind);
    if (count !== undefined && nowMs - count.sinceMs < takeOverMs) {
      count.requests += event.requests;
      count.last = event;
      return { event: null, begun: null };
    }
    const isFull = count === undefined && this.#counts.size >= kindsMax;
    if (!isFull) this.#counts.set(kind, { requests: 0, last: null, sinceMs: nowMs });
    const requests = event.requests + (count?.requests ?? 0);
    return { event: { ...event, requests }, begun: isFull ? null : kind };
  }

  /** Those that were turned away since, as one event; null when there were none. */
  end(kind: string): RequestEvent | null {
    const count = this.#counts.get(kind);
    this.#counts.delete(kind);
    if (count === undefined || count.last === null) return null;
    return { ...count.last, requests: count.requests };
  }
}

/** None of these holds a line break: ids, and a path as the door takes it. */
function kindOf({ tenant, keyId, version, path, error }: RequestEvent): string {
  return `${tenant}\n${keyId}\n${version}\n${path}\n${error}`;
}
