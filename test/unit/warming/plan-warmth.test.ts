// What warmth is worth: the odds of the Poisson process, and a plan that follows the two prices.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planWarmth, poissonTail, type WarmthQuestion } from '../../../src/core/warming/plan-warmth.ts';

/** One request a minute on average; a cold wait of 10 s is worth 10,000 and a hot minute costs 6,000 micro-dollars. */
const base: WarmthQuestion = {
  forecast: { perSecond: 1 / 60, because: 'said so' },
  intervalSeconds: 60,
  holdSeconds: 2,
  coldWaitSeconds: 10,
  slots: 1,
  replicasMax: 4,
  hotMicrosPerSecond: 100,
  waitCostMicrosPerSecond: 1_000,
};

const plan = (patch: Partial<WarmthQuestion>): number => planWarmth({ ...base, ...patch }).replicas;
const rate = (perSecond: number): Partial<WarmthQuestion> => ({ forecast: { perSecond, because: '' } });

describe('the tail of a Poisson distribution', () => {
  /** P(N > n), summed from the other end, each term from its logarithm. */
  function directTail(mean: number, n: number): number {
    let logTerm = -mean;
    let sum = 0;
    for (let k = 1; k < n + 10 * mean + 200; k += 1) {
      logTerm += Math.log(mean / k);
      if (k > n) sum += Math.exp(logTerm);
    }
    return sum;
  }

  test('is the sum of its terms', () => {
    const mean = fc.double({ min: 0.001, max: 3_000, noNaN: true });
    fc.assert(
      fc.property(mean, fc.double({ min: 0, max: 3, noNaN: true }), (mean, share) => {
        const n = Math.floor(mean * share);
        expect(Math.abs(poissonTail(mean, n) - directTail(mean, n))).toBeLessThan(1e-7);
      }),
    );
  });

  test.each([
    ['nobody comes', 0, 0, 0],
    ['somebody comes', 1, 0, 1 - Math.exp(-1)],
    ['twice as many as expected, of a thousand', 1_000, 2_000, 0],
    ['half of what is expected, of a thousand', 1_000, 500, 1],
  ])('%s: P(N > n) for mean %d', (_, mean, n, expected) => {
    expect(poissonTail(mean, n)).toBeCloseTo(expected, 12);
  });
});

describe('the plan', () => {
  test.each<[string, Partial<WarmthQuestion>, number]>([
    ['one replica where a request a minute is likely enough', {}, 1],
    ['nothing when nobody is expected', rate(0), 0],
    ['nothing when waiting is worth nothing', { waitCostMicrosPerSecond: 0 }, 0],
    ['nothing when a cold start takes no time', { coldWaitSeconds: 0 }, 0],
    ['nothing when the odds do not pay the price', rate(0.5 / 60), 0],
    ['one when they just do', rate(0.92 / 60), 1],
    ['none when they just do not', rate(0.91 / 60), 0],
    ['the maximum under a flood', rate(1_000), 4],
    ['no more than the maximum, even for free', { ...rate(1_000), hotMicrosPerSecond: 0, replicasMax: 2 }, 2],
    ['none where none is allowed', { ...rate(1_000), replicasMax: 0 }, 0],
  ])('keeps %s', (_, patch, replicas) => {
    expect(plan(patch)).toBe(replicas);
  });

  // Somebody is sure to come, and one request runs at a time on average: P(N > 1) = 0.264, P(N > 2) = 0.080.
  test.each<[number, number, number]>([
    [2_600, 1, 2],
    [2_700, 1, 1],
    [790, 2, 2],
    [810, 2, 1],
  ])('for %d micro-dollars each, of %d slots, keeps %d', (price, slots, replicas) => {
    expect(plan({ ...rate(0.5), slots, hotMicrosPerSecond: price / 60 })).toBe(replicas);
  });

  test('says why, in odds and money', () => {
    expect(planWarmth(base).because).toBe(
      'said so: 63 % chance of a request in 60 s, a cold wait of 10.0 s is worth 10000 and keeping one hot costs 6000 micro-dollars',
    );
  });

  const question = fc.record({
    forecast: fc.record({ perSecond: fc.double({ min: 0, max: 20, noNaN: true }), because: fc.constant('') }),
    intervalSeconds: fc.constant(60),
    holdSeconds: fc.double({ min: 0, max: 60, noNaN: true }),
    coldWaitSeconds: fc.double({ min: 0, max: 60, noNaN: true }),
    slots: fc.integer({ min: 1, max: 8 }),
    replicasMax: fc.integer({ min: 0, max: 20 }),
    hotMicrosPerSecond: fc.double({ min: 0, max: 1_000, noNaN: true }),
    waitCostMicrosPerSecond: fc.double({ min: 0, max: 5_000, noNaN: true }),
  });
  const factor = fc.double({ min: 1, max: 10, noNaN: true });

  test('a wait that is worth more never keeps fewer hot', () => {
    fc.assert(
      fc.property(question, factor, (asked, more) => {
        const dearer = { ...asked, waitCostMicrosPerSecond: asked.waitCostMicrosPerSecond * more };
        expect(planWarmth(dearer).replicas).toBeGreaterThanOrEqual(planWarmth(asked).replicas);
      }),
    );
  });

  test('a replica that costs more is never kept in greater number', () => {
    fc.assert(
      fc.property(question, factor, (asked, more) => {
        const dearer = { ...asked, hotMicrosPerSecond: asked.hotMicrosPerSecond * more };
        expect(planWarmth(dearer).replicas).toBeLessThanOrEqual(planWarmth(asked).replicas);
      }),
    );
  });

  test('more demand never keeps fewer hot, and no plan exceeds the maximum', () => {
    fc.assert(
      fc.property(question, factor, (asked, more) => {
        const busier = { ...asked, forecast: { perSecond: asked.forecast.perSecond * more, because: '' } };
        const { replicas } = planWarmth(busier);
        expect(replicas).toBeGreaterThanOrEqual(planWarmth(asked).replicas);
        expect(replicas).toBeLessThanOrEqual(asked.replicasMax);
      }),
    );
  });
});
