// The backend's list against the pool's books: what only one side knows, and what both know differently.
import { describe, expect, test } from 'vitest';
import { applyListing } from '../../../src/core/pool/reconcile.ts';
import { openDraft } from '../../../src/core/pool/draft.ts';
import type { PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import type { Replica } from '../../../src/core/pool/pool-state.ts';
import type { ReplicaPhase } from '../../../src/core/pool/pool-view.ts';
import type { BackendFailure, ReplicaSighting } from '../../../src/core/pool/sighting.ts';
import type { PoolEvent } from '../../../src/core/pool/pool-events.ts';
import { settings } from './pool-bench.ts';
import {
  acquire,
  commandsOf,
  decide,
  makeLease,
  makeReplica,
  makeSighting,
  makeState,
  phasesOf,
  t0,
} from './pool-fixtures.ts';

type Condition = ReplicaSighting['condition'];

/** A list that was asked for and came within the same second, after the phase had begun. */
function list(replicas: readonly Replica[], sightings: readonly ReplicaSighting[]): PoolDecision {
  const event = { kind: 'listed', askedMs: t0 + 500, result: { ok: true, sightings } } as const;
  return decide(makeState(replicas), event, { atMs: t0 + 1_000 });
}

const phases: ReplicaPhase[] = ['starting', 'hot', 'draining', 'parking', 'parked', 'waking', 'stopping'];

describe('a replica on the books', () => {
  const busy = ['starting', 'parking', 'waking'] as const;

  test.each<[ReplicaPhase, Condition | 'missing', ReplicaPhase | 'gone']>([
    ['hot', 'missing', 'gone'],
    ['hot', 'ready', 'hot'],
    ['hot', 'parked', 'parked'],
    ['hot', 'failed', 'stopping'],
    ['hot', 'draining', 'draining'],
    ['hot', 'loading', 'hot'],
    ['draining', 'missing', 'gone'],
    ['draining', 'ready', 'hot'],
    ['draining', 'failed', 'stopping'],
    ['draining', 'draining', 'stopping'],
    ['draining', 'loading', 'stopping'],
    ['draining', 'parked', 'parked'],
    ['parked', 'missing', 'gone'],
    ['parked', 'parked', 'parked'],
    ['parked', 'ready', 'hot'],
    ['parked', 'failed', 'stopping'],
    ['stopping', 'missing', 'gone'],
    ['stopping', 'ready', 'stopping'],
    ['stopping', 'failed', 'stopping'],
    ...busy.flatMap((phase): [ReplicaPhase, Condition | 'missing', ReplicaPhase][] => [
      [phase, 'missing', phase],
      [phase, 'failed', phase],
      [phase, 'ready', phase],
    ]),
  ])('that is %s and seen as %s is then %s', (phase, condition, then) => {
    const sightings = condition === 'missing' ? [] : [makeSighting({ condition })];
    expect(phasesOf(list([makeReplica(phase)], sightings))).toEqual(then === 'gone' ? [] : [then]);
  });

  test('that drains and is not ready is left its running requests', () => {
    const draining = makeReplica('draining', { leases: [makeLease('x')] });
    const decision = list([draining], [makeSighting({ condition: 'draining' })]);
    expect(phasesOf(decision)).toEqual(['draining']);
  });

  test('that is said to be ready without an endpoint is not believed', () => {
    for (const phase of ['draining', 'parked'] as const) {
      const decision = list([makeReplica(phase)], [makeSighting({ endpoint: null })]);
      expect(phasesOf(decision)).not.toContain('hot');
    }
  });

  test('loses its leases with its process', () => {
    const hot = makeReplica('hot', { leases: [makeLease('x')] });
    for (const condition of ['parked', 'failed'] as const) {
      const [replica] = [...list([hot], [makeSighting({ condition })]).state.replicas.values()];
      expect(replica?.leases).toEqual([]);
    }
  });

  test.each(phases)('that is %s since after the list was asked for is left alone', (phase) => {
    const replica = makeReplica(phase, {
      phaseSinceMs: t0 + 501,
      chargedToMs: t0 + 501,
      createdMs: t0 + 501,
    });
    expect(phasesOf(list([replica], []))).toEqual([phase]);
  });

  test('that is seen in another life is gone, and the other life is stopped', () => {
    const decision = list([makeReplica('hot')], [makeSighting({ generation: 5 })]);
    expect(phasesOf(decision)).toEqual([]);
    expect(decision.effects).toContainEqual({
      kind: 'command',
      command: 'stop',
      replicaId: 'm-1-here-1',
      generation: 5,
    });
  });
});

test('what only the backend knows is stopped, and nothing else', () => {
  const stray = makeSighting({ id: 'm-1-here-9', generation: 9 });
  expect(commandsOf(list([makeReplica('hot')], [makeSighting(), stray]))).toEqual(['stop m-1-here-9']);
});

test('a replica that was wrongly taken for dead serves as the hot one that it always was', () => {
  const waiting = [{ id: 'q', tenant: 'a', enqueuedMs: t0, deadlineMs: t0 + 60_000 }];
  const state = makeState([makeReplica('draining', { hotSinceMs: t0 - 60_000 })], { waiting });
  const event = {
    kind: 'listed',
    askedMs: t0 + 500,
    result: { ok: true, sightings: [makeSighting()] },
  } as const;
  expect(decide(state, event, { atMs: t0 + 1_000 }).effects).toMatchObject([
    { kind: 'grant', grant: { warmth: 'hot' } },
    { kind: 'tell' },
  ]);
});

describe('a backend that was away', () => {
  const away = { backend: { downSinceMs: t0 - 60_000, reason: '' }, reconcileDueMs: t0 + 15_000 };

  test('is sent what it missed as soon as it gives its list', () => {
    const stopping = makeReplica('stopping', { commandDueMs: t0 + 15_000, attempts: 9 });
    const result = { ok: true as const, sightings: [makeSighting()] };
    const event = { kind: 'listed', askedMs: t0, result } as const;
    expect(commandsOf(decide(makeState([stopping], away), event))).toEqual(['stop m-1-here-1']);
    const waiting = { ...stopping, commandDueMs: t0 + 40_000 };
    expect(commandsOf(decide(makeState([waiting]), event))).toEqual([]);
  });

  test('is looked for again by the time at which the refused are told to come back', () => {
    const stopping = makeReplica('stopping', { commandDueMs: t0 + 15_000, attempts: 9 });
    const figures = { settings: { replicasMax: 1 } };
    const refused = decide(makeState([stopping], away), acquire('q'), figures);
    expect(refused.effects).toMatchObject([{ refusal: { kind: 'backend-down', retryAfterMs: 2_000 } }]);
    expect(refused.wakeMs).toBe(t0 + 2_000);
    const many = decide(refused.state, acquire('r'), { ...figures, atMs: t0 + 1_999 });
    expect(many.wakeMs).toBe(t0 + 2_000);
  });
});

describe('a replica that came into doubt after the backend was asked', () => {
  const figures = { reconcileDueMs: t0 + 1_050 };
  const late = makeReplica('draining', { phaseSinceMs: t0 + 1_000 });
  const answers: readonly (readonly [string, Extract<PoolEvent, { kind: 'listed' }>['result']])[] = [
    ['a list', { ok: true, sightings: [makeSighting()] }],
    ['no list', { ok: false, failure: { kind: 'bad-reply', message: '' } }],
  ];

  test.each(answers)('is looked at when that is due, whatever that answer is: %s', (_name, result) => {
    const event = { kind: 'listed', askedMs: t0, result } as const;
    expect(decide(makeState([late], figures), event, { atMs: t0 + 1_001 }).state.reconcileDueMs).toBe(
      figures.reconcileDueMs,
    );
    const settled = { ...late, phaseSinceMs: t0 - 1 };
    const { state } = decide(makeState([settled], figures), event, { atMs: t0 + 1_001 });
    expect(state.reconcileDueMs).not.toBe(figures.reconcileDueMs);
  });
});

describe('a list that does not come', () => {
  const down = (failure: BackendFailure, downSinceMs: number | null = null) => {
    const backend = { downSinceMs, reason: '' };
    const draft = openDraft(settings, makeState([makeReplica('hot')], { backend }), t0 + 1_000);
    applyListing(draft, { kind: 'listed', askedMs: t0, result: { ok: false, failure } });
    return { dueIn: draft.reconcileDueMs - draft.nowMs, downSinceMs: draft.backend.downSinceMs };
  };

  test.each(['unreachable', 'timeout', 'unauthorized', 'bad-reply'] as const)(
    'for %s means that the backend is down: asked again at once, then ever later',
    (kind) => {
      expect(down({ kind, message: '' })).toEqual({ dueIn: 250, downSinceMs: t0 + 1_000 });
      expect(down({ kind, message: '' }, t0 - 2_000)).toEqual({ dueIn: 3_000, downSinceMs: t0 - 2_000 });
      expect(down({ kind, message: '' }, t0 - 900_000).dueIn).toBe(15_000);
    },
  );

  test('for a reason of its own is asked for at the usual pace: no loop against a backend that answers', () => {
    expect(down({ kind: 'not-found', message: '' }).dueIn).toBe(10_000);
    expect(down({ kind: 'busy', message: '' }).dueIn).toBe(10_000);
  });
});
