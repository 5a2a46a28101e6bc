// Runs of made-up functions that come when a trace's requests came: the arrivals of some of its pools, each request a run of a graph of
// stages. Owns which pools are taken and how rows are tied into runs. Pure.
import type { Workload } from '../replay/workload.ts';
import { expandFunctions, type FunctionOptions } from './functions.ts';

export interface RunTraffic {
  readonly replay: Workload;
  readonly history: Workload | null;
}

/** Every other pool after the busiest: from many runs an hour to a few a day. */
export const functionsTaken = 8;

export function drawRuns(
  arrivals: { readonly replay: Workload; readonly history: Workload | null },
  options: FunctionOptions,
): RunTraffic {
  const taken = pickPools(arrivals.history ?? arrivals.replay);
  const { history } = arrivals;
  return {
    replay: tieRuns(arrivals.replay, taken, options),
    history: history === null ? null : tieRuns(history, taken, { ...options, seed: options.seed + 1 }),
  };
}

function pickPools({ pool, pools }: Workload): readonly number[] {
  const counts = pools.map(() => 0);
  for (const each of pool) counts[each] = (counts[each] ?? 0) + 1;
  const byCount = counts.map((count, at) => ({ count, at })).sort((a, b) => b.count - a.count || a.at - b.at);
  return byCount
    .filter((_, rank) => rank % 2 === 1)
    .slice(0, functionsTaken)
    .map(({ at }) => at);
}

/** Pools and functions are numbered alike whatever came, so that a history speaks of the same ones. */
function tieRuns(all: Workload, taken: readonly number[], options: FunctionOptions): Workload {
  const { stages } = options.graph;
  const arrivals = keepPools(all, taken);
  const { workload, arrivalOf, stageOf } = expandFunctions(arrivals, options);
  const functionOf = new Map(taken.map((pool, at) => [pool, at]));
  const functions = taken.map((pool) => all.pools[pool] ?? '');
  const pools = functions.flatMap((name) => stages.map((stage) => `${name}/${stage.name}`));
  const rows = workload.pool.length;
  const rowOf = new Map<number, number>();
  const ids = { run: new Int32Array(rows), function: new Int32Array(rows), after: new Int32Array(rows) };
  const pool = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const run = arrivalOf[row] ?? 0;
    const stage = stageOf[row] ?? 0;
    const at = functionOf.get(arrivals.pool[run] ?? 0) ?? 0;
    rowOf.set(run * stages.length + stage, row);
    const before = stages[stage]?.after ?? null;
    ids.run[row] = run;
    ids.function[row] = at;
    ids.after[row] = before === null ? -1 : (rowOf.get(run * stages.length + before) ?? -1);
    pool[row] = at * stages.length + stage;
  }
  return { ...workload, pools, pool, runs: { functions, ...ids } };
}

function keepPools(all: Workload, taken: readonly number[]): Workload {
  const kept = new Set(taken);
  const rows = [...all.pool.keys()].filter((row) => kept.has(all.pool[row] ?? -1));
  return {
    ...all,
    arrivalMs: Float64Array.from(rows, (row) => all.arrivalMs[row] ?? 0),
    execMs: Float64Array.from(rows, (row) => all.execMs[row] ?? 0),
    pool: Int32Array.from(rows, (row) => all.pool[row] ?? 0),
    tenant: Int32Array.from(rows, (row) => all.tenant[row] ?? 0),
  };
}
