// At which chances the ends of a band are read off, so that one in ten counts falls below and one in ten above although the distribution
// is wrong: adaptive conformal inference (Gibbs and Candes 2021) with the miss of a whole-numbered count shared between the two
// counts it lies between, as if the count were spread evenly. Pure.
import { atMost } from './negative-binomial.ts';

export const missTarget = 0.1;
/** Half of what is misjudged for a hundred forecasts is made good. */
const step = 0.01;
/** A band that misses for long is not widened beyond one in 250, nor narrowed beyond one in four. */
const levelMin = 0.004;
const levelMax = 0.25;

export interface Levels {
  /** Chance of fewer than the low end. */
  low: number;
  /** Chance of more than the high end. */
  high: number;
}

/** What came of a forecast with this mean and dispersion: moves both levels. */
export function adaptLevels(levels: Levels, count: number, mean: number, dispersion: number): void {
  const to = atMost(count, mean, dispersion);
  const chance = count === 0 ? to : to - atMost(count - 1, mean, dispersion);
  const from = to - chance;
  levels.low = moved(levels.low, share(levels.low - from, chance));
  levels.high = moved(levels.high, share(to - (1 - levels.high), chance));
}

/** Part of a count's own probability that lies beyond the level. */
function share(beyond: number, chance: number): number {
  if (beyond <= 0) return 0;
  return beyond >= chance ? 1 : beyond / chance;
}

function moved(level: number, miss: number): number {
  return Math.min(levelMax, Math.max(levelMin, level + step * (missTarget - miss)));
}
