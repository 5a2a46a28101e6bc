// Who waits for a slot and who is turned away: by class, by weight, by how long the line is beside how fast it moves.
import { describe, expect, test } from 'vitest';
import type { SlotWaiter } from '../../../src/core/pool/pool-events.ts';
import { glancePool } from '../../../src/core/pool/glance-pool.ts';
import { decidePool, type PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { PoolState } from '../../../src/core/pool/pool-state.ts';
import { decide, effectsOf, makeLease, makeReplica, makeState, t0 } from './pool-fixtures.ts';
import { settings } from './pool-bench.ts';

const figures = { slots: 1, replicasMax: 1, queueMax: 8 };

/** A pool whose one slot is in use, and which cannot grow. */
function full(patch: Partial<PoolState> = {}): PoolState {
  return makeState([makeReplica('hot', { leases: [makeLease('l')] })], patch);
}

function ask(
  state: PoolState,
  id: string,
  patch: Partial<SlotWaiter> = {},
  more: Partial<PoolSettings> = {},
): PoolDecision {
  const waiter = { id, tenant: 'a', deadlineMs: t0 + 60_000, ...patch };
  return decide(state, { kind: 'acquire', waiter }, { atMs: t0, settings: { ...figures, ...more } });
}

function line(
  asks: readonly (Partial<SlotWaiter> & { readonly id: string })[],
  state = full(),
  more: Partial<PoolSettings> = {},
): PoolState {
  return asks.reduce((each, { id, ...patch }) => ask(each, id, patch, more).state, state);
}

/** Serves all who wait, one after the other. */
function order(state: PoolState): readonly string[] {
  const served: string[] = [];
  let next = state;
  for (let leaseId = 'l'; served.length < 20;) {
    const decision = decide(
      next,
      { kind: 'release', leaseId, outcome: 'served' },
      { atMs: t0, settings: figures },
    );
    next = decision.state;
    const [granted] = effectsOf(decision, 'grant');
    if (granted === undefined) break;
    served.push(granted.waiterId);
    leaseId = granted.grant.leaseId;
  }
  return served;
}

const refusals = (decision: PoolDecision): readonly string[] =>
  effectsOf(decision, 'refuse').map(({ waiterId, refusal }) => `${waiterId} ${refusal.kind}`);
/** Each request holds its slot for a second. */
const drain = {
  ended: 50,
  heldMs: 50_000,
  answered: 50,
  answeredMs: 50_000,
  refusedPerSecond: 0,
  atMs: t0,
};

describe('a slot that comes free goes', () => {
  test('to what matters most, whoever came first', () => {
    const waiting = line([
      { id: 'late', criticality: 'sheddable' },
      { id: 'usual' },
      { id: 'pressing', criticality: 'critical' },
    ]);
    expect(order(waiting)).toEqual(['pressing', 'usual', 'late']);
  });

  test('to quick work before slow work', () => {
    const waiting = line([{ id: 'dialogue' }, { id: 'embedding', latency: 'quick' }]);
    expect(order(waiting)).toEqual(['embedding', 'dialogue']);
  });

  test('to the tenant with fewest slots for its weight', () => {
    const held = (tenant: string, count: number) =>
      Array.from({ length: count }, (_, index) => makeLease(`${tenant}${index}`, { tenant }));
    const busy = makeReplica('hot', { leases: [...held('small', 2), ...held('large', 3)] });
    const state = line(
      [
        { id: 's', tenant: 'small', weight: 1 },
        { id: 'l', tenant: 'large', weight: 4 },
      ],
      makeState([busy]),
      { slots: 5 },
    );
    const freed = { kind: 'release' as const, leaseId: 'small0', outcome: 'served' as const };
    const decision = decide(state, freed, { atMs: t0, settings: { ...figures, slots: 5 } });
    expect(effectsOf(decision, 'grant').map(({ waiterId }) => waiterId)).toEqual(['l']);
  });
});

describe('who is turned away', () => {
  test('when the line is full is what matters least, of that the newest of the longest line', () => {
    const waiting = line([
      { id: 'p', criticality: 'critical' },
      { id: 's', criticality: 'sheddable', tenant: 'b' },
      { id: 'u' },
    ]);
    expect(refusals(ask(waiting, 'new', { criticality: 'critical' }, { queueMax: 3 }))).toEqual([
      's queue-full',
    ]);
  });

  test('is whoever would wait longer than the pool lets anybody wait, at once and with an honest time', () => {
    const waiting = line([{ id: 'a' }, { id: 'b' }], full({ drain }));
    const refused = ask(waiting, 'c', {}, { waitTargetMs: 2_000 });
    expect(refusals(refused)).toEqual(['c queue-full']);
    const [told] = effectsOf(refused, 'refuse');
    expect(told?.refusal).toMatchObject({ kind: 'queue-full' });
    const retryAfterMs = told?.refusal.kind === 'queue-full' ? told.refusal.retryAfterMs : 0;
    // Two wait for a second each, and half a second of refusals will come back; up to half is added by draw.
    expect(retryAfterMs).toBeGreaterThanOrEqual(2_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_750);
  });

  test('is nobody while the pool can still grow: what drains now says nothing of it', () => {
    const waiting = line([{ id: 'a' }, { id: 'b' }, { id: 'c' }], full({ drain }), {
      waitTargetMs: 2_000,
      replicasMax: 2,
    });
    expect(waiting.waiting.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('is whoever’s time is over before its answer could end', () => {
    const waiting = line([{ id: 'a' }, { id: 'b' }], full({ drain }));
    expect(refusals(ask(waiting, 'c', { deadlineMs: t0 + 2_500 }))).toEqual(['c queue-full']);
    expect(refusals(ask(waiting, 'c', { deadlineMs: t0 + 3_500 }))).toEqual([]);
  });

  test('is not who has no time for an answer, however few wait: that says nothing of how full the pool is', () => {
    const waiting = line([{ id: 'a' }], full({ drain }));
    const asked = ask(waiting, 'c', { deadlineMs: t0 + 100 });
    expect(refusals(asked)).toEqual(['c deadline']);
    expect(asked.state.drain.refusedPerSecond).toBe(0);
  });

  test('is, of those that wait, whoever has less time left than a first token takes', () => {
    const reports = [
      { replicaId: 'm-1-here-1', run: 'oooo', okAgeMs: 0, firstTokensMs: Array(20).fill(400) as number[] },
    ];
    const known = decide(decide(full(), { kind: 'woke' }).state, { kind: 'reports', reports });
    const again = decide(known.state, { kind: 'reports', reports });
    const waiting = line([{ id: 'a', deadlineMs: t0 + 1_000 }], again.state);
    const p50 = waiting.care.verdict.firstTokenMsP50 ?? 0;
    expect(p50).toBeGreaterThan(300);
    const lateMs = Math.floor(t0 + 1_000 - p50) + 1;
    const at = (atMs: number): readonly string[] =>
      refusals(decide(waiting, { kind: 'woke' }, { atMs, settings: figures }));
    expect(at(lateMs - 1)).toEqual([]);
    expect(at(lateMs)).toEqual(['a deadline']);
    expect(decide(waiting, { kind: 'woke' }, { atMs: t0, settings: figures }).wakeMs).toBeLessThanOrEqual(
      lateMs,
    );
  });
});

describe('who waits for a moment alone, and lets its answer take its time', () => {
  test('is not taken for one whose answer would be too late: it waits its moment, and hears then that it is over', () => {
    const waiting = line([{ id: 'rival', slotByMs: t0 + 100 }], full({ drain }));
    const at = (atMs: number): PoolDecision => decide(waiting, { kind: 'woke' }, { atMs, settings: figures });
    expect(waiting.waiting.map(({ id }) => id)).toEqual(['rival']);
    expect(at(t0).wakeMs).toBe(t0 + 100);
    expect(refusals(at(t0 + 99))).toEqual([]);
    expect(refusals(at(t0 + 100))).toEqual(['rival deadline']);
  });

  test('is served when a slot comes free in that moment', () => {
    const waiting = line([{ id: 'rival', slotByMs: t0 + 100 }], full({ drain }));
    expect(order(waiting)).toEqual(['rival']);
  });

  test('is told at once where its turn would come later; that says nothing of how full the pool is', () => {
    const waiting = line([{ id: 'a' }], full({ drain }));
    const asked = ask(waiting, 'rival', { slotByMs: t0 + 100 });
    expect(refusals(asked)).toEqual(['rival deadline']);
    expect(asked.state.drain.refusedPerSecond).toBe(0);
  });
});

test('requests that come in one turn are no line for each other while there are slots for them', () => {
  const free = makeState([makeReplica('hot')], { drain });
  const asks = ['a', 'b', 'c', 'd'].map((id) => {
    return {
      kind: 'acquire' as const,
      waiter: { id, tenant: 'a', deadlineMs: t0 + 60_000, slotByMs: t0 + 100 },
    };
  });
  const { effects } = decidePool({ ...settings, ...figures, slots: 3, queueMax: 1 }, free, asks, t0);
  expect(
    effects.flatMap((effect) => ('waiterId' in effect ? `${effect.waiterId} ${effect.kind}` : [])),
  ).toEqual(['a grant', 'b grant', 'c grant']);
});

test('a request that finds nobody waiting is served though answers seem to take longer than it has: so the pool learns better', () => {
  const slow = { ...drain, answeredMs: 50 * 9_000 };
  const free = makeState([makeReplica('hot')], { drain: slow });
  const served = ask(free, 'a', { deadlineMs: t0 + 2_000 });
  expect(effectsOf(served, 'grant')).toHaveLength(1);
});

test('a pool that is full says how long one who comes now would wait', () => {
  const waiting = line([{ id: 'a' }, { id: 'b' }], full({ drain }));
  expect(glancePool({ ...settings, ...figures }, waiting, t0).predictedWaitMs).toBe(3_000);
});
