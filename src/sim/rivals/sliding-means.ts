// Mean of a step function (here: requests in flight) over a sliding window, one for each pool. Constant memory: a ring of bins per pool.
// The window is covered up to one bin. Pure.

const none = -1;

export class SlidingMeans {
  readonly #bins: number;
  readonly #binMs: number;
  /** Level x ms that fell into each bin. */
  readonly #ring: Float64Array;
  readonly #sum: Float64Array;
  readonly #level: Int32Array;
  readonly #sinceMs: Float64Array;
  /** Number of the bin that is being filled, counted from time 0. */
  readonly #bin: Float64Array;

  constructor(poolCount: number, window: { readonly windowMs: number; readonly bins: number }) {
    this.#bins = window.bins;
    this.#binMs = window.windowMs / window.bins;
    this.#ring = new Float64Array(poolCount * window.bins);
    this.#sum = new Float64Array(poolCount);
    this.#level = new Int32Array(poolCount);
    this.#sinceMs = new Float64Array(poolCount);
    this.#bin = new Float64Array(poolCount).fill(none);
  }

  level(pool: number): number {
    return this.#level[pool] ?? 0;
  }

  /** Time must not go back. */
  change(pool: number, atMs: number, by: number): void {
    this.#advance(pool, atMs);
    this.#level[pool] = this.level(pool) + by;
  }

  mean(pool: number, atMs: number): number {
    this.#advance(pool, atMs);
    const sum = this.#sum[pool] ?? 0;
    if (sum === 0) return 0;
    const binStartMs = (this.#bin[pool] ?? 0) * this.#binMs;
    return sum / ((this.#bins - 1) * this.#binMs + Math.max(0, atMs - binStartMs));
  }

  #advance(pool: number, atMs: number): void {
    const level = this.level(pool);
    if (level === 0 && this.#sum[pool] === 0) {
      this.#sinceMs[pool] = atMs;
      this.#bin[pool] = Math.floor(atMs / this.#binMs);
      return;
    }
    for (;;) {
      const bin = this.#bin[pool] ?? 0;
      const sinceMs = this.#sinceMs[pool] ?? 0;
      const untilMs = Math.min((bin + 1) * this.#binMs, atMs);
      this.#add(pool, bin, level * Math.max(0, untilMs - sinceMs));
      this.#sinceMs[pool] = Math.max(sinceMs, untilMs);
      if (atMs < (bin + 1) * this.#binMs) return;
      this.#open(pool, bin + 1);
    }
  }

  #add(pool: number, bin: number, amount: number): void {
    const cell = pool * this.#bins + (bin % this.#bins);
    this.#ring[cell] = (this.#ring[cell] ?? 0) + amount;
    this.#sum[pool] = (this.#sum[pool] ?? 0) + amount;
  }

  #open(pool: number, bin: number): void {
    const from = pool * this.#bins;
    this.#ring[from + (bin % this.#bins)] = 0;
    this.#bin[pool] = bin;
    // Summed anew instead of subtracted: rounding must not leave a rest that never becomes zero.
    let sum = 0;
    for (let cell = from; cell < from + this.#bins; cell += 1) sum += this.#ring[cell] ?? 0;
    this.#sum[pool] = sum;
  }
}
