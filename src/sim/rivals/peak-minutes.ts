// The highest number of requests in flight in each of the last minutes, one ring per pool. Constant memory. Pure.

const minuteMs = 60_000;

export class PeakMinutes {
  readonly #minutes: number;
  readonly #ring: Float32Array;
  readonly #level: Int32Array;
  /** The minute each pool's ring has reached. */
  readonly #newest: Float64Array;

  constructor(poolCount: number, minutes: number) {
    this.#minutes = minutes;
    this.#ring = new Float32Array(poolCount * minutes);
    this.#level = new Int32Array(poolCount);
    this.#newest = new Float64Array(poolCount);
  }

  change(pool: number, atMs: number, by: number): void {
    this.#advance(pool, atMs);
    const level = (this.#level[pool] ?? 0) + by;
    this.#level[pool] = level;
    const cell = this.#cell(pool, this.#newest[pool] ?? 0);
    this.#ring[cell] = Math.max(this.#ring[cell] ?? 0, level);
  }

  /** Copies the full minutes before this moment, oldest first; false when there was no request in any of them. */
  copyBefore(pool: number, atMs: number, into: Float64Array): boolean {
    // Once something has changed in the running minute, it stands in the place of the oldest: one value of thousands.
    const minute = Math.floor(atMs / minuteMs);
    this.#advance(pool, minute * minuteMs - 1);
    let sum = 0;
    for (let at = 0; at < this.#minutes; at += 1) {
      const value = this.#ring[this.#cell(pool, minute + at)] ?? 0;
      into[at] = value;
      sum += value;
    }
    return sum > 0;
  }

  #advance(pool: number, atMs: number): void {
    const minute = Math.floor(atMs / minuteMs);
    const newest = this.#newest[pool] ?? 0;
    const from = Math.max(newest + 1, minute - this.#minutes + 1);
    for (let at = from; at <= minute; at += 1) this.#ring[this.#cell(pool, at)] = this.#level[pool] ?? 0;
    this.#newest[pool] = Math.max(newest, minute);
  }

  #cell(pool: number, minute: number): number {
    return pool * this.#minutes + (minute % this.#minutes);
  }
}
