import { expect, test } from 'vitest';
import { trackSpanMs, type TrackPoint } from '../../../src/core/demand/forecast-track.ts';
import { shareInBand, trackColumns } from '../../../src/dashboard/track-columns.ts';

const point = (at: number, count: number): TrackPoint => ({
  atMs: at * trackSpanMs,
  lowCount: 1.2,
  midCount: 2,
  highCount: 3.4,
  count,
});

test('the last forecast is drawn to the end of its span, what came is drawn once', () => {
  const [at, came, high, low, mid] = trackColumns([point(1, 2), point(2, 5)]);
  expect(at).toEqual([600, 1_200, 1_800]);
  expect(came).toEqual([2, 5, null]);
  expect(high).toEqual([3.4, 3.4, 3.4]);
  expect(low).toEqual([1.2, 1.2, 1.2]);
  expect(mid).toEqual([2, 2, 2]);
});

test('without a record there is nothing to draw and no share', () => {
  expect(trackColumns([])).toEqual([[], [], [], [], []]);
  expect(shareInBand([])).toBeNull();
});

test('a count next to the band is within it: no whole number could come closer', () => {
  expect(shareInBand([point(1, 1), point(2, 4)])).toBe(1);
  expect(shareInBand([point(1, 0), point(2, 2), point(3, 5), point(4, 3)])).toBe(0.5);
});
