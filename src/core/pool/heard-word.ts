// What an isolate has heard of one pool that says whether a slot may be kept for its next request: who is left out, whether others wait,
// who is confined to few replicas. Owns also what the pool cannot have said yet: one of the isolate's own requests waits longer for a slot
// than a free one takes. The slots themselves are in lease-book.ts. Plain data; time is an argument.
import type { HealthVerdict } from '../resilience/pool-health.ts';
import type { PoolWord } from './pool-events.ts';

/** Used and idle slots are reported to the pool this often, and it answers with its word; a small part of the lease's time to live. */
export const beatEveryMs = 2_000;
/** A pool grants a free slot faster than this: one of our own requests that asks for longer waits in the queue. */
export const askPatienceMs = 50;
/** After this long the answers to beats say whether somebody waits; an ask that was torn down without a word counts no longer. */
export const askTrustMs = 2 * beatEveryMs;

export class HeardWord {
  /** Our own requests that ask the pool at this moment, the longest first. */
  readonly #asks = new Set<{ readonly sinceMs: number }>();
  #contended = false;
  #confined: readonly string[] = [];
  #ejected: readonly string[] = [];
  #targetOpen = false;

  /** Of others. An object of an earlier version says nothing, and what it said before holds. */
  hear({ contended, confined }: Partial<Pick<PoolWord, 'contended' | 'confined'>>): void {
    this.#contended = contended ?? this.#contended;
    this.#confined = confined ?? this.#confined;
  }

  /** Who is left out from now on. */
  heed({ ejected, targetOpen }: Pick<HealthVerdict, 'ejected' | 'targetOpen'>): void {
    this.#ejected = ejected;
    this.#targetOpen = targetOpen;
  }

  /** A request begins to ask the pool. The function that it gets is to be called when the pool has answered. */
  ask(nowMs: number): () => void {
    const ask = { sinceMs: nowMs };
    this.#asks.add(ask);
    return () => void this.#asks.delete(ask);
  }

  /** Whether the pool said so, or a request of our own has waited too long for a slot that was free. */
  othersWait(nowMs: number): boolean {
    if (this.#contended) return true;
    for (const ask of this.#asks) {
      const waitedMs = nowMs - ask.sinceMs;
      if (waitedMs >= askTrustMs) this.#asks.delete(ask);
      else return waitedMs >= askPatienceMs;
    }
    return false;
  }

  /** From when on others wait, as far as it can be known by now; null = nobody asks. */
  waitDueMs(nowMs: number): number | null {
    if (this.othersWait(nowMs)) return nowMs;
    const [oldest] = this.#asks;
    return oldest === undefined ? null : oldest.sinceMs + askPatienceMs;
  }

  isLeftOut(replicaId: string): boolean {
    return this.#targetOpen || this.#ejected.includes(replicaId);
  }

  /** A tenant that may use few replicas only; the pool says which. */
  isConfined(tenant: string): boolean {
    return this.#confined.includes(tenant);
  }
}
