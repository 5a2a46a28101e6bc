// The first forecaster: what came of late is what will come.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recentRate, type MinuteCount } from '../../../src/core/demand/forecast.ts';

const minuteMs = 60_000;
const now = 30_000 * minuteMs;

/** `perMinute` arrivals in each minute up to `nowMs`, the present one counted as far as it has gone. */
function steady(perMinute: number, nowMs: number, minutes = 120): MinuteCount[] {
  const present = Math.floor(nowMs / minuteMs);
  const elapsed = (nowMs % minuteMs) / minuteMs;
  return Array.from({ length: minutes }, (_, index) => {
    const minute = present - minutes + 1 + index;
    return { minute, count: minute === present ? perMinute * elapsed : perMinute };
  });
}

const perMinute = (history: readonly MinuteCount[], nowMs = now): number =>
  recentRate.forecast(history, nowMs).perSecond * 60;

test('no history says that nobody comes, in words too', () => {
  expect(recentRate.forecast([], now)).toEqual({ perSecond: 0, because: '0.00 requests a minute of late' });
});

test('a steady rate is forecast as itself, at whatever second of the minute one asks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: minuteMs - 1 }), fc.integer({ min: 1, max: 1000 }), (ms, rate) => {
      const forecast = perMinute(steady(rate, now + ms), now + ms);
      expect(forecast / rate).toBeGreaterThan(0.99);
      expect(forecast / rate).toBeLessThan(1.01);
    }),
  );
});

test('a minute weighs half of what one five minutes later weighs', () => {
  const at = (age: number): number => perMinute([{ minute: now / minuteMs - age, count: 100 }]);
  expect(at(6) / at(11)).toBeCloseTo(2, 6);
  expect(at(1) / at(2)).toBeCloseTo(2 ** 0.2, 6);
});

test('what came in the present minute weighs as of the middle of what has passed of it', () => {
  const present = now / minuteMs;
  const at = (minute: number): number => perMinute([{ minute, count: 100 }], now + minuteMs / 2);
  expect(at(present) / at(present - 1)).toBeCloseTo(2 ** (0.75 / 5), 6);
});

test('what lies beyond ten half-lives, and what a wrong clock dated ahead, counts for nothing', () => {
  expect(perMinute([{ minute: now / minuteMs - 60, count: 1e9 }])).toBe(0);
  expect(perMinute([{ minute: now / minuteMs + 3, count: 1e9 }])).toBe(0);
});

test('more arrivals never forecast less', () => {
  const history = fc.array(fc.record({ age: fc.nat(70), count: fc.nat(500) }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(history, fc.nat(1000), fc.nat(29), (drawn, extra, index) => {
      const minutes = drawn.map(({ age, count }) => ({ minute: now / minuteMs - age, count }));
      const more = minutes.map((each, at) =>
        at === index % minutes.length ? { ...each, count: each.count + extra } : each,
      );
      expect(perMinute(more)).toBeGreaterThanOrEqual(perMinute(minutes));
    }),
  );
});
