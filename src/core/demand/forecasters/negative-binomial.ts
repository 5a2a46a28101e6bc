// The negative binomial distribution by its mean and dispersion, variance = mean + dispersion x mean^2; dispersion 0 is Poisson. Exact
// for small means; for large ones the Gamma distribution of equal mean and variance by Wilson and Hilferty's cube root (1931). Pure.

/** Above this mean whole counts are so many that the cube root is as good as the sum. */
const exactMeanMax = 200;
/** Ends the sum where the tail is too long to matter. */
const countMax = 20_000;

/** ln P(count) without the term ln(count!), which is the same for every dispersion. */
export function logLikelihood(count: number, mean: number, dispersion: number): number {
  const log = count === 0 ? 0 : count * Math.log(mean);
  if (dispersion === 0) return log - mean;
  return log + risingLog(count, dispersion) - (count + 1 / dispersion) * Math.log1p(dispersion * mean);
}

/** ln of (1)(1 + d)(1 + 2d)...(1 + (count - 1) d). */
function risingLog(count: number, dispersion: number): number {
  if (count <= 24) {
    let sum = 0;
    for (let at = 1; at < count; at += 1) sum += Math.log1p(dispersion * at);
    return sum;
  }
  const size = 1 / dispersion;
  return count * Math.log(dispersion) + logGamma(count + size) - logGamma(size);
}

/** Stirling's series after moving the argument above 8; absolute error below 1e-10. */
function logGamma(given: number): number {
  let x = given;
  let moved = 0;
  for (; x < 8; x += 1) moved += Math.log(x);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - moved;
}

/** P(0). */
export function noneChance(mean: number, dispersion: number): number {
  return dispersion === 0 ? Math.exp(-mean) : Math.exp(-Math.log1p(dispersion * mean) / dispersion);
}

/** The smallest counts that are not exceeded with the given chances, which must rise. Writes into `into`. */
export function quantiles(
  mean: number,
  dispersion: number,
  levels: readonly number[],
  into: Float64Array,
): void {
  if (mean > exactMeanMax) {
    const spread = 1 / mean + dispersion;
    for (let at = 0; at < levels.length; at += 1)
      into[at] = Math.round(cubeRootQuantile(mean, spread, normalQuantile(levels[at] ?? 0.5)));
    return;
  }
  let chance = noneChance(mean, dispersion);
  let below = chance;
  let count = 0;
  const down = 1 + dispersion * mean;
  for (let at = 0; at < levels.length; at += 1) {
    const level = levels[at] ?? 1;
    while (below < level && count < countMax) {
      chance *= (mean * (1 + dispersion * count)) / ((count + 1) * down);
      count += 1;
      below += chance;
    }
    into[at] = count;
  }
}

/** P(at most count); 0 for a count below 0. */
export function atMost(count: number, mean: number, dispersion: number): number {
  if (count < 0) return 0;
  if (mean > exactMeanMax) {
    const ninth = (1 / mean + dispersion) / 9;
    return normalBelow((Math.cbrt((count + 0.5) / mean) - 1 + ninth) / Math.sqrt(ninth));
  }
  let chance = noneChance(mean, dispersion);
  let below = chance;
  const down = 1 + dispersion * mean;
  const last = Math.min(count, countMax);
  for (let at = 0; at < last; at += 1) {
    chance *= (mean * (1 + dispersion * at)) / ((at + 1) * down);
    below += chance;
  }
  return Math.min(1, below);
}

/** `spread` is the squared coefficient of variation. */
function cubeRootQuantile(mean: number, spread: number, z: number): number {
  const root = 1 - spread / 9 + z * Math.sqrt(spread / 9);
  return root > 0 ? mean * root ** 3 : 0;
}

/** Inverse of the normal distribution after Hastings (Abramowitz and Stegun 26.2.23), absolute error below 4.5e-4. */
function normalQuantile(level: number): number {
  const tail = Math.min(level, 1 - level);
  const t = Math.sqrt(-2 * Math.log(Math.max(tail, 1e-12)));
  const z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return level < 0.5 ? -z : z;
}

/** The normal distribution after Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = Math.exp((-z * z) / 2) * 0.3989422804014327 * series;
  return z > 0 ? 1 - tail : tail;
}
