import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recentRate } from '../../../src/core/demand/forecast.ts';
import { planWarmth, poissonTail, type WarmthQuestion } from '../../../src/core/warming/plan-warmth.ts';

const question: WarmthQuestion = {
  forecast: { perSecond: 0.1, because: 'test' },
  intervalSeconds: 60,
  holdSeconds: 5,
  coldWaitSeconds: 30,
  slots: 2,
  replicasMax: 4,
  hotMicrosPerSecond: 200,
  waitCostMicrosPerSecond: 1_000,
};

test('a replica is kept while the waiting it saves is worth more than its idle time', () => {
  expect(planWarmth(question).replicas).toBe(1);
  expect(planWarmth({ ...question, coldWaitSeconds: 1 }).replicas).toBe(0);
  expect(planWarmth({ ...question, forecast: { perSecond: 0, because: '' } }).replicas).toBe(0);
  expect(planWarmth({ ...question, forecast: { perSecond: 2, because: '' } }).replicas).toBe(4);
});

test('dearer waiting never keeps fewer, dearer replicas never keep more', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 5_000 }),
      (perSecond, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const forecast = { perSecond, because: '' };
        const byWait = (waitCostMicrosPerSecond: number) =>
          planWarmth({ ...question, forecast, waitCostMicrosPerSecond }).replicas;
        const byPrice = (hotMicrosPerSecond: number) =>
          planWarmth({ ...question, forecast, hotMicrosPerSecond }).replicas;
        return byWait(low) <= byWait(high) && byPrice(low) >= byPrice(high);
      },
    ),
  );
});

test('the tail of the Poisson distribution is right', () => {
  expect(poissonTail(2, 0)).toBeCloseTo(1 - Math.exp(-2), 12);
  expect(poissonTail(2, 2)).toBeCloseTo(1 - 5 * Math.exp(-2), 12);
  expect(poissonTail(0, 0)).toBe(0);
});

test('steady arrivals are forecast at their rate, and silence fades', () => {
  const nowMs = 1_000 * 60_000;
  const steady = Array.from({ length: 60 }, (_, at) => ({ minute: 940 + at, count: 6 }));
  expect(recentRate.forecast(steady, nowMs).perSecond).toBeCloseTo(0.1, 1);
  expect(recentRate.forecast(steady, nowMs + 10 * 60_000).perSecond).toBeLessThan(0.03);
  expect(recentRate.forecast([], nowMs).perSecond).toBe(0);
});
