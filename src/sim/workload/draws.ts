// Random draws from the distributions that workloads are made of. Every function takes its generator; nothing here keeps state. Pure.
import { makeRng, type Rng } from '../../core/base/rng.ts';

/** A generator of its own for each part of a workload, so that one part's length does not shift the draws of another. */
export function makeStream(seed: number, stream: number): Rng {
  // Two rounds of a multiply-xorshift mix: neighbouring seeds and streams share nothing afterwards.
  let mixed = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0;
  return makeRng((mixed ^ (mixed >>> 16)) >>> 0);
}

/** Mean 1. */
export function drawExponential(rng: Rng): number {
  return -Math.log(1 - rng());
}

/** Standard normal (Box and Muller). */
export function drawNormal(rng: Rng): number {
  return Math.sqrt(2 * drawExponential(rng)) * Math.cos(2 * Math.PI * rng());
}

/** `sigma` is the standard deviation of the logarithm. */
export function drawLogNormal(rng: Rng, median: number, sigma: number): number {
  return median * Math.exp(sigma * drawNormal(rng));
}

/** From this mean on, the normal approximation is off by less than a simulation could notice. */
const poissonExactMax = 500;

/** A Poisson count: unit-rate arrivals up to `mean`. */
export function drawPoisson(rng: Rng, mean: number): number {
  if (mean > poissonExactMax) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(rng)));
  let count = 0;
  for (let at = drawExponential(rng); at < mean; at += drawExponential(rng)) count += 1;
  return count;
}

/**
 * Gamma with scale 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 2000). Below shape 1 by their
 * boost G(a) = G(a + 1) U^(1/a), which stays exact for the very small shapes of bursty clients: the result may be 0.
 */
export function drawGamma(rng: Rng, shape: number): number {
  if (shape < 1) return drawGamma(rng, shape + 1) * Math.exp(-drawExponential(rng) / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  // Each round accepts with a chance above 0.95.
  for (;;) {
    const x = drawNormal(rng);
    const v = (1 + c * x) ** 3;
    if (v > 0 && -drawExponential(rng) < (x * x) / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** Weibull with scale 1. */
export function drawWeibull(rng: Rng, shape: number): number {
  return drawExponential(rng) ** (1 / shape);
}

/** Coefficients of Lanczos' series for g = 7, nine terms (relative error below 1e-13). */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Logarithm of the gamma function for x >= 0.5. */
export function logGamma(x: number): number {
  const z = x - 1;
  const t = z + 7.5;
  const series = lanczos.reduce((sum, term, at) => sum + (at === 0 ? term : term / (z + at)));
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(series);
}

/** Picks indices with chances in proportion to `weights` (at least one above 0). */
export function makePicker(weights: readonly number[]): (rng: Rng) => number {
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (const [at, weight] of weights.entries()) {
    total += weight;
    sums[at] = total;
  }
  return (rng) => {
    const aim = rng() * total;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > aim) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
