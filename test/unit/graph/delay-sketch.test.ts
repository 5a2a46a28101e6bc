// Sketches of delays: quantiles near the true ones, conditional ones beyond what has passed, bounded in size whatever comes.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addDelay,
  delayMsMax,
  delayQuantile,
  emptySketch,
  scaleSketch,
  weightBeyond,
  type DelaySketch,
} from '../../../src/core/graph/delay-sketch.ts';

const delays = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });

function sketchOf(values: readonly number[]): DelaySketch {
  return values.reduce((sketch, value) => addDelay(sketch, value, 1), emptySketch);
}

test('a quantile is within a bucket of the true one', () => {
  fc.assert(
    fc.property(delays, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b);
      const truth = sorted[Math.ceil(share * sorted.length - 1e-9) - 1] ?? 0;
      const found = delayQuantile(sketchOf(values), share, 0) ?? Number.NaN;
      expect(found).toBeGreaterThanOrEqual(truth / 1.2 - 1.3);
      expect(found).toBeLessThanOrEqual(truth * 1.2 + 1.3);
    }),
  );
});

test('beyond what has passed no quantile lies before it, and they grow with their share', () => {
  fc.assert(
    fc.property(delays, fc.double({ min: 0, max: 1e6, noNaN: true }), (values, passedMs) => {
      const sketch = sketchOf(values);
      const found = [0.1, 0.5, 0.9].map((share) => delayQuantile(sketch, share, passedMs));
      if (weightBeyond(sketch, passedMs) === 0) expect(found).toEqual([null, null, null]);
      else {
        const [low = 0, middle = 0, high = 0] = found.map((each) => each ?? Number.NaN);
        expect(low).toBeGreaterThanOrEqual(passedMs);
        expect(middle).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(middle);
      }
    }),
  );
});

test('the weight beyond zero is all but what took no time, and it never grows with what has passed', () => {
  fc.assert(
    fc.property(delays, fc.array(fc.double({ min: 0, max: 2e6, noNaN: true })), (values, moments) => {
      const sketch = sketchOf(values);
      const weights = [-1, ...moments.toSorted((a, b) => a - b)].map((ms) => weightBeyond(sketch, ms));
      expect(weights[0]).toBeCloseTo(values.length, 9);
      for (const [at, weight] of weights.entries())
        if (at > 0) expect(weight).toBeLessThanOrEqual((weights[at - 1] ?? 0) + 1e-9);
    }),
  );
});

test('no delay makes it larger than its bound, and none that is no number breaks it', () => {
  const sketch = sketchOf([0, Number.NaN, -5, Infinity, 1e300, 1, delayMsMax]);
  expect(sketch.weights.length).toBeLessThan(110);
  expect(delayQuantile(sketch, 0.99, 0)).toBeLessThanOrEqual(1.2 * delayMsMax);
});

test('scaling keeps every quantile and drops what has faded', () => {
  const sketch = addDelay(sketchOf([100, 200, 400]), 1e6, 1e-6);
  const half = scaleSketch(sketch, 0.5);
  expect(delayQuantile(half, 0.5, 0)).toBeCloseTo(delayQuantile(sketch, 0.5, 0) ?? 0, 3);
  expect(half.weights.length).toBeLessThan(sketch.weights.length);
  expect(scaleSketch(emptySketch, 2)).toEqual(emptySketch);
});
