// What a pool's arrivals so far say of the next minutes. Owns the interface that every forecaster follows, the horizons that are asked
// for, and the first, simple forecaster over minute counts; the others are in forecasters/. Pure: time is an argument.

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
 * asks. Times are ms since the epoch and do not go back; an arrival at the very moment of a forecast is not yet known to it.
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

export interface MinuteCount {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly count: number;
}

export interface Forecast {
  /** Expected arrivals per second over the horizon. */
  readonly perSecond: number;
  /** In words, for the operator. */
  readonly because: string;
}

/** Looks at arrivals per minute (oldest first, minutes without any may be missing) and says what is likely to come. */
export interface Forecaster {
  readonly name: string;
  forecast(history: readonly MinuteCount[], nowMs: number): Forecast;
}

/** Weights of earlier minutes fall by half in this time. */
const halfLifeMinutes = 5;
/** Beyond ten half-lives a minute weighs a thousandth: not worth reading. */
const lookBackMinutes = 10 * halfLifeMinutes;

/**
 * Exponentially weighted mean rate: sum(count * w) / sum(w), w = 2^(-age / half-life), over every minute of the look-back including
 * the empty ones. The last-value forecaster of the field, smoothed; it knows no time of day.
 */
export const recentRate: Forecaster = {
  name: 'recent-rate',
  forecast(history, nowMs) {
    const present = nowMs / 60_000;
    let weighted = 0;
    for (const { minute, count } of history) {
      if (minute > present) continue;
      // A minute's arrivals came in its middle on average; of the present minute, in the middle of what has passed of it.
      const age = present - (minute + Math.min(minute + 1, present)) / 2;
      if (age > lookBackMinutes) continue;
      weighted += count * 2 ** (-age / halfLifeMinutes);
    }
    const weights = (1 - 2 ** (-lookBackMinutes / halfLifeMinutes)) * (halfLifeMinutes / Math.LN2);
    const perSecond = weighted / weights / 60;
    return { perSecond, because: `${(perSecond * 60).toFixed(2)} requests a minute of late` };
  },
};
