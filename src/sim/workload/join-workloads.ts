// Lays workloads end to end: the files of several days become one span. Pure.
import { assert, must } from '../../core/base/assert.ts';
import type { Workload } from '../replay/workload.ts';

/**
 * One workload out of several that share their name tables. Each part begins at its own midnight and fills whole days (`endMs`), so
 * that the next part's midnight is where it ends.
 */
export function joinWorkloads(parts: readonly Workload[]): Workload {
  const first = must(parts[0], 'a workload to join');
  if (parts.length === 1) return first;
  const count = parts.reduce((sum, { pool }) => sum + pool.length, 0);
  const joined = {
    pools: first.pools,
    tenants: first.tenants,
    arrivalMs: new Float64Array(count),
    pool: new Int32Array(count),
    tenant: new Int32Array(count),
    execMs: new Float64Array(count),
  };
  let at = 0;
  let startMs = 0;
  for (const part of parts) {
    assert(
      part.pools === first.pools && part.tenants === first.tenants,
      'joined workloads share their names',
    );
    for (let row = 0; row < part.pool.length; row += 1)
      joined.arrivalMs[at + row] = (part.arrivalMs[row] ?? 0) + startMs;
    joined.pool.set(part.pool, at);
    joined.tenant.set(part.tenant, at);
    joined.execMs.set(part.execMs, at);
    at += part.pool.length;
    startMs += part.endMs;
  }
  return { ...joined, endMs: startMs };
}
