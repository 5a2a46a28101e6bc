// Replicas that die as soon as they are ready: when the next ones are started.
import { describe, expect, test } from 'vitest';
import { noCrashLoop } from '../../../src/core/pool/crash-loop.ts';
import { emptyLedger, type PoolState } from '../../../src/core/pool/pool-state.ts';
import type { PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import { decide, effectsOf, makeReplica, makeSighting, makeState, t0 } from './pool-fixtures.ts';

const settings = { slots: 1, replicasMax: 1, floor: 1 };

const startsOf = (decision: PoolDecision) =>
  effectsOf(decision, 'command').filter(({ command }) => command === 'start');

interface Life {
  /** How long it is ready before it is found dead. */
  readonly servedMs: number;
}

/** Lives of a pool's only replica, one after the other: how long each start was waited for. */
function pausesAfter(lives: readonly Life[]): readonly number[] {
  let nowMs = t0;
  let state: PoolState = makeState([makeReplica('hot', { hotSinceMs: nowMs })]);
  const pauses: number[] = [];
  for (const { servedMs } of lives) {
    nowMs += servedMs;
    let decision = decide(
      state,
      { kind: 'listed', askedMs: nowMs, result: { ok: true, sightings: [] } },
      { atMs: nowMs, settings },
    );
    const diedMs = nowMs;
    while (startsOf(decision).length === 0) {
      nowMs = decision.wakeMs ?? Infinity;
      decision = decide(decision.state, { kind: 'woke' }, { atMs: nowMs, settings });
    }
    pauses.push(nowMs - diedMs);
    const [{ replicaId, generation } = { replicaId: '', generation: 0 }] = startsOf(decision);
    const sighting = makeSighting({ id: replicaId, generation, condition: 'ready' });
    const result = { ok: true, sighting } as const;
    state = decide(
      decision.state,
      { kind: 'command-done', command: 'start', replicaId, generation, result },
      { atMs: nowMs, settings },
    ).state;
  }
  return pauses;
}

const young = { servedMs: 100 };
const old = { servedMs: 60_000 };

describe('a replica that is found dead is replaced', () => {
  test.each<[string, readonly Life[], readonly number[]]>([
    ['at once when it had served for long, however often', [old, old, old, old], [0, 0, 0, 0]],
    ['at once when it was the first to die young', [old, young], [0, 0]],
    [
      'ever later, though never late, when one after the other dies young',
      Array.from({ length: 7 }, () => young),
      [0, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000],
    ],
    [
      'at once again when one has served in between',
      [young, young, young, old, young],
      [0, 1_000, 2_000, 0, 0],
    ],
  ])('%s', (_, lives, pauses) => {
    expect(pausesAfter(lives)).toEqual(pauses);
  });

  test('at once when those that died young did so long ago', () => {
    const crashes = { row: 5, lastMs: t0 - 60_001 };
    const listed = { kind: 'listed', askedMs: t0 + 10, result: { ok: true, sightings: [] } } as const;
    const decision = decide(makeState([makeReplica('hot')], { crashes }), listed, {
      atMs: t0 + 10,
      settings,
    });
    expect(startsOf(decision)).toHaveLength(1);
    expect(decision.state.crashes.row).toBe(1);
    expect(makeState([]).crashes).toEqual(noCrashLoop);
  });

  test('no sooner because another one of the pool is ready: those before it were, too', () => {
    const starting = makeReplica('starting', { generation: 2 });
    const backoff = { failures: 2, untilMs: t0 + 1_000, reason: 'they die' };
    const state = makeState([starting], {
      crashes: { row: 2, lastMs: t0 },
      ledger: { ...emptyLedger, generation: 2, backoff },
    });
    const { id: replicaId, generation } = starting;
    const result = { ok: true, sighting: makeSighting({ id: replicaId, generation }) } as const;
    const done = { kind: 'command-done', command: 'start', replicaId, generation, result } as const;
    const two = { ...settings, replicasMax: 2, floor: 2 };
    const ready = decide(state, done, { atMs: t0 + 100, settings: two });
    expect([ready.state.replicas.get(replicaId)?.phase, startsOf(ready).length]).toEqual(['hot', 0]);
    const later = decide(ready.state, { kind: 'woke' }, { atMs: t0 + 1_000, settings: two });
    expect([ready.wakeMs, startsOf(later).length]).toEqual([t0 + 1_000, 1]);
  });

  test('at once when many that were young die together, whether they are found dead in one look or in several', () => {
    const four = { ...settings, replicasMax: 4, floor: 4 };
    const replicas = [1, 2, 3, 4].map((generation) =>
      makeReplica('hot', { generation, hotSinceMs: t0 + generation }),
    );
    const state = makeState(replicas, { ledger: { ...emptyLedger, generation: 4 } });
    const look = (from: PoolState, atMs: number, alive: number): PoolDecision => {
      const sightings = replicas
        .slice(0, alive)
        .map(({ id, generation }) => makeSighting({ id, generation }));
      const result = { ok: true, sightings } as const;
      return decide(from, { kind: 'listed', askedMs: atMs, result }, { atMs, settings: four });
    };
    const half = look(state, t0 + 100, 2);
    expect([startsOf(half).length, half.state.crashes.row]).toEqual([2, 1]);
    const all = look(half.state, t0 + 150, 0);
    expect([startsOf(all).length, all.state.crashes.row]).toEqual([2, 1]);
    expect(all.state.ledger.backoff).toBeNull();
  });

  test('starts that fail together are one failure, so that the next start is not the later for their number', () => {
    const starting = [1, 2, 3, 4].map((generation) => makeReplica('starting', { generation }));
    let state = makeState(starting, { ledger: { ...emptyLedger, generation: 4 } });
    for (const { id: replicaId, generation } of starting) {
      const result = { ok: false, failure: { kind: 'cannot-start', message: 'it was killed' } } as const;
      const done = { kind: 'command-done', command: 'start', replicaId, generation, result } as const;
      state = decide(state, done, { atMs: t0 + generation, settings: { ...settings, replicasMax: 4 } }).state;
    }
    expect(state.ledger.backoff).toMatchObject({ failures: 1, untilMs: t0 + 4 + 1_000 });
  });
});
