// Each invariant has a state that breaks it and nothing else, and is named.
import { describe, expect, test } from 'vitest';
import { checkPool } from '../../../src/core/pool/invariants.ts';
import type { ExpectedRun } from '../../../src/core/pool/expect.ts';
import {
  emptyLedger,
  noLife,
  type PoolLedger,
  type PoolState,
  type Replica,
} from '../../../src/core/pool/pool-state.ts';
import { settings } from './pool-bench.ts';
import { makeLease, makeReplica, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

const leases = (count: number) => Array.from({ length: count }, (_, index) => makeLease(`l${index}`));
const waiting = (count: number) => Array.from({ length: count }, (_, index) => makeWaiter(`q${index}`));
const expected = (run: string, forMs: number): ExpectedRun => ({
  run,
  probability: 1,
  startMs: t0,
  untilMs: t0 + forMs,
  doubtedUntilMs: 0,
});
const expecting = (...runs: readonly ExpectedRun[]): PoolLedger => ({
  ...emptyLedger,
  expected: { mode: 'just-in-time', runs },
});
const wake = { wakeMs: t0 + 1 };

test('a sound pool breaks none', () => {
  const replicas = [makeReplica('hot', { leases: leases(2) }), makeReplica('parked', { generation: 2 })];
  const state = makeState(replicas, { waiting: waiting(4) });
  expect(checkPool(settings, { state, ...wake })).toEqual([]);
  expect(checkPool(settings, { state: makeState([]), wakeMs: null })).toEqual([]);
});

describe('P10: a floor', () => {
  const floored = { ...settings, floor: 1 };
  const idle = makeReplica('hot');
  const broken = (after: Replica, more: readonly Replica[] = []): readonly string[] =>
    checkPool(floored, { state: makeState([after, ...more]), ...wake }, makeState([idle]).replicas);

  test.each(['parking', 'stopping'] as const)('has no replica put away below it: %s', (phase) => {
    expect(broken(makeReplica(phase))).toEqual(['P10: put away below the floor']);
    expect(broken(makeReplica(phase), [makeReplica('hot', { generation: 2 })])).toEqual([]);
  });

  test('is missed without blame where a replica died or stopped serving', () => {
    expect(broken(makeReplica('stopping', { dead: true }))).toEqual([]);
    expect(broken(makeReplica('draining'))).toEqual([]);
    expect(broken(makeReplica('stopping', { wasParked: true }))).toEqual([]);
    expect(broken(makeReplica('stopping', { generation: 2 }))).toEqual([]);
  });
});

test('at rest behind a blocked start it may have a wake', () => {
  const ledger = { ...emptyLedger, backoff: { failures: 1, untilMs: t0 + 9, reason: '' } };
  expect(checkPool(settings, { state: makeState([], { ledger }), ...wake })).toEqual([]);
});

test.each<[string, readonly Replica[], Partial<PoolState>, number | null]>([
  ['P1: life does not add up (m-1-here-1)', [makeReplica('hot', { life: { ...noLife, idleMs: 1 } })], {}, 1],
  [
    'P1: charged into the future (m-1-here-1)',
    [makeReplica('hot', { createdMs: t0 + 1, chargedToMs: t0 + 1 })],
    { nowMs: t0 },
    1,
  ],
  ['P2: more leases than slots (m-1-here-1)', [makeReplica('hot', { leases: leases(3) })], {}, 1],
  ['P3: leased while parked (m-1-here-1)', [makeReplica('parked', { leases: leases(1) })], {}, 1],
  ['P4: a generation repeats', [makeReplica('hot'), makeReplica('hot', { id: 'other' })], {}, 1],
  ['P4: generation above the counter (m-1-here-1)', [makeReplica('hot')], { ledger: emptyLedger }, 1],
  ['P5: too many replicas', [1, 2, 3].map((generation) => makeReplica('parked', { generation })), {}, 1],
  ['P6: queue over its bound', [], { waiting: waiting(5) }, 1],
  ['P7: waiting beside a free slot', [makeReplica('hot', { leases: leases(1) })], { waiting: waiting(1) }, 1],
  ['P8: active without a wake', [makeReplica('parked')], {}, null],
  ['P8: active without a wake', [], { waiting: waiting(1) }, null],
  ['P8: at rest with a wake', [], {}, 1],
  ['P8: active without a wake', [], { ledger: expecting(expected('r', 9)) }, null],
  ['P12: a run is expected past its time', [], { ledger: expecting(expected('r', 0)) }, 1],
  [
    'P12: too many expected runs, or one of them twice',
    [],
    { ledger: expecting(expected('r', 9), expected('r', 9)) },
    1,
  ],
  [
    'P13: loading for runs that are not expected',
    [makeReplica('starting', { ahead: true, forRun: true })],
    {},
    1,
  ],
  ['P11: speculated and used (m-1-here-1)', [makeReplica('hot', { ahead: true, leases: leases(1) })], {}, 1],
  [
    'P11: speculated and used (m-1-here-1)',
    [makeReplica('hot', { speculated: { hotMs: 0, parkedMs: 1 } })],
    {},
    1,
  ],
  ['P9: hot without an endpoint (m-1-here-1)', [makeReplica('hot', { endpoint: null })], {}, 1],
])('%s', (broken, replicas, patch, wakeMs) => {
  expect(checkPool(settings, { state: makeState(replicas, patch), wakeMs })).toEqual([broken]);
});
