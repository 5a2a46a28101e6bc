// Workloads and policies for tests of the replay: rows by hand, or drawn from a seed on a coarse grid so that many things happen at one instant.
import { drawInteger, makeRng } from '../../src/core/base/rng.ts';
import type { FleetFigures, FleetPolicy } from '../../src/sim/replay/fleet-policy.ts';
import type { Workload } from '../../src/sim/replay/workload.ts';

export const dayMs = 86_400_000;

/** Arrival and run time in seconds; pool and tenant are indices. */
export interface Row {
  readonly at: number;
  readonly exec: number;
  readonly pool?: number;
  readonly tenant?: number;
}

export function workloadOf(rows: readonly Row[], days = 1): Workload {
  const sorted = rows.toSorted((a, b) => a.at - b.at);
  const count = (of: (row: Row) => number | undefined): number =>
    1 + Math.max(0, ...sorted.map((row) => of(row) ?? 0));
  return {
    pools: Array.from({ length: count((row) => row.pool) }, (_, index) => `m${index}`),
    tenants: Array.from({ length: count((row) => row.tenant) }, (_, index) => `g${index}`),
    arrivalMs: Float64Array.from(sorted, (row) => row.at * 1000),
    pool: Int32Array.from(sorted, (row) => row.pool ?? 0),
    tenant: Int32Array.from(sorted, (row) => row.tenant ?? 0),
    execMs: Float64Array.from(sorted, (row) => row.exec * 1000),
    endMs: days * dayMs,
  };
}

/** Requests in bursts; every time is a multiple of `gridSeconds`, zero run times included. */
export function drawWorkload(
  seed: number,
  shape: { requests: number; pools: number; gridSeconds: number; days?: number; busyShare?: number },
): Workload {
  const rng = makeRng(seed);
  const days = shape.days ?? 1;
  const steps = (days * 86_400) / shape.gridSeconds;
  const within = Math.max(1, Math.floor(steps * (shape.busyShare ?? 1)));
  const centres = Array.from({ length: 1 + Math.floor(shape.requests / 6) }, () =>
    drawInteger(rng, 0, within - 1),
  );
  const rows = Array.from({ length: shape.requests }, (): Row => {
    const centre = centres[drawInteger(rng, 0, centres.length - 1)] ?? 0;
    return {
      at: Math.min(within - 1, centre + drawInteger(rng, 0, 4)) * shape.gridSeconds,
      exec: drawInteger(rng, 0, 5) * shape.gridSeconds,
      pool: drawInteger(rng, 0, shape.pools - 1),
      tenant: drawInteger(rng, 0, 3),
    };
  });
  return workloadOf(rows, days);
}

export const hotOnly: FleetFigures = { loadMs: 23_000, wakeMs: null, parkedShare: 0, gamma: 10 };
export const withParking: FleetFigures = { loadMs: 23_000, wakeMs: 2_000, parkedShare: 0.1, gamma: 10 };

/** A policy made of whatever a test needs; without windows it keeps everything. */
export function policyOf(parts: Omit<Partial<FleetPolicy>, 'name'>): FleetPolicy {
  return { name: 'scripted', tickMs: null, ...parts };
}
