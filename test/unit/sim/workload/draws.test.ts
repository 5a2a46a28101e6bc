// The samplers: moments within sampling error, for the shapes that matter most.
import { expect, test } from 'vitest';
import { makeRng, type Rng } from '../../../../src/core/base/rng.ts';
import {
  drawExponential,
  drawGamma,
  drawLogNormal,
  drawNormal,
  drawPoisson,
  drawWeibull,
  logGamma,
  makePicker,
  makeStream,
} from '../../../../src/sim/workload/draws.ts';

const count = 40_000;

/** Within five standard errors of the expected mean, and the variance within a tenth. */
function expectMoments(draw: (rng: Rng) => number, mean: number, variance: number): void {
  const rng = makeRng(5);
  const drawn = Array.from({ length: count }, () => draw(rng));
  const found = drawn.reduce((sum, each) => sum + each, 0) / count;
  const spread = drawn.reduce((sum, each) => sum + (each - found) ** 2, 0) / count;
  expect(Math.abs(found - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
  expect(Math.abs(spread / variance - 1)).toBeLessThan(0.1);
}

test('exponential, normal and log-normal', () => {
  expectMoments(drawExponential, 1, 1);
  expectMoments(drawNormal, 0, 1);
  expectMoments((rng) => Math.log(drawLogNormal(rng, 22, 0.6)), Math.log(22), 0.36);
});

test.each([0.2, 0.5, 1, 1.5, 4, 200])('Gamma of shape %d', (shape) => {
  expectMoments((rng) => drawGamma(rng, shape), shape, shape);
});

test('Gamma of a very small shape: most draws are nearly nothing, the mean holds', () => {
  const rng = makeRng(1);
  const drawn = Array.from({ length: 400_000 }, () => drawGamma(rng, 0.02));
  const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
  expect(Math.abs(mean - 0.02)).toBeLessThan(5 * Math.sqrt(0.02 / drawn.length));
  expect(drawn.filter((each) => each < 1e-6).length).toBeGreaterThan(drawn.length * 0.7);
  expect(drawn.every((each) => each >= 0)).toBe(true);
});

test.each([0.7, 1, 2])('Weibull of shape %d', (shape) => {
  const mean = Math.exp(logGamma(1 + 1 / shape));
  expectMoments((rng) => drawWeibull(rng, shape), mean, Math.exp(logGamma(1 + 2 / shape)) - mean ** 2);
});

test('the gamma function at points that are known', () => {
  expect(Math.exp(logGamma(1))).toBeCloseTo(1, 12);
  expect(Math.exp(logGamma(6))).toBeCloseTo(120, 8);
  expect(Math.exp(logGamma(0.5)) ** 2).toBeCloseTo(Math.PI, 12);
  expect(logGamma(101)).toBeCloseTo(363.739_375_555_563_5, 8);
});

test.each([0.3, 5, 400, 5000])('Poisson of mean %d', (mean) => {
  expectMoments((rng) => drawPoisson(rng, mean), mean, mean);
});

test('a Poisson count of nothing is nothing', () => {
  expect(drawPoisson(makeRng(1), 0)).toBe(0);
});

test('picks come in proportion to the weights, never where the weight is 0', () => {
  const pick = makePicker([1, 0, 3]);
  const rng = makeRng(2);
  const picks = Array.from({ length: 8000 }, () => pick(rng));
  expect(picks).not.toContain(1);
  expect(Math.abs(picks.filter((at) => at === 2).length - 6000)).toBeLessThan(200);
});

test('streams of a seed and of neighbouring seeds have nothing in common', () => {
  const firsts = [0, 1, 2, 3].flatMap((seed) =>
    Array.from({ length: 250 }, (_, stream) => makeStream(seed, stream)()),
  );
  expect(new Set(firsts).size).toBe(1000);
  expect(makeStream(3, 4)()).toBe(makeStream(3, 4)());
});
