// How long a replica takes to load: one number, or the times that a real system measured, of which each start draws one. Pure but for
// its generator.
import type { Rng } from '../../core/base/rng.ts';
import { err, ok, type Result } from '../../core/base/result.ts';
import { csvFault, type CsvFault } from './csv-fault.ts';
import { parseTable } from './parse-table.ts';

/** Measured load times with what a policy may count on. */
export interface LoadTimes {
  /** Sorted; a single one when every load takes the same. */
  readonly sortedMs: Float64Array;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** A load of more than an hour is a slip of a unit. */
const loadMsMax = 3_600_000;
const loadMsMin = 1;

/** Every load takes this many seconds; the error says why that cannot be. */
export function constantLoad(seconds: number): Result<LoadTimes, string> {
  const ms = seconds * 1000;
  if (!(ms >= loadMsMin && ms <= loadMsMax))
    return err(`a load takes from ${loadMsMin / 1000} to ${loadMsMax / 1000} seconds, not ${seconds}`);
  return ok(describe(Float64Array.of(ms)));
}

/** Reads a table with a column `ms`, one measured load per row; single loads of 0 ms (nothing had to be loaded) are kept. */
export function parseLoads(text: string): Result<LoadTimes, CsvFault> {
  const table = parseTable(text, ['ms']);
  if (!table.ok) return table;
  const times = new Float64Array(table.value.rows.length);
  for (const [at, row] of table.value.rows.entries()) {
    const ms = row.number('ms', 0, loadMsMax);
    if (!ms.ok) return ms;
    times[at] = ms.value;
  }
  const loads = describe(times.sort());
  if (loads.meanMs >= loadMsMin) return ok(loads);
  const advice = 'without load times there is nothing to be warm for';
  return err(csvFault({ line: 0, field: 'file', problem: 'has loads of 0 ms only', found: '', advice }));
}

/** `drawLoadMs` of a replay: each call draws one of the times, all alike. */
export function makeLoadSampler({ sortedMs }: LoadTimes, rng: Rng): () => number {
  const only = sortedMs[0] ?? 0;
  if (sortedMs.length === 1) return () => only;
  return () => sortedMs[Math.floor(rng() * sortedMs.length)] ?? 0;
}

function describe(sortedMs: Float64Array): LoadTimes {
  const rank = (share: number): number => sortedMs[Math.ceil(share * sortedMs.length) - 1] ?? 0;
  const meanMs = sortedMs.reduce((sum, ms) => sum + ms, 0) / sortedMs.length;
  return { sortedMs, meanMs, p50Ms: rank(0.5), p90Ms: rank(0.9) };
}
