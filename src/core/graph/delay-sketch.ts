// How long something took, as a histogram over logarithmic buckets: quantiles to a fifth, in some hundred numbers at most. Weights may
// be any positive numbers, so that who adds to it decides how the past fades. Plain data, pure.

/** Weights of neighbouring buckets, the first of which is bucket `from`. */
export interface DelaySketch {
  readonly from: number;
  readonly weights: readonly number[];
}

export const emptySketch: DelaySketch = { from: 0, weights: [] };

/** Buckets per octave: a quantile is off by less than 19 %. */
const perOctave = 4;
/** Beyond half a day nothing is told apart. */
export const delayMsMax = 43_200_000;
/** Weights below this share of the whole are dropped when a sketch is thinned. */
const grainShare = 1e-4;

/** The sketch with one more delay of `weight`; what is no number counts as 0 ms. */
export function addDelay(sketch: DelaySketch, delayMs: number, weight: number): DelaySketch {
  const bucket = bucketOf(delayMs);
  if (sketch.weights.length === 0) return { from: bucket, weights: [weight] };
  const from = Math.min(sketch.from, bucket);
  const to = Math.max(sketch.from + sketch.weights.length - 1, bucket);
  const weights = Array.from(
    { length: to - from + 1 },
    (_, at) => sketch.weights[from + at - sketch.from] ?? 0,
  );
  weights[bucket - from] = (weights[bucket - from] ?? 0) + weight;
  return { from, weights };
}

/** The weight of all delays above `beyondMs`; within a bucket they lie evenly. */
export function weightBeyond({ from, weights }: DelaySketch, beyondMs: number): number {
  return weights.reduce((sum, weight, at) => sum + weight * shareBeyond(from + at, beyondMs), 0);
}

/** The `share` quantile in ms of the delays above `beyondMs`; null when there is none. */
export function delayQuantile(sketch: DelaySketch, share: number, beyondMs: number): number | null {
  const all = weightBeyond(sketch, beyondMs);
  if (!(all > 0)) return null;
  let left = share * all;
  for (const [at, weight] of sketch.weights.entries()) {
    const bucket = sketch.from + at;
    const here = weight * shareBeyond(bucket, beyondMs);
    if (here > 0 && left <= here) {
      const low = Math.max(edgeMs(bucket), beyondMs);
      return low + (left / here) * (edgeMs(bucket + 1) - low);
    }
    left -= here;
  }
  return Math.max(beyondMs, edgeMs(sketch.from + sketch.weights.length));
}

/** All weights times `factor`, without buckets at the ends that have faded to nothing. */
export function scaleSketch({ from, weights }: DelaySketch, factor: number): DelaySketch {
  const least = grainShare * weights.reduce((sum, weight) => sum + weight, 0);
  const first = weights.findIndex((weight) => weight > least);
  if (first < 0) return emptySketch;
  const last = weights.findLastIndex((weight) => weight > least);
  return { from: from + first, weights: weights.slice(first, last + 1).map((weight) => weight * factor) };
}

function bucketOf(delayMs: number): number {
  if (!(delayMs > 1)) return 0;
  return 1 + Math.floor(perOctave * Math.log2(Math.min(delayMs, delayMsMax)));
}

/** Where each bucket begins: bucket 0 is from 0 to 1 ms. Every decision asks for some of them. */
const edgesMs = Float64Array.from({ length: bucketOf(delayMsMax) + 2 }, (_, bucket) =>
  bucket === 0 ? 0 : 2 ** ((bucket - 1) / perOctave),
);

function edgeMs(bucket: number): number {
  return edgesMs[Math.min(Math.max(0, bucket), edgesMs.length - 1)] ?? 0;
}

/** The share of a bucket's delays that are above `ms`. */
function shareBeyond(bucket: number, ms: number): number {
  const low = edgeMs(bucket);
  const high = edgeMs(bucket + 1);
  if (ms <= low) return 1;
  return ms >= high ? 0 : (high - ms) / (high - low);
}
