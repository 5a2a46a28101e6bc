// What a pool's arrivals so far say of the next minutes. Owns the interface that every forecaster follows and the horizons that are
// asked for; the forecasters are in forecasters/. Pure: time is an argument.

/** How many requests arrive in [now, now + horizon). Counts need not be whole where several forecasts are mixed. */
export interface ArrivalForecast {
  readonly meanCount: number;
  /** With a chance of 10 % fewer come. */
  readonly lowCount: number;
  /** As likely more as fewer. */
  readonly midCount: number;
  /** With a chance of 10 % more come. */
  readonly highCount: number;
  /** Chance that anything comes at all. */
  readonly anyChance: number;
  /** In words, for the operator. */
  readonly because: string;
}

/**
 * Forecasts one pool, in constant memory. Learns by itself as time passes: the same arrivals give the same forecasts, however often one
 * asks; only what a silence of more than a day teaches depends, slightly, on whether one asked within it. Times are ms since the epoch
 * and do not go back; an arrival at the very moment of a forecast, on a whole minute, is not yet known to its numbers.
 */
export interface ArrivalForecaster {
  readonly name: string;
  arrive(atMs: number, count?: number): void;
  forecast(nowMs: number, horizonMs: number): ArrivalForecast;
  /** Plain data, versioned: a forecaster made with it goes on as if it had never been away. */
  snapshot(): ForecasterSnapshot;
}

export interface ForecasterSnapshot {
  readonly version: 1;
  readonly name: string;
  /** Numbers in the order in which the forecaster reads them back. */
  readonly state: readonly number[];
}

/** What is learned for. Another horizon is answered from the nearest one, in proportion. */
export const horizonsMs = [60_000, 600_000, 3_600_000] as const;

/** Index of the nearest learned horizon, by ratio. */
export function horizonSlot(horizonMs: number): number {
  const distances = horizonsMs.map((each) => Math.abs(Math.log(each / horizonMs)));
  return Math.max(0, distances.indexOf(Math.min(...distances)));
}
