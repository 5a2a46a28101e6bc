// What operators see: the same figures that decisions are made from, whole to the millisecond, and their price.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyLedger, type Life } from '../../../src/core/pool/pool-state.ts';
import { costMicros, viewPool } from '../../../src/core/pool/view-pool.ts';
import type { ReplicaPhase } from '../../../src/core/pool/pool-view.ts';
import { settings } from './pool-bench.ts';
import { makeLease, makePlan, makeReplica, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

const phases: ReplicaPhase[] = ['starting', 'hot', 'draining', 'parking', 'parked', 'waking', 'stopping'];
const past = { replicas: 3, life: { busyMs: 1, idleMs: 20, loadingMs: 300, parkedMs: 4_000 } };

test('busy, idle, loading and parked are the whole life, of each replica and of the pool, at any moment', () => {
  const replica = fc.record({
    phase: fc.constantFrom(...phases),
    age: fc.nat(100_000),
    leased: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(replica), fc.nat(100_000), (drawn, laterMs) => {
      const nowMs = t0 + laterMs;
      const replicas = drawn.map(({ phase, age, leased }, index) =>
        makeReplica(phase, {
          generation: index + 1,
          createdMs: t0 - age,
          chargedToMs: t0 - age,
          leases: leased ? [makeLease('x')] : [],
        }),
      );
      const state = makeState(replicas, { ledger: { ...emptyLedger, past } });
      const view = viewPool(settings, state, nowMs, null);
      for (const { life, createdMs } of view.replicas) {
        expect(life.busyMs + life.idleMs + life.loadingMs + life.parkedMs).toBe(nowMs - createdMs);
        expect(life.lifetimeMs).toBe(nowMs - createdMs);
      }
      const lived = view.replicas.reduce((sum, { life }) => sum + life.lifetimeMs, 0);
      expect(view.life.lifetimeMs).toBe(lived + 4_321);
      const { hot, loading, parked, stopping } = view.counts;
      expect(hot + loading + parked + stopping).toBe(drawn.length);
    }),
  );
});

test.each<[keyof Life, number]>([
  ['busyMs', 200],
  ['idleMs', 200],
  ['loadingMs', 200],
  ['parkedMs', 20],
])('a second of %s costs %d micro-dollars', (bucket, cost) => {
  const prices = { ...settings, hotMicrosPerSecond: 200, parkedMicrosPerSecond: 20 };
  const life = { busyMs: 0, idleMs: 0, loadingMs: 0, parkedMs: 0, [bucket]: 1_000 };
  expect(costMicros(prices, life)).toBe(cost);
});

test('the price of a pool is that of its whole past and present, rounded once', () => {
  const prices = { ...settings, hotMicrosPerSecond: 1, parkedMicrosPerSecond: 1 };
  const replicas = [1, 2, 3].map((generation) => makeReplica('hot', { generation }));
  const view = viewPool(prices, makeState(replicas), t0 + 400, null);
  // Three times 0.4: rounded one by one it would be nothing.
  expect(view.costMicros).toBe(1);
});

test.each<[ReplicaPhase, string]>([
  ['starting', 'loading'],
  ['waking', 'loading'],
  ['hot', 'hot'],
  ['draining', 'hot'],
  ['parking', 'parked'],
  ['parked', 'parked'],
  ['stopping', 'stopping'],
])('a replica that is %s counts as %s', (phase, count) => {
  const { counts } = viewPool(settings, makeState([makeReplica(phase)]), t0, null);
  expect(counts).toEqual({ hot: 0, loading: 0, parked: 0, stopping: 0, [count]: 1 });
});

test('queue, target, backoff and counts are those of the state, without what has run out', () => {
  const ledger = {
    ...emptyLedger,
    past,
    plan: makePlan(2, { untilMs: t0 + 50 }),
    backoff: { failures: 1, untilMs: t0 + 60, reason: 'broken' },
    served: { hot: 5, parked: 2, cold: 1, failed: 3 },
    granted: 4,
  };
  const waiting = [makeWaiter('p'), makeWaiter('q', { enqueuedMs: t0 + 10 })];
  const state = makeState([], { ledger, waiting });
  const early = viewPool(settings, state, t0 + 40, t0 + 60);
  expect(early).toMatchObject({
    pool: 'm@1~here',
    queue: { waiting: 2, max: 4, oldestWaitMs: 40 },
    target: {
      replicas: 2,
      because: 'planned: lunch',
      planned: { replicas: 2, untilMs: t0 + 50, because: 'lunch' },
    },
    plan: ledger.plan,
    backoff: ledger.backoff,
    requests: { served: 8, hot: 5, parked: 2, cold: 1, failed: 3 },
    past: { replicas: 3, life: { lifetimeMs: 4_321 } },
    granted: 4,
    nextWakeMs: t0 + 60,
  });
  const late = viewPool(settings, state, t0 + 60, null);
  expect(late).toMatchObject({ target: { replicas: 1, planned: null }, plan: null, backoff: null });
});

test('a replica shows its slots, its leases and what the backend measured', () => {
  const replica = makeReplica('hot', { leases: [makeLease('x')], loadMs: 700, wakeMs: 40 });
  const { replicas } = viewPool(settings, makeState([replica]), t0 + 5, null);
  expect(replicas).toEqual([
    {
      id: 'm-1-here-1',
      generation: 1,
      phase: 'hot',
      phaseSinceMs: t0,
      createdMs: t0,
      slots: 2,
      leasedSlots: 1,
      life: { busyMs: 5, idleMs: 0, loadingMs: 0, parkedMs: 0, lifetimeMs: 5 },
      loadMs: 700,
      wakeMs: 40,
      circuit: null,
    },
  ]);
});
