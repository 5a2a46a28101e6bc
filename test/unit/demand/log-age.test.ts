// The table of logarithms of ages: near the real one, never falling, and an answer for every number.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageMsMax, logAge } from '../../../src/core/demand/log-age.ts';

test('is within two seconds of age below two hours, and within two minutes beyond', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: ageMsMax, noNaN: true }), (ageMs) => {
      const error = Math.abs(2 ** logAge(ageMs) - ageMs / 1000);
      expect(error).toBeLessThanOrEqual(ageMs < 7_200_000 ? 1.01 : 60.1);
    }),
  );
});

test('never falls with the age', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 800_000_000 }),
      fc.integer({ min: 0, max: 800_000_000 }),
      (a, b) => {
        expect(logAge(Math.max(a, b))).toBeGreaterThanOrEqual(logAge(Math.min(a, b)));
      },
    ),
  );
});

test('what lies beyond eight days is eight days; what is no age is none', () => {
  expect(logAge(Infinity)).toBe(logAge(ageMsMax));
  expect([-1, Number.NaN, 0].map(logAge)).toEqual([0, 0, 0]);
});
