// The comparison of a recorded run with the simulator: what decided alike agrees to the last command, and what did not is found and named.
import { expect, test } from 'vitest';
import { compareRun, type RunComparison } from '../../../../src/sim/conformance/compare-run.ts';
import type { RunRecord } from '../../../../src/sim/conformance/run-record.ts';
import type { PlannerNote } from '../../../../src/hosts/recorded-brain.ts';
import type { PoolNote } from '../../../../src/hosts/pool-recorder.ts';
import { recordTwin } from './recorded-twin.ts';

async function compared(record: RunRecord): Promise<RunComparison> {
  const comparison = await compareRun(record);
  if (comparison === null) throw new Error('nothing was recorded');
  return comparison;
}

function withPlannerNotes(record: RunRecord, change: (note: PlannerNote) => PlannerNote): RunRecord {
  const { recorded } = record;
  if (recorded === null) return record;
  const planner = { ...recorded.planner, notes: recorded.planner.notes.map(change) };
  return { ...record, recorded: { ...recorded, planner } };
}

function withPoolNotes(record: RunRecord, change: (note: PoolNote) => PoolNote): RunRecord {
  const { recorded } = record;
  if (recorded === null) return record;
  const pools = recorded.pools.map((pool) => ({ ...pool, notes: pool.notes.map(change) }));
  return { ...record, recorded: { ...recorded, pools } };
}

test.each([1, 2, 3])('what the simulator itself decided agrees with it entirely, seed %i', async (seed) => {
  const { plans, pools, twin } = await compared(await recordTwin(seed));
  expect(plans).toMatchObject({ mismatchCount: 0, mismatches: [] });
  expect(plans.plans).toBeGreaterThan(100);
  expect(pools).toMatchObject({ mismatchCount: 0, lost: 0 });
  expect(twin.commands).toMatchObject({ mismatchShare: 0, mismatches: [] });
  expect(Math.max(...twin.commands.apartMs)).toBe(0);
  expect(twin).toMatchObject({ warmthMismatches: 0, granted: 60 });
  expect(twin.commands.real).toBeGreaterThan(20);
});

test('a plan that another brain gave is found, with its pool and its moment', async () => {
  let changed = 0;
  const record = withPlannerNotes(await recordTwin(1), (note) => {
    if (note.kind !== 'plan' || note.plan === null || note.plan.keepHot !== 1 || changed > 0) return note;
    changed += 1;
    return { ...note, plan: { ...note.plan, keepHot: 2 } };
  });
  const { plans } = await compared(record);
  expect(plans.mismatchCount).toBe(1);
  expect(plans.mismatches[0]).toMatchObject({ recorded: { keepHot: 2 }, found: { keepHot: 1 } });
});

test('a term that differs in its last bits is the same plan; one that differs by more is not', async () => {
  const run = await recordTwin(2);
  const bend = (by: number): RunRecord =>
    withPlannerNotes(run, (note) =>
      note.kind !== 'plan' || note.plan === null
        ? note
        : {
            ...note,
            plan: {
              ...note.plan,
              terms: note.plan.terms.map((term) => ({ ...term, gpuSeconds: term.gpuSeconds + by })),
            },
          },
    );
  expect((await compared(bend(1e-12))).plans.mismatchCount).toBe(0);
  expect((await compared(bend(1e-3))).plans.mismatchCount).toBeGreaterThan(0);
});

test('a command that a pool did not decide, or kept to itself, is found', async () => {
  const run = await recordTwin(3);
  const silenced = withPoolNotes(run, (note) => ({
    ...note,
    effects: note.effects.filter((effect) => effect.kind !== 'command' || effect.command !== 'park'),
  }));
  const { pools } = await compared(silenced);
  expect(pools.mismatchCount).toBeGreaterThan(0);
  expect(pools.mismatches[0]?.found.some((effect) => effect.kind === 'command')).toBe(true);
});

test('a report that the planner never heard makes its plans differ', async () => {
  const run = await recordTwin(1);
  const { recorded } = run;
  if (recorded === null) throw new Error('nothing was recorded');
  const { notes } = recorded.planner;
  const first = notes.findIndex((note) => note.kind === 'hear' && note.report.events.length > 0);
  const planner = { ...recorded.planner, notes: notes.filter((_, at) => at !== first) };
  const { plans } = await compared({ ...run, recorded: { ...recorded, planner } });
  expect(plans.mismatchCount).toBeGreaterThan(0);
});

test('commands that only the agent saw are counted', async () => {
  const run = await recordTwin(2);
  const stray = { pool: 'a@1~local', command: 'stop', replicaId: 'x', generation: 9 } as const;
  const commands = [{ ...stray, askedMs: run.startedMs + 5_000, doneMs: run.startedMs + 5_010 }];
  const { unrecorded, twin } = await compared({ ...run, commands });
  expect(unrecorded).toBeGreaterThan(twin.commands.real - 5);
});

test('a run that recorded nothing has nothing to compare', async () => {
  expect(await compareRun({ ...(await recordTwin(1)), recorded: null })).toBeNull();
});
