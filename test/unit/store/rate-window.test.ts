import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeFromWindow, windowEndMs, type RateWindow } from '../../../src/core/store/rate-window.ts';

const windowMs = 60_000;

describe('a window of permits', () => {
  test('law: whatever is asked when, no window gives more than its limit, nor more than is wanted', () => {
    const ask = fc.record({
      want: fc.integer({ min: 1, max: 50 }),
      stepMs: fc.integer({ min: -5_000, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (asks, limit) => {
        let window: RateWindow | null = null;
        let nowMs = 1_000_000;
        const given = new Map<number, number>();
        for (const { want, stepMs } of asks) {
          nowMs += stepMs;
          const taken = takeFromWindow(window, { limit, windowMs, want }, nowMs);
          window = taken.window;
          const { granted, resetMs } = taken.grant;
          expect(granted).toBeLessThanOrEqual(want);
          expect(granted).toBeGreaterThanOrEqual(0);
          given.set(resetMs, (given.get(resetMs) ?? 0) + granted);
          expect(given.get(resetMs)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('gives all that is left when more is wanted', () => {
    const first = takeFromWindow(null, { limit: 10, windowMs, want: 7 }, 0);
    expect(takeFromWindow(first.window, { limit: 10, windowMs, want: 7 }, 1).grant).toEqual({
      granted: 3,
      resetMs: windowMs,
    });
  });

  test('of another length that ends far ahead does not bind', () => {
    const { window } = takeFromWindow(null, { limit: 1, windowMs: 3_600_000, want: 1 }, 0);
    expect(takeFromWindow(window, { limit: 1, windowMs, want: 1 }, 0).grant).toEqual({
      granted: 1,
      resetMs: windowMs,
    });
  });

  test('ends at a multiple of its length, after now', () => {
    expect([0, 1, 59_999, 60_000].map((nowMs) => windowEndMs(windowMs, nowMs))).toEqual([
      60_000, 60_000, 60_000, 120_000,
    ]);
  });
});
