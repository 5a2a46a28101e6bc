// A fixed endpoint that is away: the first who ask wait for it for a moment, the next ones hear at once, and one start at a time finds it back.
import { describe, expect, test } from 'vitest';
import { decidePool } from '../../../src/core/pool/decide-pool.ts';
import {
  isFoundAway,
  listTellsOfPlace,
  lookForMs,
  lookUntilMs,
  tellsOfPlace,
} from '../../../src/core/pool/found-away.ts';
import { backendGraceMs } from '../../../src/core/pool/pool-settings.ts';
import type { PoolEffect, PoolEvent } from '../../../src/core/pool/pool-events.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { Replica } from '../../../src/core/pool/pool-state.ts';
import { PoolBench, sightingOf } from './pool-bench.ts';

const away = { kind: 'unreachable', message: 'away' } as const;
const listed = (bench: PoolBench, result: Extract<PoolEvent, { kind: 'listed' }>['result']): PoolEvent => ({
  kind: 'listed',
  askedMs: bench.nowMs,
  result,
});

function rowsOf(bench: PoolBench, phase: Replica['phase']): readonly Replica[] {
  return [...bench.state.replicas.values()].filter((replica) => replica.phase === phase);
}

/** The endpoint refuses every start, and lets itself be given up unheard. */
function refuse(bench: PoolBench, effects: readonly PoolEffect[], afterMs = 0): readonly PoolEffect[] {
  bench.nowMs += afterMs;
  const answers: PoolEffect[] = [];
  for (const effect of effects) {
    if (effect.kind !== 'command') continue;
    const { command, replicaId, generation } = effect;
    const result =
      command === 'start' ? { ok: false as const, failure: away } : { ok: true as const, sighting: null };
    answers.push(...bench.feed({ kind: 'command-done', command, replicaId, generation, result }));
  }
  return answers;
}

/** Lets the pool's own wakes pass, each start refused, for `forMs`; returns all effects. */
function live(bench: PoolBench, forMs: number): readonly PoolEffect[] {
  const untilMs = bench.nowMs + forMs;
  const seen: PoolEffect[] = [];
  while (bench.wakeMs !== null && bench.wakeMs <= untilMs) {
    bench.nowMs = bench.wakeMs;
    const effects = bench.feed({ kind: 'woke' });
    seen.push(...effects, ...refuse(bench, effects));
    if (effects.some(({ kind }) => kind === 'list')) bench.feed(listed(bench, { ok: false, failure: away }));
  }
  bench.nowMs = untilMs;
  return seen;
}

/** A pool whose endpoint was found away: the first request has waited for it in vain. */
function findAway(change: Partial<PoolSettings> = {}): PoolBench {
  const bench = new PoolBench({ isFixed: true, parking: false, ...change });
  refuse(bench, bench.ask('first'));
  expect(live(bench, backendGraceMs)).toContainEqual(
    expect.objectContaining({ kind: 'refuse', waiterId: 'first' }),
  );
  return bench;
}

const refusals = (effects: readonly PoolEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'refuse' ? [[effect.waiterId, effect.refusal.kind]] : []));
const starts = (effects: readonly PoolEffect[]) =>
  effects.filter((effect) => effect.kind === 'command' && effect.command === 'start').length;

test('what shows that a fixed endpoint is there: a start, or a list with a replica that is ready', () => {
  const fixed = { isFixed: true };
  const agent = { isFixed: false };
  const ready = sightingOf({ id: 'a', generation: 1 }, 'ready');
  expect((['start', 'stop', 'park', 'wake'] as const).map((command) => tellsOfPlace(fixed, command))).toEqual(
    [true, false, false, false],
  );
  expect((['start', 'stop'] as const).every((command) => tellsOfPlace(agent, command))).toBe(true);
  expect(
    [[], [{ ...ready, condition: 'draining' as const }], [ready]].map((seen) =>
      listTellsOfPlace(fixed, seen),
    ),
  ).toEqual([false, false, true]);
  expect(listTellsOfPlace(agent, [])).toBe(true);
  const backend = { downSinceMs: 5, reason: 'away' };
  expect([fixed, agent].map((settings) => isFoundAway({ settings, backend }))).toEqual([true, false]);
  expect(lookUntilMs({ askedMs: 7 })).toBe(7 + lookForMs);
});

describe('a fixed endpoint that was found away', () => {
  test('refuses each request that follows in the decision that hears of it, not after another wait', () => {
    const bench = findAway();
    for (let at = 0; at < 40; at += 1) {
      live(bench, 300);
      expect(refusals(bench.ask(`q${at}`))).toEqual([[`q${at}`, 'backend-down']]);
    }
  });

  test('is asked by one start at a time, however many ask and however many replicas there may be', () => {
    const bench = new PoolBench({ isFixed: true, parking: false, slots: 1, replicasMax: 8, queueMax: 20 });
    const burst = Array.from({ length: 8 }, (_, at) => bench.ask(`q${at}`)).flat();
    expect(starts(burst)).toBe(8);
    refuse(bench, burst);
    live(bench, backendGraceMs);
    expect(rowsOf(bench, 'starting')).toHaveLength(1);
    const asked = bench.effects.length;
    for (let at = 0; at < 100; at += 1) {
      bench.ask(`r${at}`);
      expect(rowsOf(bench, 'starting')).toHaveLength(1);
      live(bench, 100);
    }
    // Ten seconds, in which one start alone is sent again, ever later: half of its tries were before.
    expect(starts(bench.effects.slice(asked))).toBeLessThanOrEqual(4);
  });

  test('has no more begun for many who come at once', () => {
    const bench = findAway({ slots: 1, replicasMax: 8, queueMax: 20 });
    const deadlineMs = bench.nowMs + 60_000;
    const many = Array.from({ length: 8 }, (_, at): PoolEvent => ({
      kind: 'acquire',
      waiter: { id: `q${at}`, tenant: 't', deadlineMs },
    }));
    const { effects } = decidePool(bench.settings, bench.state, many, bench.nowMs);
    expect(refusals(effects)).toHaveLength(8);
    expect(effects.filter(({ kind }) => kind === 'command')).toEqual([]);
  });

  test('serves the first who asks once that start was answered', () => {
    const bench = findAway();
    bench.ask('second');
    bench.answer('ready', 100);
    expect(bench.state.backend.downSinceMs).toBeNull();
    expect(bench.ask('third')).toContainEqual(expect.objectContaining({ kind: 'grant', waiterId: 'third' }));
  });

  test('is found back by a list, too, by the time at which the refused are told to come back', () => {
    const bench = findAway();
    live(bench, 8_000);
    bench.ask('second');
    expect(bench.wakeMs).toBeLessThanOrEqual(bench.nowMs + backendGraceMs);
    const ready = sightingOf(bench.sole(), 'ready');
    const effects = bench.feed(listed(bench, { ok: true, sightings: [ready] }));
    expect(bench.state.backend.downSinceMs).toBeNull();
    expect(starts(effects)).toBe(1);
  });

  test('stays found away when a list says nothing of it', () => {
    const bench = findAway();
    bench.feed(listed(bench, { ok: true, sightings: [] }));
    expect(bench.state.backend.downSinceMs).not.toBeNull();
  });

  test('is let go of when nobody has asked for a while: the pool is at rest, and the next one waits for an answer of then', () => {
    const bench = findAway();
    live(bench, lookForMs - backendGraceMs - 1);
    expect(bench.state.replicas.size).toBe(1);
    live(bench, 1);
    expect(bench.state.replicas.size).toBe(0);
    expect(bench.wakeMs).toBeNull();
    const effects = bench.feed(
      {
        kind: 'acquire',
        waiter: { id: 'later', tenant: 't', deadlineMs: bench.nowMs + 60_000 },
      },
      5_000,
    );
    expect([refusals(effects), starts(effects)]).toEqual([[], 1]);
    bench.answer('ready', 100);
    expect(bench.effects).toContainEqual(expect.objectContaining({ kind: 'grant', waiterId: 'later' }));
  });

  test('is looked for as long as a floor wants it', () => {
    const bench = findAway({ floor: 1 });
    live(bench, 3 * lookForMs);
    expect(refusals(bench.ask('late'))).toEqual([['late', 'backend-down']]);
  });
});

test('an agent that is away is not asked to start anything for those whom it refuses', () => {
  const bench = new PoolBench();
  refuse(bench, bench.ask('first'));
  const effects = live(bench, backendGraceMs);
  expect(refusals(effects)).toEqual([['first', 'backend-down']]);
  expect(rowsOf(bench, 'starting')).toEqual([]);
});
