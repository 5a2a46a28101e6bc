// Counts that fade, kept as logarithms: they say what the plain exponential sum says.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countMore, fade, fadePerMs, noneLog } from '../../../src/core/demand/decayed-count.ts';

const tauMs = 600_000;

test('a count is the sum of what came, each faded by e^(-age / tau), in whatever order it is told', () => {
  const arrivals = fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 3_600_000 }),
      count: fc.integer({ min: 1, max: 1_000_000 }),
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(arrivals, (told) => {
      let log = noneLog;
      let lastMs = 0;
      for (const { atMs, count } of told) {
        log = countMore(fade(log, atMs - lastMs, fadePerMs(tauMs)), count);
        lastMs = atMs;
      }
      const nowMs = 3_600_000;
      const sum = told.reduce((all, { atMs, count }) => all + count * Math.exp((atMs - nowMs) / tauMs), 0);
      expect(2 ** fade(log, nowMs - lastMs, fadePerMs(tauMs)) / sum).toBeCloseTo(1, 6);
    }),
  );
});

test('none stays none, and one more is one', () => {
  expect(fade(noneLog, 1e12, fadePerMs(tauMs))).toBeLessThan(noneLog);
  expect(countMore(fade(noneLog, 1e12, fadePerMs(tauMs)))).toBe(0);
  expect(countMore(0)).toBe(1);
});

test('a clock that jumps a year back leaves a count that fades again', () => {
  const log = countMore(fade(0, -31_536_000_000, fadePerMs(tauMs)));
  expect(Number.isFinite(log)).toBe(true);
});
