// Cuts whole days out of a workload: one made-up month becomes a history and a replay on the same name tables. Pure.
import { assert } from '../../core/base/assert.ts';
import { dayMs } from '../replay/parse-replay.ts';
import type { Workload } from '../replay/workload.ts';

/** Days [fromDay, toDay), on a clock that starts at the midnight of `fromDay`. */
export function cutDays(workload: Workload, fromDay: number, toDay: number): Workload {
  assert(fromDay >= 0 && toDay > fromDay && toDay * dayMs <= workload.endMs, 'the days lie in the workload');
  const startMs = fromDay * dayMs;
  const first = lowerBound(workload.arrivalMs, startMs);
  const last = lowerBound(workload.arrivalMs, toDay * dayMs);
  return {
    pools: workload.pools,
    tenants: workload.tenants,
    arrivalMs: workload.arrivalMs.slice(first, last).map((atMs) => atMs - startMs),
    pool: workload.pool.slice(first, last),
    tenant: workload.tenant.slice(first, last),
    execMs: workload.execMs.slice(first, last),
    endMs: (toDay - fromDay) * dayMs,
  };
}

/** The first row that arrives at `atMs` or later. */
function lowerBound(arrivalMs: Float64Array, atMs: number): number {
  let low = 0;
  let high = arrivalMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((arrivalMs[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
