// P1: every millisecond of a life is charged once, to the bucket of what the replica did.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addLives, bucketOf, charge, ledgerOf } from '../../../src/core/pool/replica-life.ts';
import { noLife, type Life, type Replica } from '../../../src/core/pool/pool-state.ts';
import type { ReplicaPhase } from '../../../src/core/pool/pool-view.ts';
import { makeLease, makeReplica, t0 } from './pool-fixtures.ts';

const leases = [makeLease('x')];

describe('the bucket', () => {
  test.each<[ReplicaPhase, Partial<Replica>, keyof Life]>([
    ['starting', {}, 'loadingMs'],
    ['waking', {}, 'loadingMs'],
    ['hot', {}, 'idleMs'],
    ['hot', { leases }, 'busyMs'],
    ['draining', {}, 'idleMs'],
    ['draining', { leases }, 'busyMs'],
    ['parking', {}, 'idleMs'],
    ['parked', {}, 'parkedMs'],
    ['stopping', { wasParked: false }, 'idleMs'],
    ['stopping', { wasParked: true }, 'parkedMs'],
  ])('of %s %j is %s', (phase, patch, bucket) => {
    const replica = makeReplica(phase, patch);
    expect(bucketOf(replica)).toBe(bucket);
    expect(charge(replica, t0 + 250).life).toEqual({ ...noLife, [bucket]: 250 });
  });
});

test('however often a replica is charged in between, the sum is the time that passed', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 1_000 })), (steps) => {
      let nowMs = t0;
      let latestMs = t0;
      let replica = makeReplica('hot');
      for (const step of steps) {
        nowMs += step;
        latestMs = Math.max(latestMs, nowMs);
        replica = charge(replica, nowMs);
      }
      expect(ledgerOf(replica.life).lifetimeMs).toBe(latestMs - t0);
      expect(replica.chargedToMs).toBe(latestMs);
    }),
  );
});

test('time of a replica ahead of its demand is charged as speculated besides, hot or parked', () => {
  const charged = (phase: ReplicaPhase, ahead: boolean) =>
    charge(makeReplica(phase, { ahead }), t0 + 250).speculated;
  for (const phase of ['starting', 'waking', 'hot', 'parking'] as const)
    expect(charged(phase, true)).toEqual({ hotMs: 250, parkedMs: 0 });
  expect(charged('parked', true)).toEqual({ hotMs: 0, parkedMs: 250 });
  expect(charged('hot', false)).toEqual({ hotMs: 0, parkedMs: 0 });
});

test('a replica that was just charged stays the same object: a quiet moment costs no write', () => {
  const replica = makeReplica('hot');
  expect(charge(replica, t0)).toBe(replica);
  expect(charge(replica, t0 - 5)).toBe(replica);
});

test('lives add up bucket by bucket', () => {
  const one: Life = { busyMs: 1, idleMs: 20, loadingMs: 300, parkedMs: 4_000 };
  expect(addLives(one, one)).toEqual({ busyMs: 2, idleMs: 40, loadingMs: 600, parkedMs: 8_000 });
  expect(ledgerOf(one).lifetimeMs).toBe(4_321);
});
