// A pool at a glance: what a router is told of it.
import { describe, expect, test } from 'vitest';
import { glancePool } from '../../../src/core/pool/glance-pool.ts';
import { noLimit } from '../../../src/core/pool/pool-limit.ts';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { newLimit } from '../../../src/core/resilience/adaptive-limit.ts';
import { settings } from './pool-bench.ts';
import { makeLease, makeReplica, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

const { slots, loadGuessMs, wakeGuessMs } = settings;
const full = Array.from({ length: slots }, (_, at) => makeLease(`l${at}`));

describe('a pool at a glance', () => {
  test('without replicas is cold, and a request would wait for a load', () => {
    expect(glancePool(settings, makeState([]), t0)).toEqual({
      warmth: 'cold',
      inFlight: 0,
      slots: 0,
      replicas: 0,
      open: false,
      probeDueMs: null,
      predictedWaitMs: loadGuessMs,
    });
  });

  test('whose load was measured says what was measured', () => {
    const ledger = { ...emptyLedger, loads: { loadMs: 1_234, wakeMs: 56 } };
    expect(glancePool(settings, makeState([], { ledger }), t0).predictedWaitMs).toBe(1_234);
    const parked = makeState([makeReplica('parked')], { ledger });
    expect(glancePool(settings, parked, t0)).toMatchObject({ warmth: 'parked', predictedWaitMs: 56 });
  });

  test('that loads says what is left of the load, and never less than nothing', () => {
    const state = makeState([makeReplica('starting', { phaseSinceMs: t0 - 1_000 })]);
    expect(glancePool(settings, state, t0).predictedWaitMs).toBe(loadGuessMs - 1_000);
    expect(glancePool(settings, state, t0 + 10 * loadGuessMs).predictedWaitMs).toBe(0);
  });

  test('with a free slot lets nobody wait', () => {
    const state = makeState([
      makeReplica('hot', { leases: full.slice(1) }),
      makeReplica('parked', { generation: 2 }),
    ]);
    expect(glancePool(settings, state, t0)).toEqual({
      warmth: 'hot',
      inFlight: slots - 1,
      slots,
      replicas: 1,
      open: false,
      probeDueMs: null,
      predictedWaitMs: 0,
    });
  });

  test('whose slots are all in use does not know how long, unless a replica is on its way', () => {
    const hot = makeReplica('hot', { leases: full });
    expect(glancePool(settings, makeState([hot]), t0)).toMatchObject({
      warmth: 'hot',
      predictedWaitMs: null,
    });
    const waking = makeReplica('waking', { generation: 2, phaseSinceMs: t0 });
    expect(glancePool(settings, makeState([hot, waking]), t0).predictedWaitMs).toBe(wakeGuessMs);
  });

  test('of whose replicas some are left out has the slots of the others; one that is left out as a whole has its own', () => {
    const replicas = [1, 2].map((generation) => makeReplica('hot', { generation }));
    const state = makeState(replicas);
    const without = (...ids: readonly string[]) => ({ ...state.care, leftOut: new Set(ids) });
    const [first, second] = replicas.map(({ id }) => id);
    const glance = (...ids: readonly string[]) =>
      glancePool(settings, { ...state, care: without(...ids) }, t0).slots;
    expect([glance(), glance(first ?? ''), glance(first ?? '', second ?? '')]).toEqual([
      2 * slots,
      slots,
      2 * slots,
    ]);
  });

  test('whose replicas can do less than is configured has fewer slots', () => {
    const limit = { ...noLimit, limit: { ...newLimit(slots), limit: 1 } };
    const state = makeState([makeReplica('hot', { leases: full.slice(0, 1) })], { limit });
    expect(glancePool(settings, state, t0)).toMatchObject({ slots: 1, inFlight: 1, predictedWaitMs: null });
  });

  test('counts those who wait as in flight: a free slot is theirs', () => {
    const state = makeState([makeReplica('hot', { leases: full.slice(1) })], { waiting: [makeWaiter('w')] });
    expect(glancePool(settings, state, t0)).toMatchObject({ inFlight: slots, predictedWaitMs: null });
  });
});
