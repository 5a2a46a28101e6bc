// The one alarm: never later than the first moment at which time alone changes something, never hot, never at rest.
import { describe, expect, test } from 'vitest';
import { openDraft } from '../../../src/core/pool/draft.ts';
import { emptyLedger, type PoolState, type Replica } from '../../../src/core/pool/pool-state.ts';
import { nextWakeMs } from '../../../src/core/pool/wake.ts';
import { settings } from './pool-bench.ts';
import { makeLease, makePlan, makeReplica, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

const far = t0 + 1_000_000;
/** Milliseconds until the wake of a pool whose list is not due for a long time. */
function wakeIn(replicas: readonly Replica[], patch: Partial<PoolState> = {}, floor = 0): number | null {
  const state = makeState(replicas, { reconcileDueMs: far, ...patch });
  const wakeMs = nextWakeMs(openDraft({ ...settings, floor }, state, t0));
  return wakeMs === null ? null : wakeMs - t0;
}
const ledger = (patch: Partial<PoolState['ledger']>) => ({
  ledger: { ...emptyLedger, generation: 9, ...patch },
});
const backoff = { failures: 1, untilMs: t0 + 700, reason: '' };
const plan = makePlan(1, { untilMs: t0 + 800 });

describe('at rest', () => {
  test.each<[string, Partial<PoolState>]>([
    ['never lived', {}],
    ['has a list to ask for, but of nothing', { reconcileDueMs: t0 }],
    ['was blocked, but wants nothing', ledger({ backoff })],
    ['has a plan for nothing', ledger({ plan: makePlan(0) })],
    ['lost its backend, but nobody waits', { backend: { downSinceMs: t0 - 9, reason: '' } }],
  ])('a pool that %s is not woken', (_, patch) => {
    expect(wakeIn([], patch)).toBeNull();
  });
});

describe('it wakes', () => {
  test.each<[string, readonly Replica[], Partial<PoolState>, number]>([
    ['when the list is due', [makeReplica('parked')], { reconcileDueMs: t0 + 50 }, 50],
    ['when a command is due', [makeReplica('starting', { commandDueMs: t0 + 60 })], {}, 60],
    ['when an idle window ends', [makeReplica('hot')], {}, 10_000],
    ['when a parked window ends', [makeReplica('parked')], {}, 20_000],
    ['when a lease ends', [makeReplica('hot', { leases: [makeLease('x', { expiresMs: t0 + 70 })] })], {}, 70],
    [
      'when a lease of one that drains ends',
      [makeReplica('draining', { leases: [makeLease('x', { expiresMs: t0 + 70 })] })],
      {},
      70,
    ],
    [
      'when a deadline passes',
      [makeReplica('starting')],
      { waiting: [makeWaiter('q', { deadlineMs: t0 + 80 })] },
      80,
    ],
    [
      'when starts may be tried again for who waits',
      [],
      { waiting: [makeWaiter('q')], ...ledger({ backoff }) },
      700,
    ],
    ['when a plan ends that holds a replica', [makeReplica('hot')], ledger({ plan }), 800],
    [
      'when those who wait have waited long enough for a lost backend',
      [makeReplica('starting')],
      { waiting: [makeWaiter('q')], backend: { downSinceMs: t0 - 500, reason: '' } },
      1_500,
    ],
    [
      'at the first of several moments',
      [makeReplica('hot'), makeReplica('parking', { generation: 2, commandDueMs: t0 + 30 })],
      { waiting: [makeWaiter('q', { deadlineMs: t0 + 20 })] },
      20,
    ],
  ])('%s', (_, replicas, patch, inMs) => {
    expect(wakeIn(replicas, patch)).toBe(inMs);
  });

  test('when starts may be tried again for a floor that nobody has asked for', () => {
    expect(wakeIn([], ledger({ backoff }), 1)).toBe(700);
  });
});

describe('it does not wake again and again', () => {
  test('for a replica that a floor holds past its window', () => {
    expect(wakeIn([makeReplica('hot', { idleSinceMs: t0 - 99_000 })], {}, 1)).toBe(far - t0);
  });

  test('for those who wait beside a full replica while the backend is away', () => {
    const full = makeReplica('hot', { leases: [makeLease('x'), makeLease('y')] });
    const patch = { waiting: [makeWaiter('q')], backend: { downSinceMs: t0 - 2_000, reason: '' } };
    expect(wakeIn([full], patch)).toBe(30_000);
  });
});

test('a moment that has passed is looked at in the next millisecond, not in the past', () => {
  expect(wakeIn([makeReplica('starting', { commandDueMs: t0 - 5 })])).toBe(1);
});
