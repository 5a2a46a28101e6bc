// How long the first tokens of a pool's replicas take: per replica its last times and a fading sketch, for the pool the middle of its
// replicas, so that one slow replica does not move what counts as usual. Owns when a first token is overdue. Plain data, pure.
import {
  addDelay,
  delayQuantile,
  emptySketch,
  scaleSketch,
  type DelaySketch,
} from '../graph/delay-sketch.ts';

export interface FirstTokens {
  /** The last times, the newest last: what the replica does now. */
  readonly lastMs: readonly number[];
  /** What it does as a rule; a time weighs half as much when sixty-nine have come after it. */
  readonly sketch: DelaySketch;
  /** Times ever seen, as far as they matter. */
  readonly count: number;
}

export const noFirstTokens: FirstTokens = { lastMs: [], sketch: emptySketch, count: 0 };

/** Enough for a median that one odd time does not move. */
export const lastMax = 15;
/** Below this many times a replica's quantiles say nothing. */
export const quantileCountMin = 20;
const fade = 0.99;
/** What is overdue becomes usual slowly: a fault must not explain itself away, and a slower model must not stay a fault. */
const overdueWeight = 0.1;

/**
 * The times with more of them; those beyond `overdueMs` count little towards what is usual. Where another replica, asked later, was faster
 * (`beatenMs`), this one was not as usual: such a time is what the replica does now, and nothing of what to expect. Counted, it would make
 * the time after which a second replica is asked longer with each fault that asking one has mended.
 */
export function noteFirstTokens(
  before: FirstTokens,
  timesMs: readonly number[],
  overdueMs: number | null = null,
  beatenMs: readonly number[] = [],
): FirstTokens {
  if (timesMs.length + beatenMs.length === 0) return before;
  let { sketch } = before;
  for (const ms of timesMs) {
    const weight = overdueMs !== null && ms > overdueMs ? overdueWeight : 1;
    sketch = addDelay(scaleSketch(sketch, fade ** weight), ms, weight);
  }
  return {
    lastMs: [...before.lastMs, ...timesMs, ...beatenMs].slice(-lastMax),
    sketch,
    count: Math.min(quantileCountMin, before.count + timesMs.length),
  };
}

/** The median of the last times; null when there are too few to say. */
export function lastMedianMs({ lastMs }: FirstTokens, countMin: number): number | null {
  return lastMs.length < countMin ? null : median(lastMs);
}

/** A quantile of a usual replica of the pool: the median of the replicas' own; null before one is known. */
export function usualQuantileMs(replicas: readonly FirstTokens[], share: number): number | null {
  const known = replicas
    .filter(({ count }) => count >= quantileCountMin)
    .flatMap(({ sketch }) => delayQuantile(sketch, share, 0) ?? []);
  return known.length === 0 ? null : lowMedian(known);
}

/** No first token is overdue before this: below, jitter of the machine is larger than any difference between replicas. */
const overdueMsMin = 250;
/** And none that has not come by now is on time. */
const overdueMsMax = 30_000;
/** A pool's spread excuses this many medians at most: or a fault would soon be the 95th percentile. */
const spreadMax = 6;

/**
 * How long to wait for a first token before it counts as slow; null when nothing is known yet. Beyond three medians, so that one that
 * takes twenty is seen long before it comes, and clear of the pool's own spread.
 */
export function overdueAfterMs(replicas: readonly FirstTokens[]): number | null {
  const p50 = usualQuantileMs(replicas, 0.5);
  const p95 = usualQuantileMs(replicas, 0.95);
  if (p50 === null || p95 === null) return null;
  return Math.round(
    Math.min(overdueMsMax, Math.max(overdueMsMin, 3 * p50, Math.min(1.5 * p95, spreadMax * p50))),
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Of two the smaller: with two replicas, the slow one is not the usual one. */
function lowMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
