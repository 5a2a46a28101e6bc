// What pools want a place to hold beside its floor: each the last wish that counts, until its time is over. Owns nothing else: a book that
// is lost costs the buffer for as long as it takes the pools to say it again.
import type { Hold } from './managed-place.ts';

/** Pools of one version: one for each environment that shares the place. */
const poolsMax = 16;

interface Wish {
  readonly order: number;
  readonly containers: number;
  readonly untilMs: number;
}

export class HoldBook {
  readonly #wishes = new Map<string, Wish>();

  /** Said twice it ends no later than said once; what a later wish has overtaken is not heard. */
  take({ pool, order, containers, forMs }: Hold, nowMs: number): void {
    const known = this.#wishes.get(pool);
    if (known !== undefined && known.order > order) return;
    const endMs = nowMs + forMs;
    const untilMs = known?.order === order ? Math.min(known.untilMs, endMs) : endMs;
    this.#wishes.delete(pool);
    this.#wishes.set(pool, { order, containers, untilMs });
    const oldest = this.#wishes.keys().next();
    if (this.#wishes.size > poolsMax && oldest.done !== true) this.#wishes.delete(oldest.value);
  }

  /** Containers that are wanted now, all in all. The order of a wish that has ended is still known. */
  wanted(nowMs: number): number {
    let sum = 0;
    for (const { containers, untilMs } of this.#wishes.values()) if (untilMs > nowMs) sum += containers;
    return sum;
  }
}
