// Collects requests in any order and makes a workload of them. Owns the order, the rounding and the numbering of names, so that a made
// workload is what parsing its own file gives. Deterministic.
import { dayMs, replayRowsMax } from '../replay/parse-replay.ts';
import type { Workload } from '../replay/workload.ts';
import { GrowingColumns, type Row } from './growing-columns.ts';

export interface WorkloadShape {
  readonly days: number;
  /** Times are rounded down to multiples of it. */
  readonly resolutionMs: number;
  readonly poolName: (index: number) => string;
  readonly tenantName: (index: number) => string;
}

export interface BuiltWorkload {
  readonly workload: Workload;
  /** Which of the requests given, counted from 0, each row of the workload is. */
  readonly order: Uint32Array;
}

export class WorkloadBuilder {
  private readonly drawn = new GrowingColumns();

  /** Throws when more requests come than a replay may have: whoever draws them bounds its parameters before. */
  add({ arrivalMs, pool, tenant, execMs }: Row): void {
    if (this.drawn.count === replayRowsMax) throw new Error(`a workload has at most ${replayRowsMax} rows`);
    this.drawn.append(arrivalMs, pool, tenant, execMs);
  }

  /** Requests outside of the span are left out; names are numbered by first appearance; none runs for less than the resolution. */
  build({ days, resolutionMs, poolName, tenantName }: WorkloadShape): BuiltWorkload {
    const endMs = days * dayMs;
    const floor = (ms: number): number => Math.floor(ms / resolutionMs) * resolutionMs;
    const drawn = this.drawn.finish();
    const arrivalMs = drawn.arrivalMs.map(floor);
    const execMs = drawn.execMs.map((ms) => Math.max(resolutionMs, floor(ms)));
    const order = sortByArrival(arrivalMs, days);
    const pools = renumber(order, drawn.pool, poolName);
    const tenants = renumber(order, drawn.tenant, tenantName);
    const workload = {
      pools: pools.names,
      tenants: tenants.names,
      arrivalMs: Float64Array.from(order, (at) => arrivalMs[at] ?? 0),
      pool: pools.column,
      tenant: tenants.column,
      execMs: Float64Array.from(order, (at) => execMs[at] ?? 0),
      endMs,
    };
    return { workload, order };
  }
}

/**
 * Indices of the rows within the span by arrival, then by index. Days are sorted one by one: the ms of a day times the rows of a workload
 * plus the index is exact in a double, and numbers sort without a comparison function.
 */
function sortByArrival(arrivalMs: Float64Array, days: number): Uint32Array {
  const rowsOfDay: number[][] = Array.from({ length: days }, () => []);
  for (const [at, ms] of arrivalMs.entries()) rowsOfDay[Math.floor(ms / dayMs)]?.push(at);
  const order = new Uint32Array(rowsOfDay.reduce((sum, rows) => sum + rows.length, 0));
  let filled = 0;
  for (const rows of rowsOfDay) {
    const keys = Float64Array.from(rows, (at) => ((arrivalMs[at] ?? 0) % dayMs) * replayRowsMax + at).sort();
    for (const key of keys) {
      order[filled] = key % replayRowsMax;
      filled += 1;
    }
  }
  return order;
}

/** The column in the given order, with indices by first appearance, and their names. */
function renumber(
  order: Uint32Array,
  drawn: Int32Array,
  nameOf: (index: number) => string,
): { readonly names: readonly string[]; readonly column: Int32Array } {
  const names: string[] = [];
  const indices = new Map<number, number>();
  const column = new Int32Array(order.length);
  for (const [row, at] of order.entries()) {
    const from = drawn[at] ?? 0;
    const known = indices.get(from);
    const index = known ?? names.push(nameOf(from)) - 1;
    if (known === undefined) indices.set(from, index);
    column[row] = index;
  }
  return { names, column };
}
