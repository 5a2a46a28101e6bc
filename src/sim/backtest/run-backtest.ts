// Lets one forecaster walk through a series, forecast at rolling origins, and scores what came. Nothing after an origin has been fed
// when a forecast is made. Pure.
import { horizonsMs, type ArrivalForecast, type ArrivalForecaster } from '../../core/demand/forecast.ts';
import type { ArrivalSeries } from './arrival-series.ts';
import { ScoreBook } from './score-book.ts';

const minuteMs = 60_000;
/** How often progress is told. */
const toldEveryMs = 6 * 3_600_000;

export interface Scored {
  readonly pool: number;
  readonly slot: number;
  readonly atMs: number;
  readonly forecast: ArrivalForecast;
  readonly count: number;
}

export interface BacktestOptions {
  readonly series: ArrivalSeries;
  /** Makes the forecaster of one pool. */
  readonly make: () => ArrivalForecaster;
  readonly onScored?: (scored: Scored) => void;
  readonly onProgress?: (share: number) => void;
}

interface Open {
  readonly atMs: number;
  readonly forecast: ArrivalForecast;
  readonly total: number;
}

/** One book per horizon; null for a horizon that is shorter than the series is fine. */
export function runBacktest(options: BacktestOptions): readonly (ScoreBook | null)[] {
  const { series, onProgress } = options;
  const walk = new Walk(options);
  for (let nowMs = 0; nowMs <= series.endMs; nowMs += minuteMs) {
    walk.feedUntil(nowMs);
    walk.settle(nowMs);
    walk.forecast(nowMs);
    if (nowMs % toldEveryMs === 0) onProgress?.(nowMs / series.endMs);
  }
  return walk.books;
}

class Walk {
  readonly books: readonly (ScoreBook | null)[];
  readonly #options: BacktestOptions;
  readonly #pools: readonly ArrivalForecaster[];
  readonly #totals: Float64Array;
  /** By horizon and pool: the forecast that waits for its end. */
  readonly #open: readonly Map<number, Open>[];
  #row = 0;

  constructor(options: BacktestOptions) {
    const { series, make } = options;
    this.#options = options;
    this.#pools = series.names.map(() => make());
    this.#totals = new Float64Array(series.names.length);
    this.#open = horizonsMs.map(() => new Map<number, Open>());
    this.books = horizonsMs.map((each) =>
      each < series.grainMs ? null : new ScoreBook(series.names.length),
    );
  }

  feedUntil(nowMs: number): void {
    const { atMs, pool, count } = this.#options.series;
    for (; this.#row < atMs.length && (atMs[this.#row] ?? 0) < nowMs; this.#row += 1) {
      const at = pool[this.#row] ?? 0;
      const came = count[this.#row] ?? 0;
      this.#pools[at]?.arrive(atMs[this.#row] ?? 0, came);
      this.#totals[at] = (this.#totals[at] ?? 0) + came;
    }
  }

  settle(nowMs: number): void {
    for (const [slot, horizonMs] of horizonsMs.entries()) {
      const open = this.#open[slot];
      if (open === undefined || open.size === 0 || nowMs % horizonMs !== 0) continue;
      for (const [pool, { atMs, forecast, total }] of open) {
        const count = (this.#totals[pool] ?? 0) - total;
        this.books[slot]?.add(pool, forecast, count);
        this.#options.onScored?.({ pool, slot, atMs, forecast, count });
      }
      open.clear();
    }
  }

  /** A pool is forecast once it has been seen: before, nobody knows of it. */
  forecast(nowMs: number): void {
    const { scoreFromMs, endMs } = this.#options.series;
    if (nowMs < scoreFromMs) return;
    for (const [slot, horizonMs] of horizonsMs.entries()) {
      if (nowMs % horizonMs !== 0 || nowMs + horizonMs > endMs || this.books[slot] === null) continue;
      for (let pool = 0; pool < this.#pools.length; pool += 1) {
        const total = this.#totals[pool] ?? 0;
        const forecast = total > 0 ? this.#pools[pool]?.forecast(nowMs, horizonMs) : undefined;
        if (forecast !== undefined) this.#open[slot]?.set(pool, { atMs: nowMs, forecast, total });
      }
    }
  }
}
