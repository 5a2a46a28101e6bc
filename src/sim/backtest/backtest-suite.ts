// Runs forecasters over the whole platform's arrivals and over each pool's, and gathers what they scored. Owns which runs there are. Pure.
import { horizonsMs, type ArrivalForecaster } from '../../core/demand/forecast.ts';
import { forecasterOf } from '../../core/demand/forecasters/forecaster-of.ts';
import { SharedDemand } from '../../core/demand/forecasters/shared-demand.ts';
import { busiestPools, platformOf, type ArrivalSeries } from './arrival-series.ts';
import { runBacktest, type Scored } from './run-backtest.ts';
import type { Score, ScoreBook } from './score-book.ts';

export const horizonNames = ['1m', '10m', '1h'] as const;

/** `total`: all pools as one, forecast as one. `pools`: each by itself, scored together. */
export type Scope = 'total' | 'pools';

export interface Run {
  readonly scope: Scope;
  readonly forecaster: string;
  /** Position in `horizonsMs`. */
  readonly slot: number;
  readonly score: Score;
  readonly book: ScoreBook;
}

export interface SuiteOptions {
  readonly series: ArrivalSeries;
  /** Names that `forecasterOf` knows. */
  readonly forecasters: readonly string[];
  /** How many pools are forecast, the busiest first; 0 = the total alone. */
  readonly poolsMax: number;
  readonly onScored?: (scope: Scope, forecaster: string, scored: Scored) => void;
  readonly onProgress?: (what: string, done: number, of: number) => void;
}

export function runSuite(options: SuiteOptions): readonly Run[] {
  const { series, forecasters, poolsMax } = options;
  const total = { scope: 'total' as const, series: platformOf(series) };
  const pools = { scope: 'pools' as const, series: poolsMax > 0 ? busiestPools(series, poolsMax) : series };
  const scopes = poolsMax > 0 && series.names.length > 1 ? [total, pools] : [total];
  const plans = scopes.flatMap((each) =>
    forecasters.map((forecaster): Plan => ({ scope: each.scope, series: each.series, forecaster })),
  );
  return plans.flatMap((plan, at) => runOne(plan, at, plans.length, options));
}

interface Plan {
  readonly scope: Scope;
  readonly series: ArrivalSeries;
  readonly forecaster: string;
}

function runOne({ scope, series, forecaster }: Plan, at: number, of: number, options: SuiteOptions): Run[] {
  const { onScored, onProgress } = options;
  const books = runBacktest({
    series,
    make: makerOf(forecaster),
    onScored: (scored) => onScored?.(scope, forecaster, scored),
    onProgress: (share) => onProgress?.(`${forecaster} on ${scope}`, at + share, of),
  });
  return horizonsMs.flatMap((_, slot) => {
    const book = books[slot] ?? null;
    return book === null ? [] : [{ scope, forecaster, slot, book, score: book.score() }];
  });
}

/** Forecasters of one run learn together. */
export function makerOf(name: string): () => ArrivalForecaster {
  const shared = new SharedDemand();
  return () => {
    const made = forecasterOf(name, shared);
    if (!made.ok) throw new Error(made.error);
    return made.value;
  };
}
