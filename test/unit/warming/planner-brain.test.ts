// Reports in, plans out: what is heard once, what bounds a plan, and who decides.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { farMs, soundPlan, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import type { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import { makeBrain, makeReport, makeUsedBrain, monday, tickMs, visit } from './brain-fixtures.ts';
import { BrainStream, moves } from './brain-stream.ts';

const a = 'a@1~here';
const b = 'b@1~here';
const nowMs = monday + tickMs;

function planOf(brain: PlannerBrain, pool = a, atMs = nowMs): WarmthPlan {
  const plan = brain.plan(pool, atMs);
  if (plan === null) throw new Error('no plan');
  return plan;
}

describe('a plan', () => {
  test('is there for every pool of the configuration, and for no other', () => {
    const brain = makeBrain([{}, {}]);
    expect(brain.poolNames.map((name) => brain.plan(name, nowMs) === null)).toEqual([false, false]);
    expect(brain.plan('gone@1~here', nowMs)).toBeNull();
    expect(brain.preview('gone@1~here', nowMs)).toBeNull();
    expect(brain.heardSeq('gone@1~here')).toBe(0);
    expect(() => brain.hear('gone@1~here', makeReport(nowMs))).not.toThrow();
    expect(() => brain.pool(2)).toThrow(RangeError);
  });

  test('outlives two missed ticks, and never is the word for a window that the forecast alone decides', () => {
    expect(planOf(makeUsedBrain())).toMatchObject({
      untilMs: nowMs + 150_000,
      hotMinMs: 0,
      hotMaxMs: farMs,
      because: /^replica 1 is kept/,
    });
  });

  test('is a sound one that survives JSON, whatever comes and whatever the prices, zero among them', () => {
    const price = fc.constantFrom(0, 1e-6, 200, 1e9);
    const prices = fc.record({
      hotMicrosPerSecond: price,
      parkedMicrosPerSecond: price,
      waitMicrosPerSecond: price,
      parking: fc.boolean(),
      loadGuessMs: fc.constantFrom(0.001, 5_000, 3_600_000),
    });
    const budget = fc.option(fc.nat(4));
    fc.assert(
      fc.property(moves(2), prices, budget, (drawn, figures, gpuBudget) => {
        const brain = makeBrain([figures, {}], { gpuBudget });
        const stream = new BrainStream(brain);
        for (const move of drawn) {
          stream.feed(move);
          const plan = planOf(brain, move.pool === 0 ? a : b, stream.nowMs);
          expect(soundPlan(JSON.parse(JSON.stringify(plan)) as WarmthPlan)).toEqual(plan);
          const { keepHot, warmTo, keepParked, parkTo } = plan;
          for (const count of [keepHot, warmTo, keepParked, parkTo])
            expect(count).toSatisfy((each: number) => Number.isInteger(each) && each >= 0 && each <= 3);
          expect(warmTo).toBeLessThanOrEqual(keepHot);
        }
      }),
    );
  });

  test('to look at changes nothing, and is the one that the pool would be told', () => {
    fc.assert(
      fc.property(moves(2), fc.option(fc.nat(3)), (drawn, gpuBudget) => {
        const [brain, watched] = [makeBrain([{}, {}], { gpuBudget }), makeBrain([{}, {}], { gpuBudget })];
        const stream = new BrainStream(brain, watched);
        for (const move of drawn) {
          stream.feed(move);
          for (const name of watched.poolNames) watched.preview(name, stream.nowMs + 7);
          const name = move.pool === 0 ? a : b;
          const seen = watched.preview(name, stream.nowMs);
          expect(watched.plan(name, stream.nowMs)).toEqual(seen);
          expect(brain.plan(name, stream.nowMs)).toEqual(seen);
        }
      }),
    );
  });

  test('asked for twice is the same plan', () => {
    const brain = makeUsedBrain(
      [{ parking: false }],
      {},
      { speculation: { speculatedMs: 0, groundedMs: 40_000, useful: 0, wasted: 0 } },
    );
    const first = planOf(brain);
    expect(first.warmTo).toBe(1);
    expect(planOf(brain)).toEqual(first);
  });
});

describe('what is heard', () => {
  test('twice counts once', () => {
    fc.assert(
      fc.property(moves(2), (drawn) => {
        const [once, twice] = [makeBrain([{}, {}]), makeBrain([{}, {}])];
        const stream = new BrainStream(once, twice);
        for (const move of drawn) {
          stream.pass(move.passedMs);
          const report = stream.reportOf(move);
          const name = move.pool === 0 ? a : b;
          once.hear(name, report);
          twice.hear(name, report);
          twice.hear(name, report);
        }
        stream.pass(tickMs);
        expect(JSON.stringify(twice.snapshot())).toBe(JSON.stringify(once.snapshot()));
      }),
    );
  });

  test('late, after a newer report, changes nothing', () => {
    const brain = makeUsedBrain();
    brain.hear(a, makeReport(nowMs + 5_000, { busy: 1, hot: 1 }));
    const before = JSON.stringify(brain.snapshot());
    brain.hear(a, makeReport(nowMs + 4_000, { events: visit(nowMs + 1_000, nowMs + 2_000), seq: nowMs }));
    expect(JSON.stringify(brain.snapshot())).toBe(before);
  });

  test('of one pool may be older than what another told: both are taken, and plans are sound', () => {
    const brain = makeBrain([{}, {}]);
    brain.hear(a, makeReport(nowMs + 900, { events: visit(nowMs + 700, nowMs + 800) }));
    brain.hear(b, makeReport(nowMs + 300, { events: visit(nowMs + 100, nowMs + 200) }));
    brain.tick(nowMs + 1_000);
    for (const name of [a, b]) expect(planOf(brain, name, nowMs + 1_000).keepHot).toBe(1);
  });

  test('of a load that was not told for want of room is made up for', () => {
    const brain = makeBrain();
    brain.hear(a, makeReport(nowMs, { busy: 2, truncated: true }));
    expect(brain.warmer.model.busy(0)).toBe(2);
  });

  test('is forecast from: arrivals reach the record of the pool that they came to', () => {
    const brain = makeBrain([{}, {}]);
    brain.hear(a, makeReport(nowMs, { events: visit(nowMs - 50_000, nowMs - 40_000) }));
    brain.tick(nowMs);
    const track = (at: number): unknown =>
      brain.forecasts.track(at, nowMs + 700_000).map(({ count }) => count);
    expect([track(0), track(1)]).toEqual([[1], []]);
    expect(brain.forecasts.forecast(0, nowMs)[2]?.meanCount).toBeGreaterThan(0);
  });
});

describe('a window that was asked for', () => {
  test('is obeyed to the millisecond: nothing is kept or brought up beside it', () => {
    fc.assert(
      fc.property(
        moves(1),
        fc.nat(1e6),
        fc.option(fc.nat(1e6)),
        fc.option(fc.nat(2)),
        (drawn, hot, parked, gpuBudget) => {
          const brain = makeBrain([{ hotIdleMs: hot, parkedIdleMs: parked }], { gpuBudget });
          const stream = new BrainStream(brain);
          stream.feedAll(drawn);
          const plan = planOf(brain, a, stream.nowMs);
          expect(plan).toMatchObject({ hotMinMs: hot, hotMaxMs: hot, warmTo: 0 });
          if (parked !== null)
            expect(plan).toMatchObject({ parkedMinMs: parked, parkedMaxMs: parked, parkTo: 0 });
        },
      ),
    );
  });
});

describe('a backend', () => {
  test.each([
    ['that refuses to start', { blockedUntilMs: nowMs + 1 }],
    ['that is out of reach', { downSinceMs: nowMs - 5 }],
  ])('%s is asked for nothing ahead of demand', (_, patch) => {
    const brain = makeUsedBrain([{ parking: false }]);
    expect(planOf(brain).warmTo).toBe(1);
    brain.hear(a, makeReport(nowMs, { ...patch, parked: 1 }));
    expect(planOf(brain)).toMatchObject({ warmTo: 0, parkTo: 0 });
  });

  test('that refused before its pool came to rest is tried again', () => {
    const brain = makeUsedBrain([{ parking: false }]);
    brain.hear(a, makeReport(nowMs, { blockedUntilMs: nowMs + 5_000, downSinceMs: nowMs }));
    expect(planOf(brain, a, nowMs + 2.5 * tickMs).warmTo).toBe(0);
    expect(planOf(brain, a, nowMs + 2.5 * tickMs + 1).warmTo).toBe(1);
  });
});

test('starts asked for ahead of demand never cost more than the share of what is paid in any case', () => {
  const share = 0.3;
  fc.assert(
    fc.property(moves(3), (drawn) => {
      const brain = makeBrain([{ parking: false }, {}, { hotMicrosPerSecond: 20 }], {
        switches: { speculation: share },
      });
      const stream = new BrainStream(brain);
      const issued = new Map<string, number>();
      for (const move of drawn) {
        stream.feed(move);
        for (const [at, name] of brain.poolNames.entries()) {
          const plan = planOf(brain, name, stream.nowMs);
          const { report, figures, issued: asked } = brain.pool(at);
          const isFresh = report !== null && stream.nowMs - report.nowMs <= 2.5 * tickMs;
          const { hot = 0, coming = 0, parked = 0, busy = 0 } = (isFresh ? report : null) ?? {};
          const starts = Math.max(
            0,
            Math.max(plan.warmTo, plan.parkTo) - Math.max(busy, hot + coming + parked),
          );
          expect(asked.starts).toBe(starts);
          issued.set(name, starts * figures.loadSeconds * (figures.price ?? 0));
        }
        const { speculated, grounded } = brain.poolNames
          .map((_, at) => brain.pool(at).spent)
          .reduce((sum, each) => ({
            speculated: sum.speculated + each.speculated,
            grounded: sum.grounded + each.grounded,
          }));
        const asked = [...issued.values()].reduce((sum, each) => sum + each, 0);
        if (asked > 0) expect(speculated + asked).toBeLessThanOrEqual(share * grounded * (1 + 1e-12));
      }
    }),
  );
});

describe('ski-rental', () => {
  test('decides while the guard’s account is empty, and says so', () => {
    const brain = makeUsedBrain([{ waitMicrosPerSecond: 10_000 }]);
    brain.hear(
      a,
      makeReport(nowMs, { speculation: { speculatedMs: 0, groundedMs: 1e12, useful: 0, wasted: 0 } }),
    );
    brain.tick(nowMs);
    expect(planOf(brain)).toMatchObject({
      keepHot: 0,
      warmTo: 0,
      because: /^ski rental: .* cost too much/,
      terms: [],
    });
    expect(planOf(brain).hotMinMs).toBeGreaterThan(0);
    expect(brain.warmer.guard.trips).toBe(1);
  });

  test('has an account as large as the starts are dear, by what was measured of them', () => {
    const most = (loadMs: number): number => {
      const brain = makeBrain([{ loadGuessMs: 10_000 }]);
      brain.hear(a, makeReport(nowMs, { loadMs }));
      brain.warmer.guard.book(0, 1e30);
      return brain.warmer.guard.balance;
    };
    expect(most(30_000) / most(10_000)).toBeCloseTo(3, 9);
  });

  test('decides where the forecast is no number, and says so', () => {
    const brain = makeUsedBrain();
    brain.warmer.model.hazard = () => NaN;
    expect(planOf(brain)).toMatchObject({ keepHot: 0, warmTo: 0, because: /^ski rental: .* no number/ });
  });
});

describe('a floor', () => {
  test('that nobody ever uses costs the forecast nothing: it would have been paid in any case', () => {
    const brain = makeBrain([{ floor: 2, waitMicrosPerSecond: 10_000 }, {}]);
    for (let tick = 0; tick < 600; tick += 1) {
      const atMs = nowMs + tick * tickMs;
      const speculation = { speculatedMs: 0, groundedMs: 2 * tick * tickMs, useful: 0, wasted: 0 };
      brain.hear(a, makeReport(atMs, { hot: 2, idle: 2, speculation }));
      brain.tick(atMs);
    }
    expect(brain.warmer.guard.trips).toBe(0);
    expect(planOf(brain, a, nowMs + 600 * tickMs).because).toMatch(/^floor of 2/);
  });

  test('is part of what a plan may not go below only in the pool itself; the plan speaks of what is beyond', () => {
    expect(makeBrain([{ floor: 1 }]).explain(0, nowMs)).toEqual([]);
  });
});

test('a pool may not have more than its maximum, and nothing beyond it is explained', () => {
  const brain = makeUsedBrain([{ replicasMax: 1 }], {}, { events: [], busy: 3 });
  brain.hear(a, makeReport(nowMs, { busy: 0 }));
  expect(planOf(brain)).toMatchObject({ keepHot: 1, keepParked: 1 });
  expect(brain.explain(0, nowMs).map(({ level }) => level)).toEqual([1]);
});

test('one tenant in two pools is one tenant: names are told apart, and none is nobody', () => {
  const brain = makeBrain([{}, {}]);
  for (let at = 0; at < 40; at += 1) {
    const fromMs = nowMs + at * 20_000;
    const pool = at % 2 === 0 ? a : b;
    brain.hear(pool, makeReport(fromMs + 5_000, { events: visit(fromMs, fromMs + 5_000, 'ann') }));
  }
  const { tenants } = brain.snapshot().warmer.model.tenants;
  expect(tenants).toHaveLength(1);
  brain.hear(a, makeReport(nowMs + 900_000, { events: visit(nowMs + 890_000, nowMs + 891_000, '') }));
  expect(brain.snapshot().warmer.model.tenants.tenants).toHaveLength(1);
});
