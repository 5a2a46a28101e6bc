// What came at this time of day on the last days. Pure.
import { dayMs, type PoolTrail } from './pool-trail.ts';

/** At least this much of an earlier day is looked at: a single minute of it says little. */
const seasonSpanMs = 1_200_000;

/** Arrivals in [now, now + span) on earlier days, on average; null before a day is known. */
export function usualCount(trail: PoolTrail, nowMs: number, spanMs: number): number | null {
  const days = trail.daysKnown(nowMs);
  if (days === 0) return null;
  const wide = Math.max(0, (seasonSpanMs - spanMs) / 2);
  let sum = 0;
  for (let day = 1; day <= days; day += 1) {
    const fromMs = nowMs - day * dayMs - wide;
    sum += trail.countBetween(fromMs, fromMs + spanMs + 2 * wide);
  }
  return (sum / days) * (spanMs / (spanMs + 2 * wide));
}
