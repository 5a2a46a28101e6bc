// What a pool does while the containers of a replica that it gave up are slow to go: the place hears everything, starts what it is told to
// start, and answers the stop with "they still run" for a minute.
import { expect, test } from 'vitest';
import type { PoolEffect, PoolEvent } from '../../../src/core/pool/pool-events.ts';
import { PoolBench, sightingOf } from './pool-bench.ts';

const lingersMs = 60_000;
const stopAnswersMs = 15_000;
const startTakesMs = 4_000;
const stepsMax = 1_000;

/** What one who asks `askMs` after the stop began is told, and how often the stop was sent until the containers were gone. */
function tellOf(askMs: number): { readonly told: readonly string[]; readonly stops: number } {
  const bench = new PoolBench({ parking: false });
  bench.release(bench.warm());
  const due: { readonly atMs: number; readonly event: PoolEvent }[] = [];
  const told: string[] = [];
  let stoppedMs: number | null = null;
  let stops = 0;
  let hasAsked = false;
  const take = (effects: readonly PoolEffect[]): void => {
    for (const effect of effects) {
      const atMs = bench.nowMs;
      if (effect.kind === 'grant' || effect.kind === 'refuse') told.push(effect.kind);
      if (effect.kind === 'list') {
        const sightings = [...bench.state.replicas.values()].map((replica) =>
          sightingOf(replica, replica.phase === 'stopping' ? 'draining' : 'loading'),
        );
        due.push({ atMs, event: { kind: 'listed', askedMs: atMs, result: { ok: true, sightings } } });
      }
      if (effect.kind !== 'command') continue;
      const { command, replicaId, generation } = effect;
      const done = { kind: 'command-done', command, replicaId, generation } as const;
      if (command === 'start') {
        const sighting = sightingOf({ id: replicaId, generation }, 'ready');
        due.push({ atMs: atMs + startTakesMs, event: { ...done, result: { ok: true, sighting } } });
      }
      if (command !== 'stop') continue;
      stops += 1;
      stoppedMs ??= atMs;
      const isGone = atMs - stoppedMs >= lingersMs;
      const failure = { kind: 'busy', message: '1 containers still run' } as const;
      const result = isGone ? ({ ok: true, sighting: null } as const) : ({ ok: false, failure } as const);
      due.push({ atMs: atMs + (isGone ? 0 : stopAnswersMs), event: { ...done, result } });
    }
  };
  for (let step = 0; step < stepsMax && told.length === 0; step += 1) {
    const askAtMs = stoppedMs === null || hasAsked ? Infinity : stoppedMs + askMs;
    const [next] = due.toSorted((a, b) => a.atMs - b.atMs);
    const atMs = Math.min(bench.wakeMs ?? Infinity, next?.atMs ?? Infinity, askAtMs);
    const afterMs = Math.max(0, atMs - bench.nowMs);
    if (askAtMs === atMs) {
      hasAsked = true;
      bench.nowMs += afterMs;
      take(bench.ask('late'));
    } else if (next?.atMs === atMs) {
      due.splice(due.indexOf(next), 1);
      take(bench.feed(next.event, afterMs));
    } else take(bench.feed({ kind: 'woke' }, afterMs));
  }
  return { told, stops };
}

test.each([1_000, 16_000, 24_000, 32_000, 50_000])(
  'while given-up containers linger, who asks %i ms after the stop began is served by the same place',
  (askMs) => {
    expect(tellOf(askMs).told).toEqual(['grant']);
  },
);

test('a stop that is not done yet is sent again, no sooner than it was answered', () => {
  expect(tellOf(50_000).stops).toBeLessThanOrEqual(4);
});
