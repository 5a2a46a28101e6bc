// What a pool knows after its object was built anew: the rows, no open calls, and a clock that has not gone back.
import { expect, test } from 'vitest';
import { emptyLedger, restoreState } from '../../../src/core/pool/pool-state.ts';
import { decide, makeReplica, t0 } from './pool-fixtures.ts';

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

test('the clock does not go back behind what was already charged, on whichever machine the object wakes', () => {
  const charged = makeReplica('hot', { chargedToMs: t0 + 400, createdMs: t0 + 400 });
  const state = restoreState({ ...emptyLedger, generation: 1 }, [charged], t0);
  expect(state.nowMs).toBe(t0 + 400);
  decide(state, { kind: 'restarted' });
});
