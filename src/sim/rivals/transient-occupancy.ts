// How many of a pool's replicas are busy a little later, by the M/G/infinity queue with exponential work: those that are busy now and still are, plus
// a Poisson number of newcomers (Eick, Massey, Whitt, Management Science 1993). Pure.

export interface Occupancy {
  readonly busyNow: number;
  readonly arrivalsPerMs: number;
  readonly meanWorkMs: number;
}

/** P(n busy after `aheadMs`) for n = 0 … levels - 1; the rest of the mass lies above. */
export function occupancyAfter(
  { busyNow, arrivalsPerMs, meanWorkMs }: Occupancy,
  aheadMs: number,
  levels: number,
): Float64Array {
  const stays = Math.exp(-aheadMs / meanWorkMs);
  const newcomers = arrivalsPerMs * meanWorkMs * (1 - stays);
  const chances = new Float64Array(levels);
  let term = Math.exp(-newcomers);
  for (let n = 0; n < levels; n += 1) {
    chances[n] = term;
    term *= newcomers / (n + 1);
  }
  // Each one that is busy now adds one with chance `stays`: a convolution with two points.
  for (let each = 0; each < busyNow; each += 1) {
    for (let n = levels - 1; n >= 0; n -= 1) {
      chances[n] = (chances[n] ?? 0) * (1 - stays) + (n > 0 ? (chances[n - 1] ?? 0) : 0) * stays;
    }
  }
  return chances;
}
