// Which replica a slot is taken from, and what the grant adds to the books.
import { describe, expect, test } from 'vitest';
import type { PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { Replica } from '../../../src/core/pool/pool-state.ts';
import { choiceWaitMsMax } from '../../../src/core/resilience/fair-queue.ts';
import { decide, effectsOf, makeLease, makeReplica, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

function grant(
  replicas: readonly Replica[],
  waiters = 1,
  settings: Partial<PoolSettings> = {},
): PoolDecision {
  const waiting = Array.from({ length: waiters }, (_, index) => makeWaiter(`q${index}`));
  return decide(makeState(replicas, { waiting }), { kind: 'woke' }, { atMs: t0 + 90, settings });
}
const leasesOf = (decision: PoolDecision): readonly string[] =>
  effectsOf(decision, 'grant').map(({ grant: { leaseId } }) => leaseId);
const leased = (count: number): Partial<Replica> => ({
  leases: Array.from({ length: count }, (_, index) => makeLease(`l${index}`)),
});
const many = { slots: 3, replicasMax: 3 };

describe('a slot comes from', () => {
  test('the fullest replica that has one free, so that the others fall idle', () => {
    const replicas = [
      makeReplica('hot', leased(1)),
      makeReplica('hot', { generation: 2, ...leased(3) }),
      makeReplica('hot', { generation: 3, ...leased(2) }),
    ];
    expect(leasesOf(grant(replicas, 1, many))).toEqual(['m-1-here-3.1']);
    expect(leasesOf(grant(replicas, 3, many))).toEqual(['m-1-here-3.1', 'm-1-here-1.1', 'm-1-here-1.2']);
  });

  test('of idle ones the one that was used last, so that the k-th is in use only while k are', () => {
    const replicas = [
      makeReplica('hot', { idleSinceMs: t0 + 5 }),
      makeReplica('hot', { generation: 2, idleSinceMs: t0 + 60 }),
      makeReplica('hot', { generation: 3, idleSinceMs: t0 + 50 }),
    ];
    expect(leasesOf(grant(replicas, 1, many))).toEqual(['m-1-here-2.1']);
  });

  test('of those that became idle at once the oldest', () => {
    const pair = [makeReplica('hot', { generation: 2 }), makeReplica('hot')];
    expect(leasesOf(grant(pair))).toEqual(['m-1-here-1.1']);
  });
});

test('a request that has asked a replica already gets another one, where there is one', () => {
  const asked = (waiting: readonly string[], replicas: readonly Replica[]): readonly string[] =>
    leasesOf(
      decide(
        makeState(replicas, { waiting: [{ ...makeWaiter('q'), avoid: waiting }] }),
        { kind: 'woke' },
        { atMs: t0 + 90, settings: many },
      ),
    );
  const pair = [makeReplica('hot', leased(1)), makeReplica('hot', { generation: 2 })];
  expect(asked(['m-1-here-1'], pair)).toEqual(['m-1-here-2.1']);
  expect(asked(['m-1-here-1', 'm-1-here-2'], pair)).toEqual(['m-1-here-1.1']);
});

test('a free slot goes to whom no other target can answer before those who have a choice, unless these have waited for long', () => {
  const grantedTo = (sinceMs: number): readonly string[] => {
    const enqueuedMs = t0 + 90 - sinceMs;
    const waiting = [
      { ...makeWaiter('choice'), enqueuedMs, canGoElsewhere: true },
      { ...makeWaiter('bound'), enqueuedMs },
    ];
    const state = makeState([makeReplica('hot')], { waiting });
    const decision = decide(state, { kind: 'woke' }, { atMs: t0 + 90, settings: { slots: 1 } });
    return effectsOf(decision, 'grant').map(({ waiterId }) => waiterId);
  };
  expect(grantedTo(choiceWaitMsMax - 1)).toEqual(['bound']);
  expect(grantedTo(choiceWaitMsMax)).toEqual(['choice']);
});

describe('what it adds to the books', () => {
  test.each<[string, Partial<Replica>, object]>([
    ['cold, where it was started', { hotSinceMs: t0 + 1, broughtBy: 'start' }, { coldMs: 90, parkedMs: 0 }],
    ['parked, where it was woken', { hotSinceMs: t0 + 1, broughtBy: 'wake' }, { coldMs: 0, parkedMs: 90 }],
    ['nothing, where it was hot', {}, { coldMs: 0, parkedMs: 0 }],
  ])('is the wait of a request as %s', (_, patch, waits) => {
    expect(grant([makeReplica('hot', patch)]).state.ledger.waits).toEqual(waits);
  });

  test.each<[string, Partial<Replica>, object]>([
    ['cold', { hotSinceMs: t0 + 1, idleSinceMs: t0 + 1 }, { colds: 1, waitMs: 90 }],
    ['parked', { hotSinceMs: t0 + 1, idleSinceMs: t0 + 1, broughtBy: 'wake' }, { colds: 0, waitMs: 90 }],
    ['hot', {}, { colds: 0, waitMs: 0 }],
    [
      'cold by one that was used before',
      { hotSinceMs: t0 + 1, idleSinceMs: t0 + 9 },
      { colds: 0, waitMs: 0 },
    ],
  ])('is one wait for a replica that came up, whoever else it serves, as %s', (_, patch, levels) => {
    expect(grant([makeReplica('hot', patch)], 2).state.ledger.levels).toEqual(levels);
  });

  test('is one useful warm-up, at the first use of a replica that was brought up ahead, and not at the second', () => {
    const ahead = makeReplica('hot', { ahead: true, speculated: { hotMs: 40, parkedMs: 7 } });
    const { state } = grant([ahead], 2);
    expect(state.ledger.speculation).toEqual({ hotMs: 0, parkedMs: 0, useful: 1, wasted: 0 });
    expect(state.replicas.get('m-1-here-1')).toMatchObject({
      ahead: false,
      speculated: { hotMs: 0, parkedMs: 0 },
      life: { idleMs: 90 },
    });
  });
});
