// The limit of every warming policy: perfect foresight, and nobody ever waits. Owns that one plan and its price. Pure; computed in one
// pass over the zero-wait process, without a simulation.
import type { FleetFigures } from './fleet-policy.ts';
import type { Workload } from './workload.ts';

const dayLengthMs = 86_400_000;

export interface OfflineOptimum {
  readonly idleSeconds: number;
  readonly loadSeconds: number;
  readonly parkedSeconds: number;
  readonly busySeconds: number;
  readonly starts: number;
  /** GPU-seconds: idle + load + parkedShare x parked. */
  readonly cost: number;
  /** By day of the request that each gap ends with. */
  readonly days: readonly OptimumDay[];
}

export interface OptimumDay {
  readonly idleSeconds: number;
  readonly loadSeconds: number;
  readonly parkedSeconds: number;
}

type Holding = 'hot' | 'parked' | 'stopped';

/**
 * A request takes the replica that became free last, and each gap between two requests of a replica is bridged in the cheapest way: kept
 * hot, parked and woken just in time, or stopped and loaded just in time. The price of a gap is concave in its length (slope 1, then the
 * parked share, then 0), so last-in-first-out pairs ends and starts at the least total price: no plan without waits costs less.
 */
export function offlineOptimum(workload: Workload, figures: FleetFigures): OfflineOptimum {
  const days = new DaySums(Math.max(1, Math.ceil(workload.endMs / dayLengthMs)));
  const { arrivalMs, pool, execMs } = workload;
  const byEnd = requestsByEnd(workload);
  const freeSinceMs: number[][] = workload.pools.map(() => []);
  let ended = 0;
  let starts = 0;
  let busyMs = 0;
  for (let request = 0; request < arrivalMs.length; request += 1) {
    const atMs = arrivalMs[request] ?? 0;
    for (; ended < byEnd.length; ended += 1) {
      const other = byEnd[ended] ?? 0;
      // Of requests that take no time at all, only those that came before can have left a replica behind.
      if (endOf(workload, other) > atMs || other >= request) break;
      freeSinceMs[pool[other] ?? 0]?.push(endOf(workload, other));
    }
    const gapMs = atMs - (freeSinceMs[pool[request] ?? 0]?.pop() ?? -Infinity);
    const how = cheapest(gapMs, figures);
    if (how === 'stopped') starts += 1;
    days.add(Math.floor(atMs / dayLengthMs), split(how, gapMs, figures));
    busyMs += execMs[request] ?? 0;
  }
  return summarize(days, { starts, busyMs, parkedShare: figures.parkedShare });
}

/** How a gap is bridged at the least price; Infinity is the time before the first request. */
function cheapest(gapMs: number, figures: FleetFigures): Holding {
  const parkedMs = parkedPrice(gapMs, figures);
  if (Math.min(gapMs, parkedMs) > figures.loadMs) return 'stopped';
  return gapMs <= parkedMs ? 'hot' : 'parked';
}

function parkedPrice(gapMs: number, { wakeMs, parkedShare }: FleetFigures): number {
  if (wakeMs === null || gapMs < wakeMs || gapMs === Infinity) return Infinity;
  return wakeMs + parkedShare * (gapMs - wakeMs);
}

interface Spent {
  readonly idleMs: number;
  readonly loadMs: number;
  readonly parkedMs: number;
}

function split(how: Holding, gapMs: number, figures: FleetFigures): Spent {
  if (how === 'hot') return { idleMs: gapMs, loadMs: 0, parkedMs: 0 };
  if (how === 'stopped') return { idleMs: 0, loadMs: figures.loadMs, parkedMs: 0 };
  const wakeMs = figures.wakeMs ?? 0;
  return { idleMs: 0, loadMs: wakeMs, parkedMs: gapMs - wakeMs };
}

function endOf(workload: Workload, request: number): number {
  return (workload.arrivalMs[request] ?? 0) + (workload.execMs[request] ?? 0);
}

function requestsByEnd(workload: Workload): Int32Array {
  const order = Int32Array.from({ length: workload.arrivalMs.length }, (_, request) => request);
  return order.sort((a, b) => endOf(workload, a) - endOf(workload, b) || a - b);
}

class DaySums {
  readonly #days: { idleMs: number; loadMs: number; parkedMs: number }[];

  constructor(days: number) {
    this.#days = Array.from({ length: days }, () => ({ idleMs: 0, loadMs: 0, parkedMs: 0 }));
  }

  add(day: number, spent: Spent): void {
    const sums = this.#days[day];
    if (sums === undefined) return;
    sums.idleMs += spent.idleMs;
    sums.loadMs += spent.loadMs;
    sums.parkedMs += spent.parkedMs;
  }

  inSeconds(): readonly OptimumDay[] {
    return this.#days.map(({ idleMs, loadMs, parkedMs }) => ({
      idleSeconds: idleMs / 1000,
      loadSeconds: loadMs / 1000,
      parkedSeconds: parkedMs / 1000,
    }));
  }
}

function summarize(
  sums: DaySums,
  rest: { starts: number; busyMs: number; parkedShare: number },
): OfflineOptimum {
  const days = sums.inSeconds();
  const total = (of: (day: OptimumDay) => number): number => days.reduce((sum, day) => sum + of(day), 0);
  const idleSeconds = total((day) => day.idleSeconds);
  const loadSeconds = total((day) => day.loadSeconds);
  const parkedSeconds = total((day) => day.parkedSeconds);
  return {
    idleSeconds,
    loadSeconds,
    parkedSeconds,
    busySeconds: rest.busyMs / 1000,
    starts: rest.starts,
    cost: idleSeconds + loadSeconds + rest.parkedShare * parkedSeconds,
    days,
  };
}
