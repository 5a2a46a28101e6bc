// What a brain has learned survives being written down: the same plans and the same view, with pools that came or went since.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlannerBrain, type BrainSnapshot } from '../../../src/core/warming/planner-brain.ts';
import { retiredPool } from '../../../src/core/warming/brain-settings.ts';
import { viewPlanner, viewWarmth } from '../../../src/core/warming/view-warmth.ts';
import { makeBrain, makeBrainPool, makeReport, makeUsedBrain, monday, tickMs } from './brain-fixtures.ts';
import { BrainStream, moves } from './brain-stream.ts';

const a = 'a@1~here';
const nowMs = monday + tickMs;

function copyOf(brain: PlannerBrain): BrainSnapshot {
  return JSON.parse(JSON.stringify(brain.snapshot())) as BrainSnapshot;
}

test('a brain that is written down and read again goes on as if it had not been', () => {
  const budget = fc.option(fc.nat(4));
  fc.assert(
    fc.property(moves(3), moves(3), budget, (before, after, gpuBudget) => {
      const pools = [{}, { floor: 1 }, { parking: false, waitMicrosPerSecond: 10_000 }];
      const brain = makeBrain(pools, { gpuBudget });
      const again = makeBrain(pools, { gpuBudget });
      const stream = new BrainStream(brain);
      stream.feedAll(before);
      expect(again.restore(copyOf(brain))).toBe(true);
      expect(JSON.stringify(again.snapshot())).toBe(JSON.stringify(brain.snapshot()));
      // What pools report is not written down: they report again.
      const both = new BrainStream(brain, again);
      both.nowMs = stream.nowMs + 2.5 * tickMs + 1;
      for (const pool of [0, 1, 2])
        both.feed({
          pool,
          busy: 0,
          hot: 1,
          parked: 0,
          coming: 0,
          grounded: 9e6,
          speculated: 0,
          tenant: '',
          isBlocked: false,
          loadMs: null,
          passedMs: 1,
        });
      both.feedAll(after);
      both.pass(tickMs);
      for (const name of brain.poolNames)
        expect(viewWarmth(again, name, both.nowMs)).toEqual(viewWarmth(brain, name, both.nowMs));
      expect(viewPlanner(again, both.nowMs)).toEqual(viewPlanner(brain, both.nowMs));
    }),
    { numRuns: 40 },
  );
}, 20_000);

describe('pools', () => {
  test('that are new stand at the end; those that are known keep what was learned of them', () => {
    const brain = makeUsedBrain();
    const more = makeBrain([{}, {}]);
    expect(more.restore(copyOf(brain))).toBe(true);
    expect(more.plan(a, nowMs)).toMatchObject({ keepHot: 1 });
    expect(more.plan('b@1~here', nowMs)).toMatchObject({ keepHot: 0 });
    more.hear('b@1~here', makeReport(nowMs, { busy: 1 }));
    expect(more.plan('b@1~here', nowMs)).toMatchObject({ keepHot: 1 });
  });

  test('that left keep their place and get nothing', () => {
    const brain = makeUsedBrain([{}, {}]);
    const fewer = new PlannerBrain({
      pools: [retiredPool(a), makeBrainPool({ pool: 'b@1~here' })],
      tickMs,
      gpuBudget: 5,
    });
    expect(fewer.restore(copyOf(brain))).toBe(true);
    fewer.tick(nowMs + tickMs);
    fewer.hear(a, makeReport(nowMs + tickMs, { busy: 1, hot: 2 }));
    expect(fewer.plan(a, nowMs + tickMs)).toMatchObject({
      keepHot: 0,
      warmTo: 0,
      keepParked: 0,
      parkTo: 0,
      hotMaxMs: 0,
    });
    expect(fewer.plan('b@1~here', nowMs + tickMs)).toMatchObject({ keepHot: 1 });
  });

  test('in another order, or under other names, are not taken for one another', () => {
    const snapshot = copyOf(makeUsedBrain([{}, {}]));
    expect(makeBrain([{ pool: 'b@1~here' }, { pool: a }]).restore(snapshot)).toBe(false);
    expect(makeBrain([{}]).restore(snapshot)).toBe(false);
  });
});

test('other prices change what is paid from now on, not the account of the past', () => {
  const brain = makeUsedBrain([{ waitMicrosPerSecond: 10_000 }]);
  const speculation = { speculatedMs: 0, groundedMs: 1_010_000, useful: 0, wasted: 0 };
  brain.hear(a, makeReport(nowMs, { speculation }));
  brain.tick(nowMs);
  const dearer = makeBrain([{ waitMicrosPerSecond: 10_000, hotMicrosPerSecond: 200_000 }]);
  expect(dearer.restore(copyOf(brain))).toBe(true);
  dearer.hear(a, makeReport(nowMs + 1, { speculation }));
  dearer.tick(nowMs + tickMs);
  const { balance, trips } = dearer.warmer.guard.snapshot();
  expect([balance, trips]).toEqual([brain.warmer.guard.balance, 0]);
});

describe('a record', () => {
  const snapshot = copyOf(makeUsedBrain());

  test.each<[string, Partial<Record<keyof BrainSnapshot, unknown>>]>([
    ['another version', { version: 2 }],
    ['no count of ticks', { ticks: null }],
    ['another tick', { warmer: { ...snapshot.warmer, model: { ...snapshot.warmer.model, tickMs: 1 } } }],
    ['a balance that is no number', { warmer: { ...snapshot.warmer, guard: { balance: null } } }],
    ['a pool without figures', { pools: [{ ...snapshot.pools[0], week: {} }] }],
  ])('with %s is not taken', (_, patch) => {
    expect(makeBrain().restore({ ...snapshot, ...patch } as BrainSnapshot)).toBe(false);
  });

  test('whose forecasts do not fit keeps what plans are made from', () => {
    const again = makeBrain();
    const forecasts = { ...snapshot.forecasts, shared: { version: 1 as const, state: [1] } };
    expect(again.restore({ ...snapshot, forecasts })).toBe(true);
    expect(again.plan(a, nowMs)).toMatchObject({ keepHot: 1 });
    again.hear(a, makeReport(nowMs + 1));
    expect(again.forecasts.forecast(0, nowMs + 2)).toHaveLength(3);
  });
});

test('a pool that was busy when the brain was written down and is not heard of any more is at rest at the next tick', () => {
  const brain = makeBrain([{}]);
  const event = { kind: 'level', seq: nowMs, atMs: nowMs, busy: 2 } as const;
  brain.hear(a, makeReport(nowMs, { events: [event], busy: 2, hot: 2 }));
  const again = makeBrain([{}]);
  expect(again.restore(copyOf(brain))).toBe(true);
  expect(again.warmer.model.busy(0)).toBe(2);
  again.tick(nowMs + tickMs);
  expect(again.warmer.model.busy(0)).toBe(0);
});
