// What holds for every forecaster and any arrivals: forecasts are possible ones, asking changes nothing, the future is unknown, and a
// snapshot loses nothing.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArrivalForecast, ArrivalForecaster } from '../../../../src/core/demand/forecast.ts';
import { horizonsMs } from '../../../../src/core/demand/forecast.ts';
import { forecasterNames, forecasterOf } from '../../../../src/core/demand/forecasters/forecaster-of.ts';
import { SharedDemand } from '../../../../src/core/demand/forecasters/shared-demand.ts';
import { throughJson } from '../demand-stream.ts';
import { dayMs, make, minuteMs, randomArrivals, type Arrival } from './arrivals.ts';

const asked = [...horizonsMs, 25_000, 1_800_000, 7_200_000];
const ask = (forecaster: ArrivalForecaster, atMs: number): ArrivalForecast[] =>
  asked.map((horizonMs) => forecaster.forecast(atMs, horizonMs));

function feed(forecaster: ArrivalForecaster, arrivals: readonly Arrival[]): ArrivalForecaster {
  for (const { atMs, count } of arrivals) forecaster.arrive(atMs, count);
  return forecaster;
}

const lastOf = (arrivals: readonly Arrival[]): number => arrivals.at(-1)?.atMs ?? 0;

function expectPossible({ meanCount, lowCount, midCount, highCount, anyChance }: ArrivalForecast): void {
  expect([meanCount, lowCount, midCount, highCount, anyChance].every(Number.isFinite)).toBe(true);
  expect(meanCount).toBeGreaterThanOrEqual(0);
  expect(lowCount).toBeGreaterThanOrEqual(0);
  expect(midCount).toBeGreaterThanOrEqual(lowCount);
  expect(highCount).toBeGreaterThanOrEqual(midCount);
  expect(anyChance).toBeGreaterThanOrEqual(0);
  expect(anyChance).toBeLessThanOrEqual(1);
}

const delays = fc.oneof(
  fc.integer({ min: 0, max: 90 * minuteMs }),
  fc.constantFrom(minuteMs, 23 * 3_600_000),
);

describe.each(forecasterNames)('%s', (name) => {
  test('forecasts are finite and ordered, whatever came', () => {
    fc.assert(
      fc.property(randomArrivals(), delays, (arrivals, delayMs) => {
        const forecaster = make(name);
        for (const { atMs, count } of arrivals) {
          for (const forecast of ask(forecaster, atMs)) expectPossible(forecast);
          forecaster.arrive(atMs, count);
        }
        for (const forecast of ask(forecaster, lastOf(arrivals) + delayMs)) expectPossible(forecast);
      }),
      { numRuns: 12 },
    );
  });

  test('asking changes nothing: the same arrivals give the same forecasts, however often one asks', () => {
    fc.assert(
      fc.property(randomArrivals(), delays, (arrivals, delayMs) => {
        const curious = make(name);
        for (const { atMs, count } of arrivals) {
          ask(curious, atMs - 7_001);
          ask(curious, atMs);
          curious.arrive(atMs, count);
        }
        const endMs = lastOf(arrivals) + delayMs;
        ask(curious, lastOf(arrivals) + delayMs / 2);
        ask(curious, endMs);
        expect(ask(curious, endMs)).toEqual(ask(feed(make(name), arrivals), endMs));
      }),
      { numRuns: 10 },
    );
  });

  test('the future is unknown: what comes later, or at that very moment, changes no forecast', () => {
    fc.assert(
      fc.property(randomArrivals(12), randomArrivals(12), (before, after) => {
        const fromMs = (Math.floor(lastOf(before) / minuteMs) + 1) * minuteMs;
        const course = (later: readonly Arrival[]): ArrivalForecast[] => {
          const forecaster = make(name);
          const forecasts: ArrivalForecast[] = [];
          for (const { atMs, count } of [...before, ...later]) {
            if (atMs <= fromMs) forecasts.push(...ask(forecaster, atMs));
            forecaster.arrive(atMs, count);
          }
          return forecasts;
        };
        const later = after.map(({ atMs, count }) => ({ atMs: fromMs + atMs, count }));
        const sure = feed(make(name), before).forecast(fromMs, minuteMs);
        const burst = feed(make(name), [...before, { atMs: fromMs, count: 1_000 }]).forecast(
          fromMs,
          minuteMs,
        );
        expect(course(later)).toEqual(course([]));
        // The forecast of a minute is made when it begins; the words beside it speak of the moment.
        expect({ ...burst, because: '' }).toEqual({ ...sure, because: '' });
      }),
      { numRuns: 10 },
    );
  });

  test('a snapshot through JSON goes on as if it had never been away', () => {
    fc.assert(
      fc.property(randomArrivals(12), randomArrivals(6), (before, after) => {
        const shared = new SharedDemand();
        const stayed = feed(make(name, shared), before);
        const sharedBack = new SharedDemand();
        expect(sharedBack.restore(throughJson(shared.snapshot()))).toBe(true);
        const made = forecasterOf(name, sharedBack, throughJson(stayed.snapshot()));
        if (!made.ok) throw new Error(made.error);
        const back = made.value;
        expect(back.snapshot()).toEqual(stayed.snapshot());
        expect(sharedBack.snapshot()).toEqual(shared.snapshot());
        for (const { atMs, count } of after) {
          const thenMs = lastOf(before) + atMs;
          expect(ask(back, thenMs)).toEqual(ask(stayed, thenMs));
          back.arrive(thenMs, count);
          stayed.arrive(thenMs, count);
        }
        expect(back.snapshot()).toEqual(stayed.snapshot());
      }),
      { numRuns: 8 },
    );
  });
});

test.each(forecasterNames)(
  '%s: after silences of many days forecasts are possible and snapshots whole',
  (name) => {
    const shared = new SharedDemand();
    const forecaster = make(name, shared);
    for (const day of [1, 1.2, 2, 10, 11, 40]) {
      const atMs = day * dayMs;
      for (const forecast of ask(forecaster, atMs)) expectPossible(forecast);
      feed(forecaster, [
        { atMs, count: 50_000 },
        { atMs: atMs + minuteMs, count: 1 },
      ]);
    }
    for (const forecast of ask(forecaster, 60 * dayMs)) expectPossible(forecast);
    expect(new SharedDemand().restore(throughJson(shared.snapshot()))).toBe(true);
    expect(forecasterOf(name, shared, throughJson(forecaster.snapshot())).ok).toBe(true);
  },
);

test('times that make no sense are bugs of the caller', () => {
  const forecaster = make('recent-rate');
  expect(() => forecaster.arrive(Number.NaN)).toThrow('time');
  expect(() => forecaster.arrive(0, -1)).toThrow('count');
  expect(() => forecaster.forecast(0, 0)).toThrow('horizon');
  expect(() => forecaster.forecast(Number.NaN, 1)).toThrow('time');
});
