// A plan carried out on the rows: who is woken, started, parked and stopped, and what was begun ahead of demand.
import { describe, expect, test } from 'vitest';
import { emptyLedger, type PoolState, type Replica } from '../../../src/core/pool/pool-state.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import { PoolBench } from './pool-bench.ts';
import {
  acquire,
  commandsOf,
  decide,
  makeLease,
  makePlan,
  makeReplica,
  makeState,
  makeWaiter,
  phasesOf,
  t0,
} from './pool-fixtures.ts';

const roomy = { replicasMax: 4 };

function planned(
  replicas: readonly Replica[],
  plan: Partial<WarmthPlan>,
  state: Partial<PoolState> = {},
  settings: Partial<PoolSettings> = {},
) {
  const ledger = { ...emptyLedger, generation: 9, plan: makePlan(0, plan) };
  const from = makeState(replicas, { ledger, ...state });
  return decide(from, { kind: 'woke' }, { settings: { ...roomy, ...settings } });
}
const rows = (decision: { state: PoolState }): readonly Replica[] => [...decision.state.replicas.values()];

describe('what is brought up', () => {
  test('for those who wait is not ahead of demand, the rest is', () => {
    const waiting = ['p', 'q', 'r'].map((id) => makeWaiter(id));
    const decision = planned([makeReplica('parked')], { keepHot: 3, warmTo: 3 }, { waiting });
    expect(rows(decision)).toMatchObject([
      { phase: 'waking', ahead: false },
      { phase: 'starting', ahead: false },
      { phase: 'starting', ahead: true },
    ]);
  });

  test('for a floor is paid for in any case; what a plan wants beyond it is ahead of demand', () => {
    expect(rows(planned([], { keepHot: 2, warmTo: 2 }, {}, { floor: 1 }))).toMatchObject([
      { ahead: false, toPark: false },
      { ahead: true, toPark: false },
    ]);
  });

  test('to be parked is parked the moment it is loaded, and costs nothing hot', () => {
    const bench = new PoolBench({ replicasMax: 4 });
    bench.feed({ kind: 'plan', plan: makePlan(0, { keepParked: 1, parkTo: 1 }) });
    expect(bench.sole()).toMatchObject({ phase: 'starting', toPark: true, ahead: true });
    bench.answer('ready', 500);
    expect(bench.sole()).toMatchObject({ phase: 'parking', toPark: false, ahead: true });
    bench.answer('parked', 10);
    expect(bench.sole()).toMatchObject({ phase: 'parked', speculated: { hotMs: 510, parkedMs: 0 } });
  });

  test('to be parked serves a request that comes meanwhile, instead of another start', () => {
    const preparking = makeReplica('starting', { toPark: true, ahead: true });
    const asked = decide(makeState([preparking]), acquire('q'), { settings: roomy });
    expect(rows(asked)).toMatchObject([{ phase: 'starting', toPark: false, ahead: true }]);
    expect(commandsOf(asked)).toEqual([]);
  });

  test('to be parked stays hot where a replica is wanted by the time it is loaded', () => {
    const bench = new PoolBench({ floor: 0 });
    bench.feed({ kind: 'plan', plan: makePlan(0, { keepParked: 1, parkTo: 1 }) });
    bench.feed({ kind: 'plan', plan: makePlan(1, { keepParked: 1, parkTo: 1 }) });
    bench.answer('ready');
    expect(bench.sole()).toMatchObject({ phase: 'hot', toPark: false });
  });

  test('is tried again when starts are not blocked any more, also for the parked', () => {
    const backoff = { failures: 1, untilMs: t0 + 700, reason: '' };
    const plan = makePlan(0, { keepParked: 1, parkTo: 1 });
    const blocked = planned([], {}, { ledger: { ...emptyLedger, plan, backoff } });
    expect(blocked).toMatchObject({ effects: [], wakeMs: t0 + 700 });
  });

  test('is not stopped with what was begun for who waited, when the backend is away', () => {
    const down = { downSinceMs: t0 - 5_000, reason: 'away' };
    const replicas = [makeReplica('starting'), makeReplica('starting', { generation: 2, ahead: true })];
    const decision = planned(replicas, {}, { backend: down, waiting: [makeWaiter('q')] });
    expect(phasesOf(decision)).toEqual(['stopping', 'starting']);
  });
});

describe('a backend that cannot park', () => {
  test('is not asked again: what is idle is stopped, and nothing is started to be parked', () => {
    const bench = new PoolBench({ replicasMax: 1 });
    bench.feed({ kind: 'plan', plan: makePlan(0, { keepParked: 1, parkTo: 1 }) });
    bench.answer('ready');
    const { id: replicaId, generation } = bench.sole();
    const failure = { kind: 'unsupported' as const, message: 'no' };
    bench.feed({
      kind: 'command-done',
      command: 'park',
      replicaId,
      generation,
      result: { ok: false, failure },
    });
    expect(bench.sole().phase).toBe('stopping');
    bench.answer('ready');
    expect(bench.state.replicas.size).toBe(0);
    expect(bench.wakeMs).toBeNull();
    bench.ask('q');
    bench.answer('ready');
    expect(bench.state.cannotPark).toBe(true);
  });
});

describe('what is put away', () => {
  const idle = (generation: number, ms: number) =>
    makeReplica('hot', { generation, idleSinceMs: t0 - ms, createdMs: t0 - ms, chargedToMs: t0 - ms });

  test('is what exceeds the plan, the longest idle first, exactly at its window', () => {
    const three = [idle(1, 400), idle(2, 500), idle(3, 300)];
    const plan = { keepHot: 1, hotMinMs: 400 };
    const decision = planned(three, plan);
    expect(phasesOf(decision)).toEqual(['parking', 'parking', 'hot']);
    const two = planned([idle(1, 399), idle(2, 398)], plan);
    expect(phasesOf(two)).toEqual(['hot', 'hot']);
    expect(two.wakeMs).toBe(t0 + 1);
  });

  test('is what a plan keeps, once past its longer window', () => {
    const plan = { keepHot: 2, hotMaxMs: 10_400 };
    expect(planned([idle(1, 10_399)], plan).wakeMs).toBe(t0 + 1);
    expect(phasesOf(planned([idle(1, 10_400)], plan))).toEqual(['parking']);
  });

  test('is a parked one, past the window of the plan, beyond what it keeps', () => {
    const parked = (generation: number, ms: number) =>
      makeReplica('parked', { generation, phaseSinceMs: t0 - ms });
    const plan = { keepParked: 1, parkedMinMs: 400 };
    expect(phasesOf(planned([parked(1, 400), parked(2, 900)], plan))).toEqual(['parked', 'stopping']);
    const busy = makeReplica('hot', { generation: 3, leases: [makeLease('x')] });
    expect(phasesOf(planned([parked(1, 400), busy], plan))).toEqual(['stopping', 'hot']);
  });
});
