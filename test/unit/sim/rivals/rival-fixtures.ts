// Small workloads and figures for the tests of the rivals, and one call that replays a policy by its spelling.
import { must } from '../../../../src/core/base/assert.ts';
import { makeRng } from '../../../../src/core/base/rng.ts';
import type { FleetFigures, FleetPolicy } from '../../../../src/sim/replay/fleet-policy.ts';
import { runReplay, type ReplayOptions, type ReplayResult } from '../../../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../../../src/sim/replay/workload.ts';
import { parsePolicy } from '../../../../src/sim/rivals/policy-of.ts';

export const dayMs = 86_400_000;
export const minute = 60;
export const hour = 3600;

/** Loads of 20 s, no parking. */
export const hotOnly: FleetFigures = { loadMs: 20_000, wakeMs: null, parkedShare: 0, gamma: 30 };
export const withParking: FleetFigures = { loadMs: 20_000, wakeMs: 2000, parkedShare: 0.1, gamma: 30 };

/** Arrival and work in seconds; pool 0 unless said. */
export type Row = readonly [atS: number, execS: number, pool?: number];

export function workloadOf(rows: readonly Row[], { pools = 1, days = 1 } = {}): Workload {
  const sorted = rows.toSorted((a, b) => a[0] - b[0]);
  return {
    pools: Array.from({ length: pools }, (_, pool) => `pool-${pool}`),
    tenants: ['tenant'],
    arrivalMs: Float64Array.from(sorted, ([atS]) => atS * 1000),
    pool: Int32Array.from(sorted, ([, , pool]) => pool ?? 0),
    tenant: new Int32Array(sorted.length),
    execMs: Float64Array.from(sorted, ([, execS]) => execS * 1000),
    endMs: days * dayMs,
  };
}

/** A request of `execS` every `everyS`. */
export function regular(everyS: number, execS: number, { days = 1, pool = 0 } = {}): Row[] {
  return Array.from({ length: (days * 24 * hour) / everyS }, (_, at) => [at * everyS, execS, pool] as const);
}

/** Seeded: three pools of unequal traffic, in clumps, at whole seconds. */
export function clumpy(seed: number, days: number): Workload {
  const rng = makeRng(seed);
  const rows: Row[] = [];
  for (let at = rng() * hour; at < days * 24 * hour; at += rng() * rng() * 2 * hour) {
    const pool = Math.floor(3 * rng() * rng());
    for (let each = 0; each <= 4 * rng(); each += 1) {
      const row = [Math.floor(at + 300 * rng()), Math.floor(1 + 60 * rng()), pool] as const;
      if (row[0] < days * 24 * hour) rows.push(row);
    }
  }
  return workloadOf(rows, { pools: 3, days });
}

export function makePolicy(spec: string, poolCount: number): FleetPolicy {
  const parsed = parsePolicy(spec);
  return must(parsed.ok ? parsed.value : null, `a policy spelt ${spec}`)({ poolCount });
}

export function replay(
  spec: string,
  workload: Workload,
  options: Partial<Pick<ReplayOptions, 'figures' | 'history' | 'queueing'>> = {},
): ReplayResult {
  const policy = makePolicy(spec, workload.pools.length);
  return runReplay({ figures: hotOnly, workload, policy, ...options });
}
