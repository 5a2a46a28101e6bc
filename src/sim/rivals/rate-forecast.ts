// Forecast of a pool's arrival rate: a blend of what the last minutes, the last hour and the same half hour of earlier days say. Constant memory per pool. Pure.
import { SlotCounts } from './slot-counts.ts';

const slotMs = 1_800_000;
/** Time constants of the two moving averages, and the weights of them and of the season: among the best of a coarse grid on the first ten days of GenTD26. */
const fastMs = 300_000;
const slowMs = 3_600_000;
const weights = { fast: 0.6, slow: 0.2, season: 0.2 };

export class RateForecast {
  readonly #slots: SlotCounts;
  readonly #fast: Float64Array;
  readonly #slow: Float64Array;
  readonly #sinceMs: Float64Array;

  constructor(poolCount: number) {
    this.#slots = new SlotCounts(poolCount, slotMs);
    this.#fast = new Float64Array(poolCount);
    this.#slow = new Float64Array(poolCount);
    this.#sinceMs = new Float64Array(poolCount);
  }

  arrive(pool: number, atMs: number): void {
    this.#slots.add(pool, atMs);
    this.#decay(pool, atMs);
    this.#fast[pool] = (this.#fast[pool] ?? 0) + 1 / fastMs;
    this.#slow[pool] = (this.#slow[pool] ?? 0) + 1 / slowMs;
  }

  /** Expected arrivals per ms at `atMs`, as seen from `nowMs`. */
  perMs(pool: number, nowMs: number, atMs: number): number {
    this.#slots.advance(nowMs);
    this.#decay(pool, nowMs);
    const season = this.#slots.meanOfEarlierDays(pool, atMs) / slotMs;
    return (
      weights.fast * (this.#fast[pool] ?? 0) +
      weights.slow * (this.#slow[pool] ?? 0) +
      weights.season * season
    );
  }

  #decay(pool: number, atMs: number): void {
    const passedMs = atMs - (this.#sinceMs[pool] ?? 0);
    this.#fast[pool] = (this.#fast[pool] ?? 0) * Math.exp(-passedMs / fastMs);
    this.#slow[pool] = (this.#slow[pool] ?? 0) * Math.exp(-passedMs / slowMs);
    this.#sinceMs[pool] = atMs;
  }
}
