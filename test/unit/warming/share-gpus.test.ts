// The GPU budget of all pools together, as their plans keep it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import { makeBrain, makeReport, makeUsedBrain, monday, tickMs } from './brain-fixtures.ts';
import { BrainStream, moves } from './brain-stream.ts';

const [a, b, c] = ['a@1~here', 'b@1~here', 'c@1~here'] as const;
const nowMs = monday + tickMs;
const hotOf = (brain: PlannerBrain, atMs = nowMs): readonly number[] =>
  brain.poolNames.map((name) => brain.plan(name, atMs)?.keepHot ?? 0);
const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

test('without a budget nothing is cut', () => {
  const brain = makeUsedBrain([{}, {}, {}]);
  expect(hotOf(brain)).toEqual([1, 1, 1]);
  expect(brain.cut(0)).toBe(0);
});

test('all plans together keep no more than the budget, or than what is in use, a floor, or kept as asked', () => {
  fc.assert(
    fc.property(moves(3), fc.nat(6), (drawn, gpuBudget) => {
      const pools = [{}, { floor: 1 }, { hotIdleMs: 60_000 }];
      const brain = makeBrain(pools, { gpuBudget });
      const stream = new BrainStream(brain);
      for (const move of drawn) {
        stream.feed(move);
        const held = brain.poolNames.map((_, at) => {
          const { config, report } = brain.pool(at);
          const asked = config.hotIdleMs === null ? 0 : (report?.hot ?? 0);
          return Math.min(3, Math.max(brain.warmer.model.busy(at), config.floor, asked));
        });
        const hot = hotOf(brain, stream.nowMs);
        // What is held counts whether the plan names it or not.
        const kept = hot.map((each, at) => Math.max(each, held[at] ?? 0));
        expect(sum(kept)).toBeLessThanOrEqual(Math.max(gpuBudget, sum(held)));
      }
    }),
  );
});

describe('a level that the budget cut', () => {
  const scarce = (): PlannerBrain =>
    makeUsedBrain([{ waitMicrosPerSecond: 90_000_000 }, { waitMicrosPerSecond: 100_000_000 }], {
      gpuBudget: 1,
    });

  test('is the one that is worth less, is reported, and says why', () => {
    const brain = scarce();
    expect(hotOf(brain)).toEqual([0, 1]);
    expect([brain.cut(0), brain.cut(1)]).toEqual([1, 0]);
    expect(brain.plan(a, nowMs)?.because).toMatch(/^replica 1 would be kept, but the GPU budget is spent/);
    expect(brain.plan(b, nowMs)?.because).toMatch(/^replica 1 is kept/);
  });

  test('is brought up by nothing, and what loads to be parked needs a GPU, too', () => {
    const brain = scarce();
    expect(brain.plan(a, nowMs)).toMatchObject({ warmTo: 0, parkTo: 0 });
    const roomy = makeUsedBrain([{}, {}], { gpuBudget: 3 });
    expect(roomy.plan(a, nowMs)).toMatchObject({ keepHot: 1, parkTo: 1 });
  });

  test('comes back as soon as there is room, without waiting for a tick', () => {
    const brain = makeUsedBrain([{}, {}], { gpuBudget: 1 });
    brain.hear(b, makeReport(nowMs, { busy: 1, hot: 1 }));
    expect(hotOf(brain)).toEqual([0, 1]);
    brain.hear(b, makeReport(nowMs + 1, { busy: 0, hot: 0 }));
    expect(sum(hotOf(brain, nowMs + 1))).toBe(1);
  });
});

test('the GPUs that are left over are each given to one load that is to be parked', () => {
  // Waking costs nothing here, so that nothing is worth keeping hot and everything worth parking.
  const pools = [a, b, c].map(() => ({
    wakeGuessMs: 0.001,
    parkedMicrosPerSecond: 0,
    hotMicrosPerSecond: 2_000_000,
  }));
  const brain = makeUsedBrain(
    pools,
    { gpuBudget: 2 },
    { wakeMs: 0.001, speculation: { speculatedMs: 0, groundedMs: 9e9, useful: 0, wasted: 0 } },
  );
  const parkTo = brain.poolNames.map((name) => brain.plan(name, nowMs)?.parkTo ?? 0);
  expect(hotOf(brain)).toEqual([0, 0, 0]);
  expect(parkTo).toEqual([1, 1, 0]);
  brain.hear(a, makeReport(nowMs, { parked: 1, preparking: 1, loadingAhead: 1, wakeMs: 0.001 }));
  expect(brain.plan(c, nowMs)?.parkTo).toBe(0);
  brain.hear(a, makeReport(nowMs, { parked: 1, wakeMs: 0.001 }));
  expect(brain.plan(c, nowMs)?.parkTo).toBe(1);
});

test('a brain that was just opened has a budget already', () => {
  const brain = makeBrain([{ floor: 1 }, {}], { gpuBudget: 1 });
  const again = makeBrain([{ floor: 1 }, {}], { gpuBudget: 1 });
  brain.hear(b, makeReport(nowMs, { busy: 1 }));
  brain.hear(b, makeReport(nowMs + 1, { busy: 0 }));
  expect(again.restore(brain.snapshot())).toBe(true);
  for (const each of [brain, again]) expect(each.plan(b, nowMs + 1)).toMatchObject({ keepHot: 0, warmTo: 0 });
});

describe('ski-rental under a budget', () => {
  const tripped = (gpuBudget: number | null): PlannerBrain => {
    const brain = makeUsedBrain([{ waitMicrosPerSecond: 10_000 }, {}, { hotIdleMs: 5_000 }], { gpuBudget });
    const speculation = { speculatedMs: 0, groundedMs: 1e12, useful: 0, wasted: 0 };
    brain.hear(a, makeReport(nowMs, { hot: 2, idle: 2, speculation }));
    brain.hear(c, makeReport(nowMs, { hot: 1, idle: 1 }));
    brain.tick(nowMs);
    expect(brain.warmer.isTrusting).toBe(false);
    return brain;
  };

  test('keeps by its windows where there is room', () => {
    for (const budget of [null, 3]) {
      const plan = tripped(budget).plan(a, nowMs);
      expect(plan?.hotMinMs).toBe(plan?.hotMaxMs);
      expect(plan?.hotMinMs).toBeGreaterThan(0);
    }
  });

  test('keeps no more than its share where there is none; what was asked for is obeyed', () => {
    const brain = tripped(2);
    expect(brain.plan(a, nowMs)).toMatchObject({ keepHot: 1, hotMinMs: 0 });
    expect(brain.plan(c, nowMs)).toMatchObject({ hotMinMs: 5_000, hotMaxMs: 5_000 });
  });
});
