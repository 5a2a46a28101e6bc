// Which of the learned horizons answers for one that is asked for.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { horizonSlot, horizonsMs } from '../../../src/core/demand/forecast.ts';

test('a learned horizon answers for itself', () => {
  expect(horizonsMs.map(horizonSlot)).toEqual([0, 1, 2]);
});

test('another one is answered by the nearest in proportion, and a longer one never by a shorter slot', () => {
  const spans = fc.double({ min: 1, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(spans, spans, (a, b) => {
      expect(horizonSlot(Math.min(a, b))).toBeLessThanOrEqual(horizonSlot(Math.max(a, b)));
      const distances = horizonsMs.map((each) => Math.abs(Math.log(each / a)));
      expect(distances[horizonSlot(a)]).toBe(Math.min(...distances));
    }),
  );
});
