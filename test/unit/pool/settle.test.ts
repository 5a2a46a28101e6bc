// After every event: what has run out is dropped, slots are handed out, what is wanted is brought up, what is not is let go.
import { describe, expect, test } from 'vitest';
import { emptyLedger, type PoolState, type Replica } from '../../../src/core/pool/pool-state.ts';
import { countComing } from '../../../src/core/pool/warm-pool.ts';
import { openDraft } from '../../../src/core/pool/draft.ts';
import { settings } from './pool-bench.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import {
  commandsOf,
  decide,
  effectsOf,
  makeLease,
  makePlan,
  makeReplica,
  makeState,
  makeWaiter,
  phasesOf,
  t0,
} from './pool-fixtures.ts';

interface Given {
  readonly state?: Partial<PoolState>;
  readonly settings?: Partial<PoolSettings>;
  readonly atMs?: number;
}

const settled = (replicas: readonly Replica[], given: Given = {}) =>
  decide(makeState(replicas, given.state), { kind: 'woke' }, given);

const planOf = (replicas: number, untilMs = t0 + 99_000) => ({
  ledger: { ...emptyLedger, generation: 9, plan: makePlan(replicas, { untilMs }) },
});

describe('what has run out', () => {
  test('a lease that ended frees its slot and begins the idle window', () => {
    const replica = makeReplica('hot', { leases: [makeLease('x', { expiresMs: t0 + 5 })] });
    const decision = settled([replica], { atMs: t0 + 5 });
    expect([...decision.state.replicas.values()]).toMatchObject([
      { leases: [], idleSinceMs: t0 + 5, life: { busyMs: 5 } },
    ]);
  });

  test('a lease beside one that goes on leaves the replica busy', () => {
    const leases = [makeLease('x', { expiresMs: t0 + 5 }), makeLease('y')];
    const decision = settled([makeReplica('hot', { leases })], { atMs: t0 + 6 });
    expect([...decision.state.replicas.values()]).toMatchObject([
      { leases: [{ id: 'y' }], idleSinceMs: t0, life: { busyMs: 6 } },
    ]);
  });

  test('a request past its deadline is refused before it could be granted', () => {
    const waiting = [makeWaiter('late', { deadlineMs: t0 })];
    const decision = settled([makeReplica('hot')], { state: { waiting } });
    expect(decision.effects).toEqual([{ kind: 'refuse', waiterId: 'late', refusal: { kind: 'deadline' } }]);
  });

  test('a plan past its time is forgotten', () => {
    expect(settled([], { state: planOf(2, t0) }).state.ledger.plan).toBeNull();
  });
});

describe('slots', () => {
  test('are contended while somebody is left waiting, and only then', () => {
    const contended = (count: number) => {
      const waiting = Array.from({ length: count }, (_, index) => makeWaiter(`q${index}`));
      const given = { state: { waiting }, settings: { replicasMax: 1 } };
      return effectsOf(settled([makeReplica('hot')], given), 'grant').map(({ grant }) => grant.contended);
    };
    expect(contended(2)).toEqual([false, false]);
    expect(contended(3)).toEqual([true, true]);
  });

  test.each(['starting', 'draining', 'parking', 'parked', 'waking', 'stopping'] as const)(
    'of a replica that is %s are not given out',
    (phase) => {
      const given = { state: { waiting: [makeWaiter('q')] } };
      expect(effectsOf(settled([makeReplica(phase)], given), 'grant')).toEqual([]);
    },
  );

  test.each<[string, Partial<Replica>, string]>([
    ['hot', { hotSinceMs: t0 - 1 }, 'hot'],
    ['hot in the same moment', { hotSinceMs: t0 }, 'hot'],
    ['started for it', { hotSinceMs: t0 + 1, broughtBy: 'start' }, 'cold'],
    ['woken for it', { hotSinceMs: t0 + 1, broughtBy: 'wake' }, 'parked'],
  ])('on a replica that was %s have that warmth', (_, patch, warmth) => {
    const decision = settled([makeReplica('hot', patch)], {
      state: { waiting: [makeWaiter('q')] },
      atMs: t0 + 2,
    });
    expect(effectsOf(decision, 'grant')).toMatchObject([{ grant: { warmth } }]);
    expect(decision.state.ledger.served).toMatchObject({ [warmth]: 1 });
  });
});

describe('what is wanted', () => {
  test('is woken before it is started, the last parked first', () => {
    const parked = [
      makeReplica('parked', { phaseSinceMs: t0 - 5 }),
      makeReplica('parked', { generation: 2, phaseSinceMs: t0 - 2 }),
    ];
    const decision = settled(parked, { state: { waiting: [makeWaiter('q')] } });
    expect(commandsOf(decision)).toEqual(['wake m-1-here-2']);
  });

  test('is started once, not again while it comes', () => {
    const given = { state: { waiting: [makeWaiter('q')] } };
    const first = settled([], given);
    expect(commandsOf(first)).toEqual(['start m-1-here-1']);
    expect(commandsOf(decide(first.state, { kind: 'woke' }))).toEqual([]);
  });

  test('is started in one go, as many as are needed', () => {
    const waiting = ['p', 'q', 'r'].map((id) => makeWaiter(id));
    expect(commandsOf(settled([], { state: { waiting } }))).toEqual(['start m-1-here-1', 'start m-1-here-2']);
  });

  test('waits for the process that is on its way out where no more may live', () => {
    const given = { state: { waiting: [makeWaiter('q')] }, settings: { replicasMax: 1 } };
    const decision = settled([makeReplica('stopping')], given);
    expect(phasesOf(decision)).toEqual(['stopping']);
    expect(decision.state.waiting).toHaveLength(1);
  });

  test.each(['starting', 'waking', 'hot'] as const)('counts what is %s as coming', (phase) => {
    expect(countComing(openDraft(settings, makeState([makeReplica(phase)]), t0))).toBe(1);
  });

  test.each(['draining', 'parking', 'parked', 'stopping'] as const)('does not count what is %s', (phase) => {
    expect(countComing(openDraft(settings, makeState([makeReplica(phase)]), t0))).toBe(0);
  });
});

describe('who waits for what cannot come', () => {
  const waiting = [makeWaiter('q')];
  const down = { downSinceMs: t0 - 2_000, reason: 'away' };
  const backoff = { failures: 1, untilMs: t0 + 700, reason: 'broken' };
  const blocked = { ledger: { ...emptyLedger, generation: 1, backoff } };

  test.each<[string, readonly Replica[], Partial<PoolState>, string | null]>([
    ['a backend away for too long', [makeReplica('starting')], { backend: down }, 'backend-down'],
    [
      'a backend away for a moment',
      [makeReplica('starting')],
      { backend: { ...down, downSinceMs: t0 - 1_999 } },
      null,
    ],
    ['starts that are blocked', [], blocked, 'cannot-start'],
    ['starts that are blocked while one comes', [makeReplica('waking')], blocked, null],
    ['starts that are blocked while one is about to be parked', [makeReplica('parking')], blocked, null],
    ['starts that are blocked while one may turn out to live', [makeReplica('draining')], blocked, null],
    ['starts that are blocked while one ends', [makeReplica('stopping')], blocked, 'cannot-start'],
  ])('%s', (_, replicas, state, refusal) => {
    const decision = settled(replicas, { state: { waiting, ...state } });
    expect(effectsOf(decision, 'refuse').map((effect) => effect.refusal.kind)).toEqual(
      refusal === null ? [] : [refusal],
    );
    expect(decision.state.waiting).toHaveLength(refusal === null ? 1 : 0);
  });

  test('waits on beside a hot replica, even while the backend is away', () => {
    const full = makeReplica('hot', { leases: [makeLease('x'), makeLease('y')] });
    const given = { state: { waiting, backend: down }, settings: { replicasMax: 1 } };
    expect(settled([full], given).state.waiting).toHaveLength(1);
  });

  test('is told when a start may be tried again', () => {
    const decision = settled([], { state: { waiting, ...blocked } });
    expect(effectsOf(decision, 'refuse')).toMatchObject([{ refusal: { retryAfterMs: 700 } }]);
  });

  test('takes with it the start that was begun for it, but not one that a floor wants', () => {
    const given = { state: { waiting, backend: down } };
    expect(phasesOf(settled([makeReplica('starting')], given))).toEqual(['stopping']);
    expect(phasesOf(settled([makeReplica('starting')], { ...given, settings: { floor: 1 } }))).toEqual([
      'starting',
    ]);
  });
});

describe('what is not wanted', () => {
  const idle = (patch: Partial<Replica> = {}) => makeReplica('hot', { idleSinceMs: t0 - 10_000, ...patch });

  test.each<[string, readonly Replica[], Given, readonly string[]]>([
    ['is parked when its window is over', [idle()], {}, ['parking']],
    ['stays hot until then', [idle({ idleSinceMs: t0 - 9_999 })], {}, ['hot']],
    ['is stopped where nothing is parked', [idle()], { settings: { parking: false } }, ['stopping']],
    ['is not what a request uses', [idle({ leases: [makeLease('x')] })], {}, ['hot']],
    ['is not what a floor holds', [idle()], { settings: { floor: 1 } }, ['hot']],
    ['is not what a plan holds', [idle()], { state: planOf(1) }, ['hot']],
    [
      'is only what exceeds the floor, the longest idle first',
      [idle(), idle({ generation: 2, idleSinceMs: t0 - 20_000 })],
      { settings: { floor: 1 } },
      ['hot', 'parking'],
    ],
    [
      'is not the one hot replica of a floor while the other still loads',
      [idle(), makeReplica('starting', { generation: 2 })],
      { settings: { floor: 1 } },
      ['hot', 'starting'],
    ],
    [
      'is stopped when its time parked is over',
      [makeReplica('parked', { phaseSinceMs: t0 - 20_000 })],
      {},
      ['stopping'],
    ],
    ['stays parked until then', [makeReplica('parked', { phaseSinceMs: t0 - 19_999 })], {}, ['parked']],
  ])('%s', (_, replicas, given, phases) => {
    expect(phasesOf(settled(replicas, given))).toEqual(phases);
  });

  test('a window of no length parks a replica as soon as nobody holds it', () => {
    expect(phasesOf(settled([makeReplica('hot')], { settings: { hotIdleMs: 0 } }))).toEqual(['parking']);
  });
});

describe('commands', () => {
  test('are sent when due and then not again before they have timed out', () => {
    const starting = makeReplica('starting', { commandDueMs: t0, attempts: 3 });
    const decision = settled([starting]);
    expect(commandsOf(decision)).toEqual(['start m-1-here-1']);
    expect([...decision.state.replicas.values()]).toMatchObject([{ commandDueMs: t0 + 40_000, attempts: 4 }]);
    expect(commandsOf(settled([{ ...starting, commandDueMs: t0 + 1 }]))).toEqual([]);
  });

  test('the list is asked for every ten seconds while there are replicas, and never at rest', () => {
    const due = { state: { reconcileDueMs: t0 } };
    expect(settled([makeReplica('parked')], due)).toMatchObject({
      effects: [{ kind: 'list' }],
      state: { reconcileDueMs: t0 + 10_000 },
    });
    expect(settled([], due).effects).toEqual([]);
  });
});
