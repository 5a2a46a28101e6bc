// The parts that put forecasts right by what came of them: the spread of counts, the meaning of chances, the levels of a band.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeRng } from '../../../../src/core/base/rng.ts';
import { adaptLevels, missTarget } from '../../../../src/core/demand/forecasters/band-levels.ts';
import { ChanceMap } from '../../../../src/core/demand/forecasters/chance-map.ts';
import { CountSpread } from '../../../../src/core/demand/forecasters/count-spread.ts';
import { poissonMinutes } from './arrivals.ts';

test('a forecaster that names half of what comes is corrected, and Poisson counts are found to be such', () => {
  const spread = new CountSpread();
  for (const count of poissonMinutes(3_000, 1, () => 8)) spread.observe(count, 4);
  expect(spread.meanOf(4)).toBeGreaterThan(7.5);
  expect(spread.meanOf(4)).toBeLessThan(8.5);
  expect(spread.dispersionOf(4)).toBeLessThan(0.05);
});

test('counts that come in bursts are found to be spread wide', () => {
  const spread = new CountSpread();
  for (let round = 0; round < 3_000; round += 1) spread.observe(round % 10 === 0 ? 40 : 0, 4);
  expect(spread.dispersionOf(4)).toBeGreaterThan(3);
  expect(spread.meanOf(4)).toBeCloseTo(4, 0);
});

test('a chance that is said too small becomes what it has been, and stays between 0 and 1', () => {
  const map = new ChanceMap();
  const rng = makeRng(2);
  expect(map.of(0.2)).toBeCloseTo(0.2, 6);
  for (let round = 0; round < 4_000; round += 1) map.observe(0.2, rng() < 0.4);
  expect(map.of(0.2)).toBeGreaterThan(0.36);
  expect(map.of(0.2)).toBeLessThan(0.44);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
      expect(map.of(chance)).toBeGreaterThanOrEqual(0);
      expect(map.of(chance)).toBeLessThanOrEqual(1);
    }),
  );
});

test('levels stay where counts fall as forecast and widen the band where they fall wider', () => {
  const right = { low: missTarget, high: missTarget };
  const narrow = { low: missTarget, high: missTarget };
  for (const count of poissonMinutes(3_000, 4, () => 20)) {
    adaptLevels(right, count, 20, 0);
    adaptLevels(narrow, 2 * count - 20 < 0 ? 0 : 2 * count - 20, 20, 0);
  }
  expect(Math.abs(right.low - missTarget)).toBeLessThan(0.06);
  expect(Math.abs(right.high - missTarget)).toBeLessThan(0.06);
  expect(narrow.low).toBeLessThan(0.04);
  expect(narrow.high).toBeLessThan(0.04);
});
