// What the page remembers of each pool: one sample per poll, the last quarter of an hour. Pure.
import type { PoolView } from '../core/pool/pool-view.ts';

export interface Sample {
  readonly atMs: number;
  readonly hot: number;
  readonly loading: number;
  readonly parked: number;
  readonly served: number;
  readonly cold: number;
}

/** Fifteen minutes of one poll a second. */
export const samplesMax = 900;

export type History = ReadonlyMap<string, readonly Sample[]>;

/** Adds one sample for each pool; the oldest beyond the bound fall off. A poll that was seen before adds nothing. */
export function addSamples(history: History, pools: readonly PoolView[]): History {
  const next = new Map(history);
  for (const pool of pools) {
    const samples = history.get(pool.pool) ?? [];
    if (samples.at(-1)?.atMs === pool.nowMs) continue;
    next.set(pool.pool, [...samples, sampleOf(pool)].slice(-samplesMax));
  }
  return next;
}

function sampleOf({ nowMs, counts, requests }: PoolView): Sample {
  const { hot, loading, parked } = counts;
  return { atMs: nowMs, hot, loading, parked, served: requests.served, cold: requests.cold };
}

/** Requests served between each sample and the one before it; the first has none. */
export function countNew(samples: readonly Sample[], of: 'served' | 'cold'): readonly number[] {
  return samples.map((sample, at) => Math.max(0, sample[of] - (samples[at - 1]?.[of] ?? sample[of])));
}
