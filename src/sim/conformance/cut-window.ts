// Cuts a stretch of a workload out to be replayed for real: some minutes from a moment on, or the busiest ones, of all pools or of those
// with the most requests in it. Names that do not occur fall away. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { Workload } from '../replay/workload.ts';

export interface WindowRequest {
  /** Seconds since the workload's first midnight; null = where the most requests are. */
  readonly fromS: number | null;
  readonly minutes: number;
  /** Only this many pools, those with the most requests in the window; null = all. */
  readonly poolsMax: number | null;
}

export interface TraceWindow {
  readonly fromMs: number;
  readonly lengthMs: number;
  readonly pools: readonly string[];
  readonly tenants: readonly string[];
  /** In order of arrival, counted from the window's beginning. */
  readonly requests: readonly TraceRequest[];
}

export interface TraceRequest {
  readonly atMs: number;
  readonly pool: number;
  readonly tenant: number;
  readonly execMs: number;
}

/** The busiest window is looked for on this grid. */
const gridMs = 300_000;

export function cutWindow(workload: Workload, asked: WindowRequest): Result<TraceWindow, string> {
  const lengthMs = asked.minutes * 60_000;
  const fromMs = asked.fromS === null ? busiestMs(workload, lengthMs) : asked.fromS * 1000;
  const rows = rowsWithin(workload, fromMs, fromMs + lengthMs);
  if (rows.length === 0)
    return err(`there are no requests in the ${asked.minutes} minutes from second ${fromMs / 1000} on`);
  const kept = busiestPools(rows, asked.poolsMax);
  const requests = rows.filter(({ pool }) => kept.has(pool));
  const pools = rename(requests.map(({ pool }) => pool));
  const tenants = rename(requests.map(({ tenant }) => tenant));
  return ok({
    fromMs,
    lengthMs,
    pools: [...pools.keys()].map((at) => workload.pools[at] ?? ''),
    tenants: [...tenants.keys()].map((at) => workload.tenants[at] ?? ''),
    requests: requests.map(({ atMs, pool, tenant, execMs }) => ({
      atMs: atMs - fromMs,
      pool: pools.get(pool) ?? 0,
      tenant: tenants.get(tenant) ?? 0,
      execMs,
    })),
  });
}

function rowsWithin(workload: Workload, fromMs: number, toMs: number): readonly TraceRequest[] {
  const rows: TraceRequest[] = [];
  for (const [at, atMs] of workload.arrivalMs.entries()) {
    if (atMs < fromMs || atMs >= toMs) continue;
    const [pool, tenant, execMs] = [workload.pool[at], workload.tenant[at], workload.execMs[at]];
    rows.push({ atMs, pool: pool ?? 0, tenant: tenant ?? 0, execMs: execMs ?? 0 });
  }
  return rows;
}

function busiestMs({ arrivalMs }: Workload, lengthMs: number): number {
  const steps = Math.max(1, Math.ceil(lengthMs / gridMs));
  const counts: number[] = [];
  for (const atMs of arrivalMs) {
    const slot = Math.floor(atMs / gridMs);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  let best = 0;
  let bestCount = -1;
  for (let slot = 0; slot < counts.length; slot += 1) {
    let count = 0;
    for (let step = 0; step < steps; step += 1) count += counts[slot + step] ?? 0;
    if (count > bestCount) [best, bestCount] = [slot, count];
  }
  return best * gridMs;
}

function busiestPools(rows: readonly TraceRequest[], poolsMax: number | null): ReadonlySet<number> {
  const counts = new Map<number, number>();
  for (const { pool } of rows) counts.set(pool, (counts.get(pool) ?? 0) + 1);
  const busiest = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return new Set(busiest.slice(0, poolsMax ?? busiest.length).map(([pool]) => pool));
}

/** Index -> place among those that occur, in order of their first appearance. */
function rename(indices: readonly number[]): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const index of indices) if (!places.has(index)) places.set(index, places.size);
  return places;
}
