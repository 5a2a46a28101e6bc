// A tenant whose requests kill replicas: who is suspected, what it may still use, and that nobody else pays.
import { describe, expect, test } from 'vitest';
import { confinedTenants, seatsOf } from '../../../src/core/pool/suspects.ts';
import type { PoolState } from '../../../src/core/pool/pool-state.ts';
import { decide, effectsOf, makeReplica, makeSighting, makeState, t0 } from './pool-fixtures.ts';

const seats = 8;
const settings = { slots: 4, replicasMax: seats };

/** A pool of eight, on which a tenant's requests kill the replica that serves them, one after the other. */
class Poisoned {
  state: PoolState = makeState(
    Array.from({ length: seats }, (_, seat) => makeReplica('hot', { generation: seat + 1 })),
  );
  nowMs = t0;
  #asked = 0;

  /** The replica that a request of `tenant` gets; null when it has to wait, and it leaves then. */
  serve(tenant: string): { leaseId: string; replicaId: string; seat: number } | null {
    this.#asked += 1;
    const id = `q${this.#asked}`;
    const waiter = { id, tenant, deadlineMs: this.nowMs + 600_000 };
    const decision = this.#feed({ kind: 'acquire', waiter });
    const [effect] = effectsOf(decision, 'grant');
    if (effect === undefined) this.#feed({ kind: 'cancel', waiterId: id });
    if (effect === undefined) return null;
    const { leaseId, replicaId } = effect.grant;
    return { leaseId, replicaId, seat: this.state.replicas.get(replicaId)?.seat ?? -1 };
  }

  end(leaseId: string): void {
    this.#feed({ kind: 'release', leaseId, outcome: 'served' });
  }

  /** A request of `tenant` kills its replica; the backend says so, and a new one takes its seat. */
  kill(tenant: string): number | null {
    const served = this.serve(tenant);
    if (served === null) return null;
    this.#feed({ kind: 'release', leaseId: served.leaseId, outcome: 'replica-failed', tenant });
    this.nowMs += 10;
    const alive = [...this.state.replicas.values()].filter(({ id }) => id !== served.replicaId);
    const sightings = alive.map(({ id, generation }) => makeSighting({ id, generation }));
    this.#feed({ kind: 'listed', askedMs: this.nowMs, result: { ok: true, sightings } });
    const generation = this.state.ledger.generation + 1;
    const born = makeReplica('hot', { generation, seat: served.seat });
    const ledger = { ...this.state.ledger, generation };
    this.state = { ...this.state, ledger, replicas: new Map(this.state.replicas).set(born.id, born) };
    return served.seat;
  }

  #feed(event: Parameters<typeof decide>[1]) {
    const state = { ...this.state, reconcileDueMs: this.nowMs + 10_000 };
    const decision = decide(state, event, { atMs: this.nowMs, settings });
    this.state = decision.state;
    return decision;
  }
}

function poisoned(deaths: number): Poisoned {
  const pool = new Poisoned();
  for (const tenant of ['calm', 'other']) {
    const served = pool.serve(tenant);
    if (served !== null) pool.end(served.leaseId);
  }
  for (let death = 0; death < deaths; death += 1) pool.kill('poison');
  return pool;
}

describe('a tenant that was there at each of three deaths', () => {
  test('is confined, and nobody else is', () => {
    expect(confinedTenants(poisoned(2).state)).toEqual([]);
    expect(confinedTenants(poisoned(3).state)).toEqual(['poison']);
  });

  test('kills on two seats of eight from then on, however often it comes', () => {
    const pool = poisoned(3);
    const killed = new Set(Array.from({ length: 40 }, () => pool.kill('poison')));
    expect(killed.size).toBeLessThanOrEqual(2);
    expect(
      [...killed].every((seat) => seat !== null && seatsOf('poison', pool.state.replicas).has(seat)),
    ).toBe(true);
  });

  test('waits for its own seats while the others are served beside it', () => {
    const pool = poisoned(3);
    const held = Array.from({ length: 2 * settings.slots }, () => pool.serve('poison'));
    expect(held.every((each) => each !== null)).toBe(true);
    expect(pool.serve('poison')).toBeNull();
    expect(pool.serve('calm')).not.toBeNull();
  });

  test('is free again ten minutes after the last death', () => {
    const pool = poisoned(3);
    pool.nowMs += 600_001;
    pool.serve('calm');
    expect(confinedTenants(pool.state)).toEqual([]);
  });
});

test('a tenant that is alone on a pool is never confined: nobody would be better off', () => {
  const pool = new Poisoned();
  for (let death = 0; death < 5; death += 1) pool.kill('poison');
  expect(confinedTenants(pool.state)).toEqual([]);
});

test('replicas that die with whoever is there make nobody a suspect who was not there most of the time', () => {
  const pool = poisoned(2);
  for (const tenant of ['calm', 'other', 'calm', 'other']) pool.kill(tenant);
  expect(confinedTenants(pool.state)).toEqual([]);
});
