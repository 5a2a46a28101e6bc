// What a pool's arrivals so far say of the next minutes. Owns the interface that every forecaster follows and the first, simple one.
// Pure: history in, figures out.

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
