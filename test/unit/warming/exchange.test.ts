// Break-even times from prices: by hand, and as laws.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buyCosts,
  gammaMax,
  gammaOf,
  isParkingWorthwhile,
  prewarmFactor,
  type WarmthFigures,
} from '../../../src/core/warming/exchange.ts';

const hotOnly: WarmthFigures = { loadSeconds: 23, wakeSeconds: null, parkedShare: 0, gamma: 10 };
const parking: WarmthFigures = { ...hotOnly, wakeSeconds: 2, parkedShare: 0.1 };

test('without parking a cold start costs the load and the waiting for it', () => {
  expect(buyCosts(hotOnly)).toEqual({ hotSeconds: 253, parkedSeconds: 0 });
});

test('with parking hot competes with parked, and parked with gone', () => {
  const { hotSeconds, parkedSeconds } = buyCosts(parking);
  expect(hotSeconds).toBeCloseTo((2 * 11) / 0.9, 12);
  expect(parkedSeconds).toBeCloseTo((21 * 11) / 0.1, 12);
});

test('a parked second that costs nothing is kept for ten years, no longer', () => {
  expect(buyCosts({ ...parking, parkedShare: 0 }).parkedSeconds).toBe(315_360_000);
});

describe('parking is worth while', () => {
  test.each([
    ['a wake that is much shorter than a load', parking, true],
    ['no wake', hotOnly, false],
    ['a wake as long as a load', { ...parking, wakeSeconds: 23 }, false],
    ['a parked second as dear as a hot one', { ...parking, parkedShare: 1 }, false],
    // 2 s are more than a twentieth of 23 s: whatever is not worth a hot second is not worth a parked one either.
    ['a parked second at 95 % of a hot one', { ...parking, parkedShare: 0.95 }, false],
    ['one at 90 %', { ...parking, parkedShare: 0.9 }, true],
  ])('%s', (_, figures, isWorth) => {
    expect(isParkingWorthwhile(figures)).toBe(isWorth);
  });

  test('exactly when hot ends to pay before parked does; never is a replica kept hot longer than without parking', () => {
    const figures = fc.record({
      loadSeconds: fc.double({ min: 0.1, max: 300, noNaN: true }),
      wakeSeconds: fc.double({ min: 0, max: 300, noNaN: true }),
      parkedShare: fc.double({ min: 0, max: 1.5, noNaN: true }),
      gamma: fc.double({ min: 0, max: 1e6, noNaN: true }),
    });
    fc.assert(
      fc.property(figures, (each) => {
        const { hotSeconds, parkedSeconds } = buyCosts(each);
        const without = buyCosts({ ...each, wakeSeconds: null }).hotSeconds;
        expect(hotSeconds).toBeLessThanOrEqual(without * (1 + 1e-12));
        if (isParkingWorthwhile(each)) expect(parkedSeconds).toBeGreaterThanOrEqual(hotSeconds * (1 - 1e-12));
        else expect(parkedSeconds).toBe(0);
      }),
    );
  });
});

test('the exchange rate is the ratio of two prices, bounded; a GPU for nothing is kept for any waiting', () => {
  expect(gammaOf(0.03, 0.001)).toBeCloseTo(30, 12);
  expect([gammaOf(1, 0), gammaOf(1, -1), gammaOf(1, 1e-12)]).toEqual([gammaMax, gammaMax, gammaMax]);
  expect([gammaOf(0, 0), gammaOf(0, 1)]).toEqual([0, 0]);
});

test('a higher price of waiting lowers every threshold, that of a prewarm included', () => {
  const gamma = fc.double({ min: 0, max: gammaMax, noNaN: true });
  fc.assert(
    fc.property(gamma, gamma, fc.constantFrom(hotOnly, parking), (a, b, figures) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const [less, more] = [buyCosts({ ...figures, gamma: low }), buyCosts({ ...figures, gamma: high })];
      expect(more.hotSeconds).toBeGreaterThanOrEqual(less.hotSeconds);
      expect(more.parkedSeconds).toBeGreaterThanOrEqual(less.parkedSeconds);
      expect(prewarmFactor(high)).toBeLessThanOrEqual(prewarmFactor(low));
      expect(prewarmFactor(high)).toBeGreaterThan(1);
    }),
  );
  expect(prewarmFactor(40)).toBeCloseTo(2.3, 12);
});
