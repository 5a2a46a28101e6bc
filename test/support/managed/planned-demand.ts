// The production planner over one pool whose load rises and falls, for tests that carry its plans out elsewhere. Owns the made-up day.
import { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import type { DemandReport } from '../../../src/core/pool/demand-report.ts';
import type { WarmthPlan } from '../../../src/core/warming/pool-plan.ts';

const tickMs = 60_000;
const beganMs = Date.UTC(2026, 10, 23);

export interface Moment {
  readonly nowMs: number;
  readonly busy: number;
}

/** What is asked for after days of the same: nothing, one, two, one, nothing. */
export function demandOfADay(): readonly Moment[] {
  return [0, 1, 2, 1, 2, 1, 0].map((busy, at) => ({ busy, nowMs: beganMs + (3_000 + at) * tickMs }));
}

export function makeBrainOf(pool: string): { plan(busy: number, nowMs: number): WarmthPlan } {
  const brain = new PlannerBrain({
    pools: [
      {
        pool,
        floor: 0,
        replicasMax: 3,
        parking: false,
        hotIdleMs: null,
        parkedIdleMs: null,
        hotMicrosPerSecond: 1_097,
        parkedMicrosPerSecond: 1_097,
        waitMicrosPerSecond: 10_000,
        loadGuessMs: 20_000,
        wakeGuessMs: 20_000,
        bursts: true,
      },
    ],
    tickMs,
    gpuBudget: null,
  });
  let seq = 0;
  const hear = (busy: number, nowMs: number): void => {
    seq += 2;
    const events = [
      { kind: 'arrival', seq: seq - 1, atMs: nowMs, tenant: 't', count: busy },
      { kind: 'level', seq, atMs: nowMs, busy },
    ] as const;
    brain.hear(pool, { ...quiet, seq, nowMs, events, busy, hot: busy });
  };
  // Two days of a load that comes and goes within minutes, and is one more every third time.
  for (let minute = 0; minute < 2_990; minute += 1) {
    const nowMs = beganMs + minute * tickMs;
    hear([0, 1, 0, 1, 2, 1, 3, 1][minute % 8] ?? 0, nowMs);
    brain.tick(nowMs + tickMs / 2);
  }
  return {
    plan(busy, nowMs) {
      hear(busy, nowMs);
      brain.tick(nowMs + 1);
      const plan = brain.plan(pool, nowMs + 1);
      if (plan === null) throw new Error(`${pool} has no plan`);
      return plan;
    },
  };
}

const quiet: DemandReport = {
  seq: 0,
  nowMs: 0,
  events: [],
  truncated: false,
  busy: 0,
  hot: 0,
  idle: 0,
  coming: 0,
  parked: 0,
  preparking: 0,
  loadingAhead: 0,
  waiting: 0,
  speculation: { speculatedMs: 0, groundedMs: 100_000_000, useful: 0, wasted: 0 },
  loadMs: null,
  wakeMs: null,
  served: { hot: 0, parked: 0, cold: 0, failed: 0 },
  coldWaitMs: 0,
  parkedWaitMs: 0,
  levels: { colds: 0, waitMs: 0 },
  blockedUntilMs: null,
  downSinceMs: null,
  plannedUntilMs: null,
  expected: [],
};
