// A draft: what it came from stays as it was, what it counts is bounded.
import { describe, expect, test } from 'vitest';
import {
  bury,
  closeDraft,
  countArrivals,
  countServed,
  enterPhase,
  enterStopping,
  openDraft,
} from '../../../src/core/pool/draft.ts';
import { settings } from './pool-bench.ts';
import { makeLease, makeReplica, makeState, t0 } from './pool-fixtures.ts';

const open = (replica = makeReplica('hot'), atMs = t0) => openDraft(settings, makeState([replica]), atMs);

test('the state that it came from is left as it was', () => {
  const state = makeState([makeReplica('hot')]);
  const before = structuredClone({ ...state });
  const draft = openDraft(settings, state, t0 + 50);
  bury(draft, makeReplica('hot'));
  countServed(draft, 'hot', 1);
  draft.waiting.push({ id: 'q', tenant: 'a', enqueuedMs: t0, deadlineMs: t0 });
  expect(state).toEqual(before);
  expect(closeDraft(draft)).toMatchObject({ nowMs: t0 + 50, replicas: new Map() });
});

test('a clock that runs backwards stands still', () => {
  expect(open(makeReplica('hot'), t0 - 700).nowMs).toBe(t0);
});

test('a phase that is entered charges the one that ends, and its command is due at once', () => {
  const draft = open(makeReplica('hot', { commandDueMs: t0 + 9_000, attempts: 7 }), t0 + 300);
  const next = enterPhase(draft, makeReplica('hot'), 'parking');
  expect(next).toMatchObject({
    phase: 'parking',
    phaseSinceMs: t0 + 300,
    commandDueMs: t0 + 300,
    attempts: 0,
    life: { idleMs: 300 },
  });
});

describe('on the way out', () => {
  test('a replica has no leases any more and is charged as what it was', () => {
    const draft = open();
    enterStopping(draft, makeReplica('hot', { leases: [makeLease('x')] }), false);
    enterStopping(draft, makeReplica('parked', { generation: 2 }), true);
    expect([...draft.replicas.values()]).toMatchObject([
      { phase: 'stopping', leases: [], dead: false, wasParked: false },
      { phase: 'stopping', leases: [], dead: true, wasParked: true },
    ]);
  });

  test('it may turn out to be dead, but never to live again, and its stop is not begun anew', () => {
    const stopping = makeReplica('stopping');
    const draft = open(stopping, t0 + 100);
    enterStopping(draft, stopping, true);
    const [dead] = [...draft.replicas.values()];
    expect(dead).toEqual({ ...stopping, dead: true });
    enterStopping(draft, { ...stopping, dead: true }, false);
    expect([...draft.replicas.values()]).toEqual([dead]);
  });
});

test('a replica that is buried leaves its whole life on the books', () => {
  const draft = open(makeReplica('parked'), t0 + 300);
  bury(draft, makeReplica('parked'));
  expect(draft.ledger.past).toEqual({
    replicas: 1,
    life: { busyMs: 0, idleMs: 0, loadingMs: 0, parkedMs: 300 },
  });
});

test('a replica that is buried unused leaves what it cost on the books as wasted', () => {
  const ahead = makeReplica('hot', { ahead: true, speculated: { hotMs: 9, parkedMs: 8 } });
  const draft = open(ahead, t0 + 300);
  bury(draft, ahead);
  expect(draft.ledger.speculation).toEqual({ hotMs: 309, parkedMs: 8, useful: 0, wasted: 1 });
});

describe('arrivals', () => {
  test('are noted for the planner, none as none, and cost the ledger nothing', () => {
    const draft = open();
    const { ledger } = draft;
    countArrivals(draft, 'a', 2);
    countArrivals(draft, 'b', 3);
    countArrivals(draft, 'a', 0);
    expect(draft.journal.events).toMatchObject([
      { kind: 'arrival', tenant: 'a', count: 2 },
      { kind: 'arrival', tenant: 'b', count: 3 },
    ]);
    expect(draft.ledger).toBe(ledger);
  });
});
