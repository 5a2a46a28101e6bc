// When things begin under a rate that changes by the hour: an inhomogeneous Poisson process. Pure but for its generator.
import type { Rng } from '../../core/base/rng.ts';
import { dayMs } from '../replay/parse-replay.ts';
import { drawPoisson } from './draws.ts';

export const hourMs = 3_600_000;

/** Sorted moments in ms over `days` days; `meanOf` is how many are expected in an hour of a day. */
export function drawStarts(
  rng: Rng,
  days: number,
  meanOf: (day: number, hour: number) => number,
): readonly number[] {
  const starts: number[] = [];
  for (let day = 0; day < days; day += 1)
    for (let hour = 0; hour < 24; hour += 1) {
      const count = drawPoisson(rng, meanOf(day, hour));
      for (let at = 0; at < count; at += 1) starts.push(day * dayMs + (hour + rng()) * hourMs);
    }
  return starts.sort((a, b) => a - b);
}
