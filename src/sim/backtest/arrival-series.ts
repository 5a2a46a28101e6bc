// What a backtest walks through: arrivals of pools in order of time, some of them only to learn from. Owns how workloads become series.
// Pure.
import { assert } from '../../core/base/assert.ts';
import type { Workload } from '../replay/workload.ts';

export interface ArrivalSeries {
  readonly names: readonly string[];
  /** In ms since a midnight; never falls. */
  readonly atMs: Float64Array;
  readonly pool: Int32Array;
  readonly count: Float64Array;
  /** Before it forecasters learn and nothing is scored. */
  readonly scoreFromMs: number;
  readonly endMs: number;
  /** How finely arrivals are known: shorter horizons cannot be scored. */
  readonly grainMs: number;
}

/** The history and then the replay on one clock; both on the same name tables. Without a history the first day only teaches. */
export function seriesOf(replay: Workload, history: Workload | null): ArrivalSeries {
  const shiftMs = history?.endMs ?? 0;
  const rows = (history?.pool.length ?? 0) + replay.pool.length;
  const atMs = new Float64Array(rows);
  const pool = new Int32Array(rows);
  const from = history?.pool.length ?? 0;
  if (history !== null) {
    atMs.set(history.arrivalMs);
    pool.set(history.pool);
  }
  for (let row = 0; row < replay.pool.length; row += 1)
    atMs[from + row] = (replay.arrivalMs[row] ?? 0) + shiftMs;
  pool.set(replay.pool, from);
  return {
    names: replay.pools,
    atMs,
    pool,
    count: new Float64Array(rows).fill(1),
    scoreFromMs: history === null ? Math.min(dayMs, replay.endMs / 2) : shiftMs,
    endMs: shiftMs + replay.endMs,
    grainMs: 0,
  };
}

const dayMs = 86_400_000;

/** All pools as one. */
export function platformOf(series: ArrivalSeries): ArrivalSeries {
  return { ...series, names: ['all pools'], pool: new Int32Array(series.pool.length) };
}

/** The `poolsMax` pools with the most arrivals before the scoring begins (in all, when it begins at once). */
export function busiestPools(series: ArrivalSeries, poolsMax: number): ArrivalSeries {
  assert(poolsMax >= 1, 'at least one pool');
  const counts = new Float64Array(series.names.length);
  for (let row = 0; row < series.pool.length; row += 1) {
    const at = series.pool[row] ?? 0;
    if ((series.atMs[row] ?? 0) < series.scoreFromMs || series.scoreFromMs === 0)
      counts[at] = (counts[at] ?? 0) + (series.count[row] ?? 0);
  }
  if (series.names.length <= poolsMax) return series;
  const kept = [...counts.keys()]
    .sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b)
    .slice(0, poolsMax);
  const place = new Int32Array(series.names.length).fill(-1);
  for (const [to, from] of kept.entries()) place[from] = to;
  const rows = [...series.pool.keys()].filter((row) => (place[series.pool[row] ?? 0] ?? -1) >= 0);
  return {
    ...series,
    names: kept.map((at) => series.names[at] ?? ''),
    atMs: Float64Array.from(rows, (row) => series.atMs[row] ?? 0),
    pool: Int32Array.from(rows, (row) => place[series.pool[row] ?? 0] ?? 0),
    count: Float64Array.from(rows, (row) => series.count[row] ?? 0),
  };
}
