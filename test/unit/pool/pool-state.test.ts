// What a pool knows after its object was built anew: the rows, no open calls, and a clock that has not gone back.
import { expect, test } from 'vitest';
import {
  emptyLedger,
  restoreState,
  type PoolLedger,
  type Replica,
} from '../../../src/core/pool/pool-state.ts';
import { decide, makePlan, makeReplica, t0 } from './pool-fixtures.ts';

test('rows and ledger are as written; nobody waits, the backend is taken to be there, a list is due', () => {
  const replica = makeReplica('hot');
  expect(restoreState(emptyLedger, [replica], t0 + 5)).toMatchObject({
    nowMs: t0 + 5,
    replicas: new Map([[replica.id, replica]]),
    ledger: emptyLedger,
    waiting: [],
    backend: { downSinceMs: null },
    reconcileDueMs: t0 + 5,
  });
});

test('rows of an earlier version read as if nothing had been brought up ahead, and an earlier plan is forgotten', () => {
  const { ahead, speculated, toPark, ...row } = makeReplica('hot');
  const { speculation, waits, loads, ...ledger } = emptyLedger;
  const old = { ...ledger, generation: 1, plan: { replicas: 1, untilMs: t0 + 9_000, because: 'lunch' } };
  const state = restoreState(old as unknown as PoolLedger, [row as Replica], t0);
  expect(state.replicas.get(row.id)).toEqual({ ...row, ahead, speculated, toPark });
  expect(state.ledger).toEqual({ ...ledger, generation: 1, plan: null, speculation, waits, loads });
  decide(state, { kind: 'restarted' });
});

test('a plan that holds is held on to', () => {
  const plan = makePlan(1);
  expect(restoreState({ ...emptyLedger, plan }, [], t0).ledger.plan).toEqual(plan);
});

test('the clock does not go back behind what was already charged, on whichever machine the object wakes', () => {
  const charged = makeReplica('hot', { chargedToMs: t0 + 400, createdMs: t0 + 400 });
  const state = restoreState({ ...emptyLedger, generation: 1 }, [charged], t0);
  expect(state.nowMs).toBe(t0 + 400);
  decide(state, { kind: 'restarted' });
});
