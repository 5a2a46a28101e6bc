// Idle times as a replica lives them: how long the k-th replica of a pool stood idle until the next request came for it. Constant memory per pool. Pure.

/** Deeper levels are not followed: a gap there is as good as never closed. */
const levelsMax = 128;

/** Of a pool, the last released replica is used first: released ones are a stack, so each gap belongs to one level. */
export class IdleGaps {
  readonly #released: number[][];

  constructor(poolCount: number) {
    this.#released = Array.from({ length: poolCount }, () => []);
  }

  end(pool: number, atMs: number): void {
    const released = this.#released[pool] ?? [];
    released.push(atMs);
    if (released.length > levelsMax) released.shift();
  }

  /** The gap that this arrival closes, in ms; null when it needs a replica more than the pool ever had. */
  arrive(pool: number, atMs: number): number | null {
    const releasedMs = this.#released[pool]?.pop();
    return releasedMs === undefined ? null : atMs - releasedMs;
  }
}
