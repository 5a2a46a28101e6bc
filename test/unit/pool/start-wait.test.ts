// Who waits though no replica can be started at the moment, and for how long: a GPU that was just given back is one that the next start gets,
// and replicas that were ready and died may be followed by one that lives.
import { expect, test } from 'vitest';
import type { PoolEffect } from '../../../src/core/pool/pool-events.ts';
import { emptyLedger, type Waiter } from '../../../src/core/pool/pool-state.ts';
import { startWaitMsMax } from '../../../src/core/pool/start-wait.ts';
import type { BackendFailure } from '../../../src/core/pool/sighting.ts';
import { PoolBench } from './pool-bench.ts';
import { decide, effectsOf, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

const full: BackendFailure = { kind: 'quota', message: '1 of 1 GPUs are in use', retryAfterMs: 2_000 };

/** The start that was sent last is refused. */
function refuseStart(bench: PoolBench, failure: BackendFailure = full): readonly PoolEffect[] {
  const { id: replicaId, generation } = bench.sole();
  const result = { ok: false, failure } as const;
  return bench.feed({ kind: 'command-done', command: 'start', replicaId, generation, result });
}

const kinds = (effects: readonly PoolEffect[]) => effects.map(({ kind }) => kind);

test('a request whose start is refused for want of room is served once there is room, and is not refused before', () => {
  const bench = new PoolBench();
  bench.ask('a');
  expect(kinds(refuseStart(bench))).not.toContain('refuse');
  expect(bench.wakeMs).toBe(bench.nowMs + 2_000);
  expect(kinds(bench.feed({ kind: 'woke' }, 2_000))).toContain('command');
  expect(bench.answer('ready', 500)).toMatchObject([{ kind: 'grant', waiterId: 'a' }]);
});

test('where there is none for long it is refused, with the time of the next start, before it has waited for more than its bound', () => {
  const bench = new PoolBench();
  bench.ask('a');
  const cameMs = bench.nowMs;
  for (const waitMs of [2_000, 2_000]) {
    expect(kinds(refuseStart(bench))).not.toContain('refuse');
    bench.feed({ kind: 'woke' }, waitMs);
  }
  expect(refuseStart(bench)).toContainEqual({
    kind: 'refuse',
    waiterId: 'a',
    refusal: { kind: 'cannot-start', retryAfterMs: 4_000 },
  });
  expect(bench.nowMs - cameMs).toBeLessThanOrEqual(startWaitMsMax);
  expect(bench.state.waiting).toEqual([]);
});

test('what cannot start is not waited for: it would fail again', () => {
  const bench = new PoolBench();
  bench.ask('a');
  expect(kinds(refuseStart(bench, { kind: 'cannot-start', message: 'no weights' }))).toContain('refuse');
});

test('what was ready and died, twice in a row, is waited for until the next start', () => {
  const bench = new PoolBench();
  bench.ask('first');
  bench.answer('ready', 500);
  for (const pauseMs of [0, 1_000]) {
    bench.feed({ kind: 'listed', askedMs: bench.nowMs + 100, result: { ok: true, sightings: [] } }, 100);
    expect(kinds(bench.ask('next'))).not.toContain('refuse');
    if (pauseMs > 0) expect(kinds(bench.feed({ kind: 'woke' }, pauseMs))).toContain('command');
    expect(bench.answer('ready', 500)).toContainEqual(expect.objectContaining({ kind: 'grant' }));
  }
});

test.each<[string, Partial<Waiter>, number, 'waits' | 'refused']>([
  ['one that comes shortly before the next start waits for it', {}, t0 + startWaitMsMax, 'waits'],
  ['one that would wait for longer is refused at once', {}, t0 + startWaitMsMax + 1, 'refused'],
  ['one that another target answers is refused at once', { canGoElsewhere: true }, t0 + 2_000, 'refused'],
  ['one whose time is over by then is refused at once', { deadlineMs: t0 + 2_000 }, t0 + 2_000, 'refused'],
  ['one that came before is not kept any longer', { enqueuedMs: t0 - 3_001 }, t0 + 2_000, 'refused'],
])('%s', (_, patch, untilMs, outcome) => {
  const backoff = { failures: 1, untilMs, reason: 'full', lacksRoom: true };
  const waiting = [makeWaiter('q', patch)];
  const decision = decide(makeState([], { waiting, ledger: { ...emptyLedger, backoff } }), { kind: 'woke' });
  expect(decision.state.waiting).toHaveLength(outcome === 'waits' ? 1 : 0);
  expect(effectsOf(decision, 'refuse')).toHaveLength(outcome === 'waits' ? 0 : 1);
});

test('what an earlier version left of a refused start is no reason to wait', () => {
  const backoff = { failures: 1, untilMs: t0 + 1_000, reason: 'full' };
  const state = makeState([], { waiting: [makeWaiter('q')], ledger: { ...emptyLedger, backoff } });
  expect(effectsOf(decide(state, { kind: 'woke' }), 'refuse')).toHaveLength(1);
});
