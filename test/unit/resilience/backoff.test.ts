// The pause before another try: random up to a bound that grows, and never shorter than what the target asked for.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryWaitMs } from '../../../src/core/resilience/backoff.ts';

test('a pause is drawn from nothing up to a bound that grows with the tries, and is never over two seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, draw) => {
        const delayMs = retryWaitMs({ attempt, draw, retryAfterMs: null });
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(2_000);
        expect(retryWaitMs({ attempt: attempt + 1, draw, retryAfterMs: null })).toBeGreaterThanOrEqual(
          delayMs,
        );
      },
    ),
  );
});

test('what the target asks for is the least', () => {
  expect(retryWaitMs({ attempt: 1, draw: 0, retryAfterMs: 700 })).toBeGreaterThanOrEqual(700);
});
