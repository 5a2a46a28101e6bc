// How popular the models of a made-up service are, by rank. Pure.

/**
 * Weights by rank with the bend of real catalogues: near the top like Zipf's law with exponent 0.8, steeper towards the tail, where models
 * are tried once and forgotten. ln w = -0.6 ln r - 0.24 (ln r)^2. With 75 models the five most popular have two thirds of the weight.
 */
export function bentZipf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const logRank = Math.log(index + 1);
    return Math.exp(-0.6 * logRank - 0.24 * logRank * logRank);
  });
}
