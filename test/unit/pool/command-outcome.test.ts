// What each outcome of each command makes of the replica that waited for it.
import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../src/core/pool/command-outcome.ts';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import type { PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import type { PoolEvent } from '../../../src/core/pool/pool-events.ts';
import type { Replica } from '../../../src/core/pool/pool-state.ts';
import type { ReplicaPhase } from '../../../src/core/pool/pool-view.ts';
import type { BackendFailure, ReplicaSighting } from '../../../src/core/pool/sighting.ts';
import {
  acquire,
  commandsOf,
  decide,
  effectsOf,
  makeReplica,
  makeSighting,
  makeState,
  phasesOf,
  t0,
} from './pool-fixtures.ts';

type Waiting = 'starting' | 'parking' | 'waking' | 'stopping';
type Outcome = Extract<PoolEvent, { kind: 'command-done' }>['result'];

const saw = (patch: Partial<ReplicaSighting> = {}): Outcome => ({ ok: true, sighting: makeSighting(patch) });
const gone: Outcome = { ok: true, sighting: null };
const failed = (failure: BackendFailure): Outcome => ({ ok: false, failure });
const plain = (
  kind: Exclude<BackendFailure['kind'], 'no-capacity' | 'quota' | 'stale-generation'>,
): BackendFailure => ({ kind, message: 'said so' });

/** The decision on the outcome of the command of the one replica, a second after it was sent. */
function outcome(phase: Waiting, result: Outcome, patch: Partial<Replica> = {}): PoolDecision {
  const command = commandOf(phase) ?? 'start';
  const event: PoolEvent = { kind: 'command-done', command, replicaId: 'm-1-here-1', generation: 1, result };
  return decide(makeState([makeReplica(phase, patch)]), event, { atMs: t0 + 1_000 });
}

test('phases that wait for the backend name their command, the others none', () => {
  const phases: ReplicaPhase[] = ['starting', 'hot', 'draining', 'parking', 'parked', 'waking', 'stopping'];
  expect(phases.map(commandOf)).toEqual(['start', null, null, 'park', null, 'wake', 'stop']);
});

describe('the replica goes', () => {
  test.each<[Waiting, string, Outcome, readonly string[]]>([
    ['starting', 'ready', saw(), ['hot']],
    ['starting', 'loading', saw({ condition: 'loading', endpoint: null }), ['starting']],
    ['starting', 'ready without an endpoint', saw({ endpoint: null }), ['starting']],
    ['starting', 'failed', saw({ condition: 'failed' }), ['stopping']],
    ['starting', 'cannot-start', failed(plain('cannot-start')), ['stopping']],
    ['starting', 'not-found', failed(plain('not-found')), ['starting']],
    ['starting', 'no-capacity', failed({ kind: 'no-capacity', message: '', retryAfterMs: 5_000 }), []],
    ['starting', 'quota', failed({ kind: 'quota', message: '', retryAfterMs: 5_000 }), []],
    [
      'starting',
      'stale-generation',
      failed({ kind: 'stale-generation', message: '', knownGeneration: 8 }),
      [],
    ],
    ['waking', 'ready', saw({ wakeMs: 40 }), ['hot']],
    ['waking', 'waking', saw({ condition: 'waking' }), ['waking']],
    ['waking', 'failed', saw({ condition: 'failed' }), ['stopping']],
    ['waking', 'not-found', failed(plain('not-found')), []],
    [
      'waking',
      'no-capacity',
      failed({ kind: 'no-capacity', message: '', retryAfterMs: 5_000 }),
      ['stopping'],
    ],
    ['parking', 'parked', saw({ condition: 'parked' }), ['parked']],
    ['parking', 'ready', saw(), ['parking']],
    ['parking', 'failed', saw({ condition: 'failed' }), ['stopping']],
    ['parking', 'busy', failed(plain('busy')), ['hot']],
    ['parking', 'unsupported', failed(plain('unsupported')), ['stopping']],
    ['parking', 'not-found', failed(plain('not-found')), []],
    ['stopping', 'done', gone, []],
    ['stopping', 'not-found', failed(plain('not-found')), []],
    [
      'stopping',
      'stale-generation',
      failed({ kind: 'stale-generation', message: '', knownGeneration: 8 }),
      [],
    ],
    ['stopping', 'busy', failed(plain('busy')), ['stopping']],
    ['starting', 'busy', failed(plain('busy')), ['starting']],
    ['stopping', 'cannot-start', failed(plain('cannot-start')), ['stopping']],
  ])('from %s on %s', (phase, _, result, phases) => {
    expect(phasesOf(outcome(phase, result))).toEqual(phases);
  });

  const phases: Waiting[] = ['starting', 'parking', 'waking', 'stopping'];
  const unheard = (['unreachable', 'timeout', 'unauthorized', 'bad-reply'] as const).flatMap((kind) =>
    phases.map((phase) => [phase, kind] as const),
  );
  test.each(unheard)(
    'nowhere from %s on %s: it is asked again, each time later, and the backend is down',
    (phase, kind) => {
      const decision = outcome(phase, failed(plain(kind)));
      expect(phasesOf(decision)).toEqual([phase]);
      expect(decision.state.backend).toEqual({ downSinceMs: t0 + 1_000, reason: 'said so' });
      const dueIn = [1, 2, 3, 40].map((attempts) => {
        const { state } = outcome(phase, failed(plain(kind)), { attempts });
        return [...state.replicas.values()].map((replica) => replica.commandDueMs - t0 - 1_000);
      });
      expect(dueIn.flat()).toEqual([250, 500, 1_000, 15_000]);
    },
  );
});

test('a replica that became hot keeps what the backend measured, and starts that failed before are forgotten', () => {
  const backoff = { failures: 3, untilMs: t0, reason: 'was broken' };
  const state = makeState([makeReplica('starting')], {
    ledger: { ...emptyLedger, generation: 1, backoff },
    backend: { downSinceMs: t0, reason: 'was away' },
  });
  const done = { kind: 'command-done', command: 'start', replicaId: 'm-1-here-1', generation: 1 } as const;
  const decision = decide(state, { ...done, result: saw({ loadMs: 700 }) }, { atMs: t0 + 900 });
  expect([...decision.state.replicas.values()]).toMatchObject([
    { phase: 'hot', loadMs: 700, endpoint: 'http://replica-1', hotSinceMs: t0 + 900, idleSinceMs: t0 + 900 },
  ]);
  expect(decision.state.ledger.backoff).toBeNull();
  expect(decision.state.backend.downSinceMs).toBeNull();
});

describe('the time that a load or a wake takes', () => {
  const learnt = (phase: 'starting' | 'waking', tookMs: number, loads = emptyLedger.loads) => {
    const ledger = { ...emptyLedger, generation: 1, loads };
    const done = { kind: 'command-done', replicaId: 'm-1-here-1', generation: 1, result: saw() } as const;
    const event = { ...done, command: phase === 'starting' ? 'start' : 'wake' } as const;
    return decide(makeState([makeReplica(phase)], { ledger }), event, { atMs: t0 + tookMs }).state.ledger
      .loads;
  };

  test('is at first what was measured, then a mean in which the last counts a fifth', () => {
    expect(learnt('starting', 800)).toEqual({ loadMs: 800, wakeMs: null });
    expect(learnt('waking', 50)).toEqual({ loadMs: null, wakeMs: 50 });
    expect(learnt('starting', 800, { loadMs: 1_800, wakeMs: 9 })).toEqual({ loadMs: 1_600, wakeMs: 9 });
  });

  test('is no longer than a start may take, however late the news', () => {
    expect(learnt('starting', 900_000).loadMs).toBe(30_000);
  });
});

test('a start that still loads is asked again soon but not at once, until its time is over: then it is stopped and blocked', () => {
  const loading = saw({ condition: 'loading', endpoint: null });
  const early = outcome('starting', loading);
  expect(commandsOf(early)).toEqual([]);
  expect(early.wakeMs).toBe(t0 + 1_250);
  const late = outcome('starting', loading, { phaseSinceMs: t0 - 29_000 });
  expect(phasesOf(late)).toEqual(['stopping']);
  expect(commandsOf(late)).toEqual(['stop m-1-here-1']);
  expect(late.state.ledger.backoff).toMatchObject({ failures: 1, reason: 'not ready within 30000 ms' });
});

test.each<[Waiting, Outcome]>([
  ['waking', saw({ condition: 'waking' })],
  ['waking', failed(plain('timeout'))],
  ['parking', saw({ condition: 'ready' })],
  ['parking', failed(plain('timeout'))],
  ['starting', failed(plain('timeout'))],
  ['starting', failed(plain('busy'))],
])('a replica that hangs while %s is given up when its time is over', (phase, result) => {
  const decision = outcome(phase, result, { phaseSinceMs: t0 - 29_000 });
  expect(phasesOf(decision)).toEqual(['stopping']);
  expect(commandsOf(decision)).toEqual(['stop m-1-here-1']);
});

test.each(['starting', 'stopping'] as const)(
  'a command that was heard and is not done yet is asked again while %s, and the backend is not down for it',
  (phase) => {
    const { state } = outcome(phase, failed(plain('busy')), { attempts: 3 });
    expect(state.backend.downSinceMs).toBeNull();
    expect([...state.replicas.values()].map(({ commandDueMs }) => commandDueMs)).toEqual([t0 + 2_000]);
  },
);

test('a backend that is merely away gives nothing up, however long', () => {
  const decision = outcome('starting', failed(plain('unreachable')), { phaseSinceMs: t0 - 900_000 });
  expect(phasesOf(decision)).toEqual(['starting']);
});

test('a backend without room blocks starts for as long as it says', () => {
  const decision = outcome('starting', failed({ kind: 'no-capacity', message: 'full', retryAfterMs: 5_000 }));
  expect(decision.state.ledger.backoff).toMatchObject({ failures: 1, untilMs: t0 + 6_000, reason: 'full' });
  expect(decision.state.backend.downSinceMs).toBeNull();
});

test('a generation that the backend has seen is never given out again', () => {
  const stale = outcome('starting', failed({ kind: 'stale-generation', message: '', knownGeneration: 8 }));
  expect(stale.state.ledger.generation).toBe(8);
  expect(effectsOf(decide(stale.state, acquire('q')), 'command')).toMatchObject([{ generation: 9 }]);
});

test('blocks double with each failed start, up to a minute', () => {
  const waits = [0, 1, 4, 30].map((failures) => {
    const ledger = { ...emptyLedger, generation: 1, backoff: { failures, untilMs: t0, reason: '' } };
    const state = makeState([makeReplica('starting')], { ledger });
    const done = { kind: 'command-done', command: 'start', replicaId: 'm-1-here-1', generation: 1 } as const;
    const decision = decide(state, { ...done, result: failed(plain('cannot-start')) });
    return (decision.state.ledger.backoff?.untilMs ?? 0) - t0;
  });
  expect(waits).toEqual([1_000, 2_000, 16_000, 60_000]);
});

test('late news changes nothing: of another generation, of another command, of a replica that is gone', () => {
  const state = makeState([makeReplica('waking')]);
  const done = { kind: 'command-done', result: saw({ condition: 'failed' }) } as const;
  const news: PoolEvent[] = [
    { ...done, command: 'wake', replicaId: 'm-1-here-1', generation: 2 },
    { ...done, command: 'start', replicaId: 'm-1-here-1', generation: 1 },
    { ...done, command: 'wake', replicaId: 'm-1-here-7', generation: 7 },
  ];
  for (const event of news) {
    const decision = decide(state, event);
    expect(decision.state).toEqual(state);
    expect(decision.effects).toEqual([]);
  }
});
