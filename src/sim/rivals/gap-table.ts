// Empirical distribution of idle gaps for each pool, shrunk towards that of all pools: counts and sums in logarithmic bins. Constant memory per pool. Pure.

const binsPerOctave = 4;
const firstEdgeMs = 1000;
/** The last edge lies at 36 hours and a half; what is longer counts as never. */
const bins = 4 * 17 + 1;

const edgesMs = Float64Array.from({ length: bins }, (_, bin) => firstEdgeMs * 2 ** (bin / binsPerOctave));

/** Of keeping a replica: a price for each ms that it waits, and what a request costs that comes too late. */
export interface KeepPrice {
  readonly pricePerMs: number;
  readonly missCost: number;
}

export class GapTable {
  readonly #priorGaps: number;
  /** One row of bins per pool, and one more for all of them; the gaps in a bin lie between the edge before it and its own. */
  readonly #counts: Float64Array;
  readonly #sumsMs: Float64Array;
  readonly #totals: Float64Array;
  readonly #all: number;

  constructor(poolCount: number, priorGaps: number) {
    this.#priorGaps = priorGaps;
    this.#all = poolCount;
    this.#counts = new Float64Array((poolCount + 1) * bins);
    this.#sumsMs = new Float64Array((poolCount + 1) * bins);
    this.#totals = new Float64Array(poolCount + 1);
  }

  add(pool: number, gapMs: number): void {
    const octaves = Math.log2(Math.max(gapMs, 1) / firstEdgeMs);
    const bin = Math.max(0, Math.ceil(octaves * binsPerOctave));
    for (const row of [pool, this.#all]) {
      this.#totals[row] = (this.#totals[row] ?? 0) + 1;
      if (bin >= bins) continue;
      this.#counts[row * bins + bin] = (this.#counts[row * bins + bin] ?? 0) + 1;
      this.#sumsMs[row * bins + bin] = (this.#sumsMs[row * bins + bin] ?? 0) + gapMs;
    }
  }

  /** The window T, in ms, with the least `pricePerMs x E[min(gap, T)] + missCost x P(gap > T)`; without any gap, ski-rental's. */
  bestWindow(pool: number, { pricePerMs, missCost }: KeepPrice): number {
    if ((this.#totals[this.#all] ?? 0) === 0) return missCost / pricePerMs;
    const own = this.#totals[pool] ?? 0;
    const allWeight = this.#priorGaps / (this.#totals[this.#all] ?? 1);
    let missed = own + this.#priorGaps;
    let closedMs = 0;
    let bestMs = 0;
    let least = missCost * missed;
    for (let bin = 0; bin < bins; bin += 1) {
      const [cell, shared] = [pool * bins + bin, this.#all * bins + bin];
      missed -= (this.#counts[cell] ?? 0) + allWeight * (this.#counts[shared] ?? 0);
      closedMs += (this.#sumsMs[cell] ?? 0) + allWeight * (this.#sumsMs[shared] ?? 0);
      const windowMs = edgesMs[bin] ?? 0;
      const cost = pricePerMs * (closedMs + missed * windowMs) + missCost * missed;
      if (cost >= least) continue;
      least = cost;
      bestMs = windowMs;
    }
    return bestMs;
  }
}
