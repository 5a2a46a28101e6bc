// Streams of arrivals for the tests of forecasters, random and seeded, and how one forecaster is walked through them.
import * as fc from 'fast-check';
import { makeRng } from '../../../../src/core/base/rng.ts';
import type { ArrivalForecast, ArrivalForecaster } from '../../../../src/core/demand/forecast.ts';
import { forecasterOf } from '../../../../src/core/demand/forecasters/forecaster-of.ts';
import { SharedDemand } from '../../../../src/core/demand/forecasters/shared-demand.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;

export interface Arrival {
  readonly atMs: number;
  readonly count: number;
}

export function make(name: string, shared = new SharedDemand()): ArrivalForecaster {
  const made = forecasterOf(name, shared);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

/** Bursts, steady spells, pauses up to most of a day, many at once; begins an hour into the clock. */
export const randomArrivals = (length = 20): fc.Arbitrary<readonly Arrival[]> =>
  fc
    .array(
      fc.record({
        gapMs: fc.oneof(
          { weight: 8, arbitrary: fc.integer({ min: 0, max: 5 * minuteMs }) },
          { weight: 3, arbitrary: fc.integer({ min: 0, max: 120 * minuteMs }) },
          fc.constantFrom(minuteMs, 10 * minuteMs, 23 * 60 * minuteMs),
        ),
        count: fc.oneof(
          { weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) },
          fc.constantFrom(300, 100_000),
        ),
      }),
      { minLength: 1, maxLength: length },
    )
    .map((steps) => {
      let atMs = 60 * minuteMs;
      return steps.map(({ gapMs, count }) => ({ atMs: (atMs += gapMs), count }));
    });

/** One entry per minute: Poisson counts of the given mean (Knuth's product of uniforms). */
export function poissonMinutes(minutes: number, seed: number, meanAt: (minute: number) => number): number[] {
  const rng = makeRng(seed);
  return Array.from({ length: minutes }, (_, minute) => {
    const floor = Math.exp(-meanAt(minute));
    let count = 0;
    for (let product = rng(); product > floor; product *= rng()) count += 1;
    return count;
  });
}

export interface Answer {
  readonly minute: number;
  readonly forecast: ArrivalForecast;
  readonly count: number;
}

/** Feeds counts at random moments of their minutes, the same each time; forecasts at each whole horizon from `fromMinute` on, with what came of it. */
export function walk(
  forecaster: ArrivalForecaster,
  counts: readonly number[],
  { horizonMs, fromMinute }: { readonly horizonMs: number; readonly fromMinute: number },
): Answer[] {
  const span = horizonMs / minuteMs;
  const rng = makeRng(1);
  const answers: Answer[] = [];
  for (const [minute, arrived] of counts.entries()) {
    if (minute >= fromMinute && minute % span === 0 && minute + span <= counts.length) {
      const count = counts.slice(minute, minute + span).reduce((sum, each) => sum + each, 0);
      answers.push({ minute, forecast: forecaster.forecast(minute * minuteMs, horizonMs), count });
    }
    for (const within of Array.from({ length: arrived }, rng).sort((a, b) => a - b))
      forecaster.arrive((minute + within) * minuteMs);
  }
  return answers;
}

/** Mean of the pinball losses at 10, 50, 90 %. */
export function lossOf(answers: readonly Answer[]): number {
  const pinball = (value: number, count: number, level: number): number =>
    Math.max(level * (count - value), (1 - level) * (value - count));
  const sum = answers.reduce(
    (all, { forecast, count }) =>
      all +
      pinball(forecast.lowCount, count, 0.1) +
      pinball(forecast.midCount, count, 0.5) +
      pinball(forecast.highCount, count, 0.9),
    0,
  );
  return sum / 3 / answers.length;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
