// Reading costs off curves: the envelope, interpolation between its points, and comparison of two policies at equal suffering.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRng } from '../../../../src/core/base/rng.ts';
import { drawDays, middleOf } from '../../../../src/sim/report/bootstrap.ts';
import { costAt, lowerEnvelope, type CurvePoint } from '../../../../src/sim/report/envelope.ts';
import { matchCurves } from '../../../../src/sim/report/match-curves.ts';
import { placeOn, type PolicyPoint } from '../../../../src/sim/report/policy-point.ts';

const point = (x: number, hours: number): CurvePoint => ({ x, hours, spec: `${x}` });
const anyPoint = fc.record({
  x: fc.double({ min: 0.01, max: 100, noNaN: true }),
  hours: fc.double({ min: 1, max: 10_000, noNaN: true }),
  spec: fc.constant('any'),
});
const anyCurve = fc.array(anyPoint, { minLength: 1, maxLength: 30 });

describe('the lower envelope', () => {
  test('leaves out what another point beats in both, and what never waits', () => {
    const points = [point(10, 50), point(20, 60), point(5, 100), point(10, 70), point(0, 500), point(30, 20)];
    expect(lowerEnvelope(points).map(({ x }) => x)).toEqual([5, 10, 30]);
  });

  test('gets dearer the less one is willing to suffer, and no point lies below it', () => {
    fc.assert(
      fc.property(anyCurve, (curve) => {
        const envelope = lowerEnvelope(curve);
        for (const { x, hours } of curve)
          expect(costAt(envelope, x)?.hours).toBeLessThanOrEqual(hours * (1 + 1e-9));
        const costs = [0.02, 0.3, 4, 50, 99].map((x) => costAt(envelope, x)?.hours ?? Infinity);
        for (const [at, cost] of costs.entries())
          expect(cost).toBeLessThanOrEqual((costs[at - 1] ?? Infinity) * (1 + 1e-9));
      }),
    );
  });

  test('does not depend on the order of the points', () => {
    fc.assert(
      fc.property(anyCurve, (curve) => {
        const hours = (points: readonly CurvePoint[]): readonly number[] =>
          lowerEnvelope(points).map((each) => each.hours);
        expect(hours(curve.toReversed())).toEqual(hours(curve));
      }),
    );
  });
});

describe('a cost between points', () => {
  const envelope = lowerEnvelope([point(1, 1000), point(100, 10)]);

  test('lies on a straight line between logarithms', () => {
    expect(costAt(envelope, 10)?.hours).toBeCloseTo(100, 9);
    expect(costAt(envelope, 10)?.between).toEqual(['1', '100']);
  });

  test('is the point itself where there is one', () => {
    expect(costAt(envelope, 1)).toEqual({ hours: 1000, between: ['1', '1'] });
  });

  test('stays that of the cheapest point beyond it, and is unknown where nothing is that warm', () => {
    expect(costAt(envelope, 200)?.hours).toBe(10);
    expect(costAt(envelope, 0.5)).toBeNull();
    expect(costAt([], 1)).toBeNull();
  });
});

const days = (...figures: readonly (readonly [cold: number, hours: number])[]): PolicyPoint['days'] =>
  figures.map(([cold, hours]) => ({ requests: 100, cold, waitSeconds: 20 * cold, gpuSeconds: hours * 3600 }));

describe('a policy against the best fixed one', () => {
  const base: PolicyPoint[] = [
    { spec: 'fixed:1', days: days([20, 100], [20, 100]) },
    { spec: 'fixed:2', days: days([5, 400], [5, 400]) },
  ];
  const half: PolicyPoint[] = base.map(({ spec, days }) => ({
    spec: `ours:${spec}`,
    days: days.map((day) => ({ ...day, gpuSeconds: day.gpuSeconds / 2 })),
  }));
  const question = { targets: [20, 10, 5, 1], base, draws: drawDays(makeRng(1), 2, 100) };

  test('which costs half at every point has ratio 2 everywhere, for all draws of days', () => {
    const matches = matchCurves({ ...question, measure: 'cold', families: [{ name: 'ours', points: half }] });
    for (const { ratio, interval, target } of matches)
      if (target >= 5) {
        expect(ratio).toBeCloseTo(2, 9);
        expect(interval?.[0]).toBeCloseTo(2, 9);
        expect(interval?.[1]).toBeCloseTo(2, 9);
      }
  });

  test('has no ratio where one of the two does not get that warm', () => {
    const matches = matchCurves({ ...question, measure: 'cold', families: [{ name: 'ours', points: half }] });
    expect(matches.at(-1)).toMatchObject({ target: 1, ratio: null, interval: null, reached: 0 });
  });

  test('is the baseline itself: ratio 1', () => {
    const matches = matchCurves({
      ...question,
      targets: [2],
      measure: 'wait',
      families: [{ name: 'fixed', points: base }],
    });
    expect(matches[0]?.ratio).toBeCloseTo(1, 9);
  });

  test('an interval spans what single days would have given', () => {
    const uneven: PolicyPoint[] = [
      { spec: 'a', days: days([20, 100], [20, 25]) },
      { spec: 'b', days: days([5, 400], [5, 100]) },
    ];
    const [match] = matchCurves({
      ...question,
      targets: [10],
      measure: 'cold',
      families: [{ name: 'a', points: uneven }],
    });
    expect(match?.interval?.[0]).toBeCloseTo(1, 9);
    expect(match?.interval?.[1]).toBeCloseTo(4, 9);
  });
});

test('a point counts each day as often as its weight says', () => {
  const uneven = { spec: 'a', days: days([20, 100], [10, 50]) };
  expect(placeOn('cold', uneven)).toEqual({ spec: 'a', x: 15, hours: 150 });
  expect(placeOn('cold', uneven, [0, 2])).toEqual({ spec: 'a', x: 10, hours: 100 });
  expect(placeOn('wait', uneven, [1, 0]).x).toBeCloseTo(4, 9);
});

test('every draw has as many days as there are, and the same seed draws the same', () => {
  const draws = drawDays(makeRng(7), 5, 300);
  expect(draws.reduce((sum, { times }) => sum + times, 0)).toBe(300);
  for (const { weights } of draws) expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(5);
  expect(drawDays(makeRng(7), 5, 300)).toEqual(draws);
});

test('an interval holds the middle of the draws, each as often as it was drawn', () => {
  const draws = [
    { value: 3, times: 1 },
    { value: 1, times: 1 },
    { value: 2, times: 98 },
  ];
  expect(middleOf(draws, 0.95)).toEqual([2, 2]);
  expect(middleOf(draws, 1)).toEqual([1, 3]);
  expect(middleOf([], 0.95)).toBeNull();
});
