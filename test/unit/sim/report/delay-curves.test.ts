// Delays of runs at equal cost: read off the envelope, averaged geometrically over what both ways reach, with an interval from the days.
import { expect, test } from 'vitest';
import { makeRng } from '../../../../src/core/base/rng.ts';
import { drawDays } from '../../../../src/sim/report/bootstrap.ts';
import { cutDelays, delayAt, placeDelay, type DelayPoint } from '../../../../src/sim/report/delay-curves.ts';

/** Two days of ten runs each; the second day is `worse` times as slow. */
function point(gpuSeconds: number, delaySeconds: number, worse = 1): DelayPoint {
  const day = (times: number) => ({
    runs: 10,
    delaySeconds: 10 * delaySeconds * times,
    gpuSeconds: 10 * gpuSeconds,
  });
  return { spec: `${gpuSeconds}`, days: [day(1), day(worse)] };
}

const base = [point(100, 40), point(400, 10), point(300, 90)];
const policy = [point(100, 20), point(400, 5)];

test('a point is seconds and GPU-seconds per run, each day as often as it was drawn', () => {
  expect(placeDelay(point(100, 40, 3))).toMatchObject({ x: 100, hours: 80 });
  expect(placeDelay(point(100, 40, 3), [2, 0])).toMatchObject({ x: 100, hours: 40 });
});

test('between two settings the delay is read on logarithmic scales, and below the cheapest there is none', () => {
  expect(delayAt(base, 200)).toBeCloseTo(20, 6);
  expect(delayAt(base, 50)).toBeNull();
  expect(delayAt(base, 1_000)).toBe(10);
});

test('a cut is the geometric mean over pairs and costs, with the least and the greatest', () => {
  const same = { base, policy: base };
  const cut = cutDelays([{ base, policy }, same], [200], []);
  expect(cut?.cut).toBeCloseTo(1 - Math.sqrt(0.5), 6);
  expect(cut?.range[0]).toBeCloseTo(0, 6);
  expect(cut?.range[1]).toBeCloseTo(0.5, 6);
  expect(cut?.interval).toBeNull();
  expect(cutDelays([same], [10], [])).toBeNull();
});

test('the interval holds what resampled days give', () => {
  const draws = drawDays(makeRng(1), 2, 200);
  const uneven = [point(100, 20, 0.1), point(400, 5, 0.1)];
  const cut = cutDelays([{ base, policy: uneven }], [200], draws);
  expect(cut?.interval?.[0]).toBeCloseTo(0.5, 2);
  expect(cut?.interval?.[1]).toBeCloseTo(0.95, 2);
});
