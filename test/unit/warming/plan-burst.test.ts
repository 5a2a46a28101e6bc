import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { soundPlan, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import { planBurst } from '../../../src/core/warming/plan-burst.ts';
import { viewWarmth } from '../../../src/core/warming/view-warmth.ts';
import { makeBrain, makeReport, makeUsedBrain, monday, tickMs } from './brain-fixtures.ts';

const a = 'a@1~here';
const nowMs = monday + tickMs;
/** A place that scales by itself. */
const managed = { parking: false, bursts: true };

describe('what is to be held for bursts', () => {
  test.each([
    ['levels that are worth keeping and nobody holds', { keepHot: 4, held: 1, starts: 9 }, 4],
    ['no more than the budget for starts ahead bears', { keepHot: 4, held: 1, starts: 2 }, 3],
    ['nothing where all that is worth it is held', { keepHot: 2, held: 2, starts: 9 }, 0],
    ['nothing without a replica', { keepHot: 4, held: 0, starts: 9 }, 0],
    ['nothing once the budget is spent', { keepHot: 4, held: 1, starts: -3 }, 0],
  ])('%s', (_, question, expected) => {
    expect(planBurst(question)).toBe(expected);
  });

  test('is within what is worth keeping, and within the budget, whatever is asked', () => {
    const count = fc.integer({ min: -5, max: 50 });
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), count, (keepHot, held, starts) => {
        const to = planBurst({ keepHot, held, starts });
        expect(to === 0 || (to > held && to <= keepHot && to <= held + starts)).toBe(true);
      }),
    );
  });
});

/** A brain that thinks two levels above the load worth keeping, and none worth starting. */
function brainOf(patch: object = managed) {
  const brain = makeUsedBrain([{ ...patch, waitMicrosPerSecond: 20_000 }]);
  brain.hear(a, makeReport(nowMs, { busy: 1, hot: 1, seq: nowMs }));
  const { keepHot } = brain.warmer.plan(0);
  brain.warmer.plan = () => ({
    keepHot: 3,
    warmTo: 1,
    keepParked: 0,
    parkTo: 0,
    hotMinMs: 0,
    hotMaxMs: Infinity,
    parkedMinMs: 0,
    parkedMaxMs: 0,
    by: 'forecast',
  });
  expect(keepHot).toBeGreaterThanOrEqual(0);
  return brain;
}

const planOf = (brain: ReturnType<typeof brainOf>, atMs = nowMs): WarmthPlan => {
  const plan = brain.plan(a, atMs);
  if (plan === null) throw new Error('no plan');
  return plan;
};

describe('a plan for a place that scales by itself', () => {
  test('says how many containers to hold, replicas included', () => {
    expect(planOf(brainOf())).toMatchObject({ warmTo: 1, keepHot: 3, burstTo: 3 });
  });

  test('says nothing of it where the place keeps no buffer, or the model names its own', () => {
    expect(planOf(brainOf({ parking: false }))).not.toHaveProperty('burstTo');
    expect(planOf(brainOf({ ...managed, hotIdleMs: 60_000 }))).not.toHaveProperty('burstTo');
  });

  test('holds nothing while its starts are refused', () => {
    const brain = brainOf();
    brain.hear(a, makeReport(nowMs + 1, { busy: 1, hot: 1, blockedUntilMs: nowMs + 9_000, seq: nowMs + 1 }));
    expect(planOf(brain, nowMs + 1)).toMatchObject({ burstTo: 0 });
  });

  test('is sound with what it holds, and not with what is no number', () => {
    const plan = planOf(brainOf());
    expect(soundPlan({ ...plan, burstTo: 2.7 })?.burstTo).toBe(2);
    expect(soundPlan({ ...plan, burstTo: Number.NaN })).toBeNull();
    expect(soundPlan({ ...plan, burstTo: -1 })).toBeNull();
  });
});

describe('every second that is held for bursts', () => {
  test('is paid for, and counts against the budget for starts ahead', () => {
    const brain = brainOf();
    const before = { paid: brain.pool(0).paidMicros, spent: brain.pool(0).spent.speculated };
    planOf(brain);
    planOf(brain, nowMs + 10_000);
    // Two containers for ten seconds at 200 micro-dollars.
    expect(brain.pool(0).paidMicros - before.paid).toBeCloseTo(4_000);
    expect(brain.pool(0).spent.speculated - before.spent).toBeCloseTo(4_000);
    expect(viewWarmth(brain, a, nowMs + 10_000)?.economics).toMatchObject({ burstTo: 3, burstMicros: 4_000 });
  });

  test('ends with the plan, if no other follows', () => {
    const brain = brainOf();
    planOf(brain);
    brain.tick(nowMs + 3_600_000);
    expect(brain.pool(0).burstMs).toBe(2 * 150_000);
  });

  test('is not forgotten with the object', () => {
    const brain = brainOf();
    planOf(brain);
    brain.tick(nowMs + 60_000);
    const next = makeBrain([{ ...managed, waitMicrosPerSecond: 20_000 }]);
    expect(
      next.restore(JSON.parse(JSON.stringify(brain.snapshot())) as ReturnType<typeof brain.snapshot>),
    ).toBe(true);
    expect(next.pool(0).burstMs).toBe(120_000);
  });

  test('is not charged for a plan that is only looked at', () => {
    const brain = brainOf();
    brain.preview(a, nowMs);
    brain.tick(nowMs + 60_000);
    expect(brain.pool(0).burstMs).toBe(0);
  });
});

describe('a place that is always there', () => {
  const fixed = {
    parking: false,
    isFixed: true,
    hotMicrosPerSecond: 0,
    parkedMicrosPerSecond: 0,
    loadGuessMs: 1,
  };

  test('is never prewarmed, parked or kept, whatever is expected of it', () => {
    const brain = makeUsedBrain([fixed]);
    expect(brain.plan(a, nowMs)).toMatchObject({ keepHot: 0, warmTo: 0, keepParked: 0, parkTo: 0 });
  });

  test('costs nothing, and takes no GPU from others', () => {
    const brain = makeUsedBrain([fixed, { parking: false }], { gpuBudget: 1 });
    brain.hear(a, makeReport(nowMs, { busy: 3, hot: 3, seq: nowMs }));
    brain.tick(nowMs + 1);
    expect(brain.plan('b@1~here', nowMs + 1)?.keepHot).toBe(1);
    expect(viewWarmth(brain, a, nowMs)?.economics).toMatchObject({
      hotMicrosPerSecond: 0,
      loadingMicrosPerSecond: 0,
      parkedMicrosPerSecond: 0,
    });
    expect(brain.pool(0).spent).toEqual({ speculated: 0, grounded: expect.any(Number) as number });
  });
});
