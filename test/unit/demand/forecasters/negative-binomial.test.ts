// The negative binomial distribution against plain sums of its probabilities.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  atMost,
  logLikelihood,
  noneChance,
  quantiles,
} from '../../../../src/core/demand/forecasters/negative-binomial.ts';

const levels = [0.1, 0.5, 0.9];
const means = fc.double({ min: 0.001, max: 150, noNaN: true });
const dispersions = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 26, noNaN: true }));

/** P(0), P(1), ... one by one from the definition, as the product of its factors. */
function chances(mean: number, dispersion: number, upTo: number): number[] {
  return Array.from({ length: upTo + 1 }, (_, count) => {
    let log = dispersion === 0 ? -mean : -Math.log1p(dispersion * mean) / dispersion;
    for (let at = 0; at < count; at += 1)
      log += Math.log((mean * (1 + dispersion * at)) / ((at + 1) * (1 + dispersion * mean)));
    return Math.exp(log);
  });
}

test('quantiles are the smallest counts that brute force gives', () => {
  fc.assert(
    fc.property(means, dispersions, (mean, dispersion) => {
      const found = new Float64Array(3);
      quantiles(mean, dispersion, levels, found);
      const each = chances(mean, dispersion, Math.min(900, found[2] ?? 0));
      for (const [at, level] of levels.entries()) {
        const quantile = Math.min(900, found[at] ?? 0);
        const upTo = each.slice(0, quantile + 1).reduce((sum, chance) => sum + chance, 0);
        const below = upTo - (each[quantile] ?? 0);
        if (quantile < 900) expect(upTo).toBeGreaterThanOrEqual(level - 1e-9);
        if (quantile > 0) expect(below).toBeLessThan(level + 1e-9);
      }
    }),
    { numRuns: 60 },
  );
});

test('the chance of at most a count is the sum, the chance of none its first term', () => {
  fc.assert(
    fc.property(means, dispersions, fc.integer({ min: 0, max: 60 }), (mean, dispersion, count) => {
      const each = chances(mean, dispersion, count);
      expect(noneChance(mean, dispersion)).toBeCloseTo(each[0] ?? 0, 9);
      expect(atMost(count, mean, dispersion)).toBeCloseTo(
        Math.min(
          1,
          each.reduce((sum, one) => sum + one, 0),
        ),
        9,
      );
      expect(atMost(-1, mean, dispersion)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('the likelihood differs from the logarithm of the chance by ln(count!) alone', () => {
  fc.assert(
    fc.property(means, dispersions, fc.integer({ min: 0, max: 60 }), (mean, dispersion, count) => {
      let factorialLog = 0;
      for (let at = 2; at <= count; at += 1) factorialLog += Math.log(at);
      const chance = chances(mean, dispersion, count)[count] ?? 0;
      fc.pre(chance > 1e-280);
      expect(logLikelihood(count, mean, dispersion) - factorialLog).toBeCloseTo(Math.log(chance), 6);
    }),
    { numRuns: 60 },
  );
});

test.each([
  [250, 0],
  [1_000, 0.02],
  [5_000, 0.5],
])('a large mean %d with dispersion %d: the cube root meets its own chances', (mean, dispersion) => {
  const found = new Float64Array(3);
  quantiles(mean, dispersion, levels, found);
  for (const [at, level] of levels.entries())
    // A whole count has up to 2.5 % of its own at a mean of 250.
    expect(Math.abs(atMost(found[at] ?? 0, mean, dispersion) - level)).toBeLessThan(0.026);
});

test('the sum and the cube root agree where one takes over from the other', () => {
  for (const dispersion of [0, 0.05, 0.3]) {
    const sum = new Float64Array(3);
    const root = new Float64Array(3);
    quantiles(199.9, dispersion, levels, sum);
    quantiles(200.1, dispersion, levels, root);
    for (const at of levels.keys())
      expect(Math.abs((sum[at] ?? 0) - (root[at] ?? 0))).toBeLessThanOrEqual(0.02 * (sum[at] ?? 0) + 1);
  }
});
