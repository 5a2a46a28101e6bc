// Pools, reports and events of a planner's brain, to perturb.
import type { DemandReport } from '../../../src/core/pool/demand-report.ts';
import type { DemandEvent } from '../../../src/core/pool/journal.ts';
import type { BrainPool } from '../../../src/core/warming/brain-settings.ts';
import { PlannerBrain, type BrainOptions } from '../../../src/core/warming/planner-brain.ts';

/** A Monday, 00:00 UTC, in the present. */
export const monday = Date.UTC(2026, 10, 23);
export const tickMs = 60_000;

/** Derived windows, no floor, three replicas; waiting is worth so much that a level which was ever used is kept. */
export function makeBrainPool(patch: Partial<BrainPool> = {}): BrainPool {
  return {
    pool: 'a@1~here',
    floor: 0,
    replicasMax: 3,
    parking: true,
    hotIdleMs: null,
    parkedIdleMs: null,
    hotMicrosPerSecond: 200,
    parkedMicrosPerSecond: 20,
    waitMicrosPerSecond: 100_000_000,
    loadGuessMs: 10_000,
    wakeGuessMs: 1_000,
    ...patch,
  };
}

/** A pool at rest that has paid 1,000 GPU-seconds in its life, so that starts ahead of demand can be afforded. */
export function makeReport(nowMs: number, patch: Partial<DemandReport> = {}): DemandReport {
  const events = patch.events ?? [];
  return {
    seq: events.at(-1)?.seq ?? nowMs,
    nowMs,
    events,
    truncated: false,
    busy: 0,
    hot: 0,
    idle: 0,
    coming: 0,
    parked: 0,
    preparking: 0,
    loadingAhead: 0,
    waiting: 0,
    speculation: { speculatedMs: 0, groundedMs: 1_000_000, useful: 0, wasted: 0 },
    loadMs: 10_000,
    wakeMs: 1_000,
    served: { hot: 0, parked: 0, cold: 0, failed: 0 },
    coldWaitMs: 0,
    parkedWaitMs: 0,
    levels: { colds: 0, waitMs: 0 },
    blockedUntilMs: null,
    downSinceMs: null,
    plannedUntilMs: null,
    expected: [],
    ...patch,
  };
}

/** One request of `tenant` from `fromMs` to `toMs`, as a pool reports it. */
export function visit(fromMs: number, toMs: number, tenant = 't'): readonly DemandEvent[] {
  return [
    { kind: 'arrival', seq: fromMs, atMs: fromMs, tenant, count: 1 },
    { kind: 'level', seq: fromMs + 1, atMs: fromMs, busy: 1 },
    { kind: 'level', seq: toMs, atMs: toMs, busy: 0 },
  ];
}

export function makeBrain(
  pools: readonly Partial<BrainPool>[] = [{}],
  options: Partial<Omit<BrainOptions, 'pools'>> = {},
): PlannerBrain {
  const named = pools.map((patch, at) =>
    makeBrainPool({ pool: `${'abcdefgh'[at] ?? 'z'}@1~here`, ...patch }),
  );
  return new PlannerBrain({ pools: named, tickMs, gpuBudget: null, ...options });
}

/** A brain that has seen one request of each pool and then a tick; the next moment is `monday + tickMs`. */
export function makeUsedBrain(
  pools: readonly Partial<BrainPool>[] = [{}],
  options: Partial<Omit<BrainOptions, 'pools'>> = {},
  report: Partial<DemandReport> = {},
): PlannerBrain {
  const brain = makeBrain(pools, options);
  for (const pool of brain.poolNames)
    brain.hear(
      pool,
      makeReport(monday + 30_000, { events: visit(monday + 10_000, monday + 20_000), ...report }),
    );
  brain.tick(monday + tickMs);
  return brain;
}
