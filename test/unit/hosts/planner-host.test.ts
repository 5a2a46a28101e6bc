// One round of the planner: each pool that is awake or has a floor is asked, priced and told; one that rests is let be.
import { expect, test } from 'vitest';
import { planPools, type PlannerPorts } from '../../../src/hosts/planner-host.ts';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { viewPool } from '../../../src/core/pool/view-pool.ts';
import type { Replica } from '../../../src/core/pool/pool-state.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import { settings } from '../pool/pool-bench.ts';
import { makeReplica, makeState, makeWaiter, t0 } from '../pool/pool-fixtures.ts';

type Told = Parameters<PlannerPorts['plan']>[1] & { readonly pool: string };

interface World {
  readonly floor?: number;
  readonly perSecond?: number;
  readonly replicas?: readonly Replica[];
  readonly waiting?: number;
  /** Pools that do not answer, or never end to. */
  readonly broken?: readonly string[];
  readonly silent?: readonly string[];
  readonly waitCost?: number;
}

function makePorts(names: readonly string[], world: World = {}): { ports: PlannerPorts; told: Told[] } {
  const told: Told[] = [];
  const figures = (pool: string): PoolSettings => ({ ...settings, pool, floor: world.floor ?? 0 });
  const waiting = Array.from({ length: world.waiting ?? 0 }, (_, index) => makeWaiter(`q${index}`));
  const state = makeState(world.replicas ?? [], { waiting });
  const ports: PlannerPorts = {
    forecaster: {
      name: 'fixed',
      forecast: (history) => ({ perSecond: world.perSecond ?? 0, because: `${history.length} minutes seen` }),
    },
    waitCostMicrosPerSecond: world.waitCost ?? 1_000_000,
    settings: () => names.map(figures),
    view: (pool) => {
      if (world.broken?.includes(pool) === true) return Promise.reject(new Error('restarted'));
      if (world.silent?.includes(pool) === true) return new Promise(() => undefined);
      return Promise.resolve(viewPool(figures(pool), state, t0, null));
    },
    arrivals: () => Promise.resolve([{ minute: 1, count: 1 }]),
    plan: async (pool, plan) => void told.push({ pool, ...plan }),
  };
  return { ports, told };
}

test('a pool that is awake gets a plan that outlives one missed round, with its reason', async () => {
  const { ports, told } = makePorts(['p'], { perSecond: 1, replicas: [makeReplica('hot')] });
  expect(await planPools(['p'], t0, ports)).toEqual({ planned: ['p'], atRest: [] });
  expect(told).toMatchObject([{ pool: 'p', keepHot: 2, warmTo: 2, untilMs: t0 + 90_000 }]);
  expect(told[0]?.because).toMatch(/^1 minutes seen: 100 % chance/);
});

test('a pool that is awake and worth nothing is told so, and stays on the list until it rests', async () => {
  const { ports, told } = makePorts(['p'], { replicas: [makeReplica('parked')] });
  expect(await planPools(['p'], t0, ports)).toEqual({ planned: ['p'], atRest: [] });
  expect(told).toMatchObject([{ keepHot: 0, warmTo: 0 }]);
});

test.each<[string, World, 'planned' | 'atRest']>([
  ['has nothing and nothing to come', {}, 'atRest'],
  ['has a request that waits', { waiting: 1 }, 'planned'],
  ['has a replica left', { replicas: [makeReplica('stopping')] }, 'planned'],
  ['is expected to be asked', { perSecond: 1 }, 'planned'],
  ['has a floor', { floor: 1 }, 'planned'],
])('a pool that %s is %3$s', async (_, world, outcome) => {
  const { ports, told } = makePorts(['p'], world);
  const round = await planPools(['p'], t0, ports);
  expect(round).toEqual({ planned: [], atRest: [], [outcome]: ['p'] });
  expect(told).toHaveLength(outcome === 'planned' ? 1 : 0);
});

test('a pool with a floor is planned for though it never woke; one without is not touched', async () => {
  const floored = makePorts(['p'], { floor: 1 });
  expect((await planPools([], t0, floored.ports)).planned).toEqual(['p']);
  const plain = makePorts(['p'], { perSecond: 99 });
  expect(await planPools([], t0, plain.ports)).toEqual({ planned: [], atRest: [] });
});

test('a pool that is on the list twice, or has a floor besides, is planned for once', async () => {
  const { ports, told } = makePorts(['p'], { floor: 1 });
  await planPools(['p', 'p'], t0, ports);
  expect(told).toHaveLength(1);
});

test('a pool that left the configuration is let be', async () => {
  const { ports, told } = makePorts([]);
  expect(await planPools(['gone@1~here'], t0, ports)).toEqual({ planned: [], atRest: ['gone@1~here'] });
  expect(told).toEqual([]);
});

test('a pool that fails is left for the next round, and the others get their plans', async () => {
  const { ports, told } = makePorts(['a', 'b'], { perSecond: 1, broken: ['a'] });
  expect(await planPools(['a', 'b'], t0, ports)).toEqual({ planned: ['b'], atRest: [] });
  expect(told.map(({ pool }) => pool)).toEqual(['b']);
});

test('a pool that never answers keeps no other from its plan', async () => {
  const { ports, told } = makePorts(['a', 'b'], { perSecond: 1, silent: ['a'] });
  void planPools(['a', 'b'], t0, ports);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  expect(told.map(({ pool }) => pool)).toEqual(['b']);
});

test('the cold wait is what the pool measured, and five seconds before it measured any', async () => {
  const because = async (replicas: readonly Replica[]): Promise<string> => {
    const { ports, told } = makePorts(['p'], { replicas, waiting: 1 });
    await planPools(['p'], t0, ports);
    return told[0]?.because ?? '';
  };
  expect(await because([])).toContain('a cold wait of 5.0 s');
  const slow = [
    makeReplica('parked', { loadMs: 800 }),
    makeReplica('parked', { generation: 2, loadMs: 2_300 }),
  ];
  expect(await because(slow)).toContain('a cold wait of 2.3 s');
});

test('longer requests need more replicas at the same rate', async () => {
  const planned = async (busyMs: number): Promise<number> => {
    const { ports, told } = makePorts(['p'], { perSecond: 0.2, waitCost: 10_000 });
    const life = { busyMs, idleMs: 0, loadingMs: 0, parkedMs: 0 };
    const ledger = {
      ...emptyLedger,
      past: { replicas: 1, life },
      served: { hot: 10, parked: 0, cold: 0, failed: 0 },
    };
    const view = viewPool({ ...settings, pool: 'p' }, makeState([], { ledger }), t0, null);
    await planPools(['p'], t0, { ...ports, view: () => Promise.resolve(view) });
    return told[0]?.keepHot ?? 0;
  };
  expect(await planned(1_000)).toBe(1);
  expect(await planned(200_000)).toBe(2);
});
