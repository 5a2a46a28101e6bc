// Whether chances are what they say: forecast chances in bins against how often it happened. Takes pairs from anywhere. Pure.

export const calibrationBins = 10;

export interface CalibrationPoint {
  /** Mean forecast chance of the bin. */
  readonly predicted: number;
  /** How often it happened. */
  readonly observed: number;
  readonly n: number;
}

export class CalibrationCurve {
  readonly #sums = new Float64Array(calibrationBins);
  readonly #happened = new Float64Array(calibrationBins);
  readonly #counts = new Float64Array(calibrationBins);

  /** A chance that is no number, or outside [0, 1], counts as the nearest end: it is wrong, and shown to be. */
  add(chance: number, happened: boolean): void {
    const held = chance >= 0 ? Math.min(1, chance) : 0;
    const bin = Math.min(calibrationBins - 1, Math.floor(held * calibrationBins));
    this.#sums[bin] = (this.#sums[bin] ?? 0) + held;
    this.#happened[bin] = (this.#happened[bin] ?? 0) + (happened ? 1 : 0);
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
  }

  /** Bins without any pair are left out. */
  points(): CalibrationPoint[] {
    return [...this.#counts.keys()]
      .map((bin) => {
        const n = this.#counts[bin] ?? 0;
        return { predicted: (this.#sums[bin] ?? 0) / n, observed: (this.#happened[bin] ?? 0) / n, n };
      })
      .filter(({ n }) => n > 0);
  }

  /** Mean distance between forecast and observed, weighed by the number of pairs; 0 without any. */
  error(): number {
    const points = this.points();
    const all = points.reduce((sum, { n }) => sum + n, 0);
    const off = points.reduce(
      (sum, { n, predicted, observed }) => sum + n * Math.abs(predicted - observed),
      0,
    );
    return all === 0 ? 0 : off / all;
  }
}
