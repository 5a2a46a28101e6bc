// Day-block bootstrap: what would the result have been with other days like these? Days are drawn with replacement and whole, because
// requests of one day depend on each other. Owns the draws and the interval. Pure but for its generator.
import type { Rng } from '../../core/base/rng.ts';

/** One composition of days, and how many of the draws came out as it: few days have few compositions, each is computed once. */
export interface DayDraw {
  /** How often each day counts. */
  readonly weights: readonly number[];
  readonly times: number;
}

export function drawDays(rng: Rng, days: number, draws: number): readonly DayDraw[] {
  const times = new Map<string, number>();
  for (let draw = 0; draw < draws; draw += 1) {
    const weights = Array.from({ length: days }, () => 0);
    for (let at = 0; at < days; at += 1) {
      const day = Math.floor(rng() * days);
      weights[day] = (weights[day] ?? 0) + 1;
    }
    const key = weights.join(',');
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return Array.from(times, ([key, count]) => ({ weights: key.split(',').map(Number), times: count }));
}

export interface Drawn {
  readonly value: number;
  readonly times: number;
}

/** Percentile interval that holds the middle `share` of the draws; null without draws. */
export function middleOf(draws: readonly Drawn[], share: number): readonly [number, number] | null {
  const sorted = draws.toSorted((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { times }) => sum + times, 0);
  const quantile = (at: number): number | null => {
    let passed = 0;
    for (const { value, times } of sorted) {
      passed += times;
      if (passed >= at * total) return value;
    }
    return sorted.at(-1)?.value ?? null;
  };
  const low = quantile((1 - share) / 2);
  const high = quantile((1 + share) / 2);
  return low === null || high === null ? null : [low, high];
}
