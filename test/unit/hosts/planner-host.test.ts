// One round of the planner: each pool that is awake is heard, the brain ticks once, each that is worth it is told its plan; one that
// rests and is worth nothing is let be.
import { expect, test } from 'vitest';
import { planRound, type PlannerPorts } from '../../../src/hosts/planner-host.ts';
import type { DemandReport } from '../../../src/core/pool/demand-report.ts';
import type { BrainPool } from '../../../src/core/warming/brain-settings.ts';
import type { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import type { WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import { makeBrain, makeReport, makeUsedBrain, monday, visit } from '../warming/brain-fixtures.ts';

const nowMs = monday + 60_000;
const a = 'a@1~here';
const b = 'b@1~here';
/** Nobody pays for waiting: nothing is kept or brought up. */
const worthless: Partial<BrainPool> = { waitMicrosPerSecond: 0 };

interface World {
  readonly ports: PlannerPorts;
  readonly told: { readonly pool: string; readonly plan: WarmthPlan }[];
  readonly asked: (readonly [pool: string, sinceSeq: number])[];
}

function makeWorld(reports: Readonly<Record<string, Partial<DemandReport>>> = {}): World {
  const told: World['told'] = [];
  const asked: World['asked'] = [];
  const ports: PlannerPorts = {
    report: (pool, sinceSeq) => {
      asked.push([pool, sinceSeq]);
      return Promise.resolve(makeReport(nowMs, reports[pool]));
    },
    plan: async (pool, plan) => void told.push({ pool, plan }),
  };
  return { ports, told, asked };
}

test('a pool that is awake is heard from where it was last heard, and told a plan that outlives two missed rounds', async () => {
  const { ports, told, asked } = makeWorld({ [a]: { hot: 1, idle: 1 } });
  const brain = makeUsedBrain();
  const before = brain.heardSeq(a);
  expect(await planRound(brain, [a], nowMs, ports)).toEqual({ planned: [a], atRest: [] });
  expect(asked).toEqual([[a, before]]);
  expect(told).toMatchObject([{ pool: a, plan: { keepHot: 1, untilMs: nowMs + 150_000 } }]);
  expect(told[0]?.plan.because).toMatch(/^replica 1 is kept: needed in the next minute/);
});

test('the clock ticks once a round, after all pools were heard', async () => {
  const { ports } = makeWorld({ [a]: { events: visit(nowMs - 900, nowMs - 100) } });
  const brain = makeBrain([{}, {}]);
  await planRound(brain, [a, b], nowMs, ports);
  expect(brain.ticks).toBe(1);
  expect(brain.warmer.model.highest(0)).toBe(1);
});

test.each<[string, Partial<BrainPool>, Partial<DemandReport>, 'planned' | 'atRest']>([
  ['has nothing and is worth nothing', worthless, {}, 'atRest'],
  ['has a request that waits', worthless, { waiting: 1, busy: 1 }, 'planned'],
  ['has a replica on its way', worthless, { coming: 1 }, 'planned'],
  ['has a parked replica', worthless, { parked: 1 }, 'planned'],
  ['has nothing, and is worth warming', {}, {}, 'planned'],
  ['has nothing but a floor', { ...worthless, floor: 1 }, {}, 'planned'],
])('a pool that %s is %4$s', async (_, pool, report, outcome) => {
  const { ports, told } = makeWorld({ [a]: report });
  const round = await planRound(makeUsedBrain([pool]), [a], nowMs, ports);
  expect(round).toEqual({ planned: [], atRest: [], [outcome]: [a] });
  expect(told).toHaveLength(outcome === 'planned' ? 1 : 0);
});

test('pools at rest are not asked; one of them is warmed ahead of demand, or held by its floor, all the same', async () => {
  const { ports, told, asked } = makeWorld();
  const brain = makeUsedBrain([{ parking: false }, { ...worthless, floor: 1 }, worthless]);
  const round = await planRound(brain, [], nowMs, ports);
  expect(asked).toEqual([]);
  expect(round).toEqual({ planned: [a, b], atRest: [] });
  expect(told).toMatchObject([{ plan: { warmTo: 1 } }, { plan: { because: /floor of 1/ } }]);
});

test('a pool that left the configuration is let be', async () => {
  const { ports, told } = makeWorld();
  expect(await planRound(makeBrain(), ['gone@1~here'], nowMs, ports)).toEqual({
    planned: [],
    atRest: ['gone@1~here'],
  });
  expect(told).toEqual([]);
});

test('a pool that cannot be heard is left for the next round, and the others get their plans', async () => {
  const { ports, told } = makeWorld({ [b]: { hot: 1 } });
  const broken: PlannerPorts = {
    ...ports,
    report: (pool, sinceSeq) =>
      pool === a ? Promise.reject(new Error('restarted')) : ports.report(pool, sinceSeq),
  };
  expect(await planRound(makeUsedBrain([{}, {}]), [a, b], nowMs, broken)).toEqual({
    planned: [b],
    atRest: [],
  });
  expect(told.map(({ pool }) => pool)).toEqual([b]);
});

test('a pool that cannot be told is neither planned for nor at rest', async () => {
  const { ports } = makeWorld({ [a]: { hot: 1 } });
  const broken: PlannerPorts = { ...ports, plan: () => Promise.reject(new Error('restarted')) };
  expect(await planRound(makeUsedBrain(), [a], nowMs, broken)).toEqual({ planned: [], atRest: [] });
});

test('no more than 32 pools are spoken to at once, and one that is slow keeps no other from being heard', async () => {
  const names = Array.from({ length: 100 }, (_, at) => `p${at}@1~here`);
  const brain: PlannerBrain = makeBrain(names.map((pool) => ({ pool })));
  const { ports } = makeWorld();
  const slow = Promise.withResolvers<undefined>();
  let open = 0;
  let most = 0;
  let heard = 0;
  const counted = async <T>(call: Promise<T>): Promise<T> => {
    open += 1;
    most = Math.max(most, open);
    const value = await call;
    open -= 1;
    return value;
  };
  const round = planRound(brain, names, nowMs, {
    report: async (pool, sinceSeq) => {
      const report = await counted(
        pool === names[0]
          ? slow.promise.then(() => ports.report(pool, sinceSeq))
          : ports.report(pool, sinceSeq),
      );
      heard += 1;
      return report;
    },
    plan: (pool, plan) => counted(ports.plan(pool, plan)),
  });
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  expect(heard).toBe(99);
  slow.resolve(undefined);
  expect((await round).atRest).toHaveLength(100);
  expect(most).toBe(32);
});
