// The table of runs on their way to a pool: bounded, each run once, nothing void, an arrival used up or doubted once; and what the pool
// does for them: starts, wakes, keeps, gives up.
import { describe, expect, test } from 'vitest';
import type { Expectation } from '../../../src/core/graph/expect-demand.ts';
import {
  emptyTable,
  expectedRunsMax,
  expectMsMax,
  expectRun,
  forgetVoid,
  learnLoadTime,
  noLoadTimes,
  noteArrival,
  timesOf,
  type ExpectTable,
} from '../../../src/core/pool/expect.ts';
import { emptyLedger, type PoolState } from '../../../src/core/pool/pool-state.ts';
import type { PoolEvent } from '../../../src/core/pool/pool-events.ts';
import { settings } from './pool-bench.ts';
import {
  acquire,
  commandsOf,
  decide,
  makeLease,
  makeReplica,
  makeState,
  phasesOf,
  t0,
} from './pool-fixtures.ts';

type Expect = Extract<PoolEvent, { kind: 'expect' }>;

function expectation(patch: Partial<Expectation> = {}): Expectation {
  return { pool: settings.pool, probability: 0.9, startMs: t0, untilMs: t0 + 60_000, ...patch };
}

function word(run: string, ...expectations: readonly Expectation[]): Expect {
  return { kind: 'expect', run, graphMode: 'just-in-time-p', expectations };
}

function tableOf(...words: readonly Expect[]): ExpectTable {
  return words.reduce((table, each) => expectRun(table, each, t0), emptyTable);
}

describe('the table', () => {
  test('holds what a run said last, and nothing once it takes it back', () => {
    const twice = tableOf(word('r', expectation()), word('r', expectation({ probability: 0.4 })));
    expect(twice.runs).toMatchObject([{ run: 'r', probability: 0.4 }]);
    expect(expectRun(twice, word('r'), t0).runs).toEqual([]);
  });

  test.each([
    ['void', { untilMs: t0 }],
    ['of no chance', { probability: 0 }],
    ['of a chance that is no number', { probability: Number.NaN }],
    ['of a time that is no number', { startMs: Number.NaN }],
    ['without an end', { untilMs: Infinity }],
  ] as const)('takes no expectation that is %s', (_, patch) => {
    expect(tableOf(word('r', expectation(patch))).runs).toEqual([]);
  });

  test('waits for no run longer than its bound, and counts no chance above one', () => {
    const far = tableOf(word('r', expectation({ probability: 9, startMs: t0 - 5, untilMs: t0 + 1e12 })));
    expect(far.runs).toMatchObject([{ probability: 1, startMs: t0, untilMs: t0 + expectMsMax }]);
  });

  test('full, leaves out the run that comes last', () => {
    const words = Array.from({ length: expectedRunsMax + 3 }, (_, n) =>
      word(`r${n}`, expectation({ startMs: t0 + 1_000 - n })),
    );
    const { runs } = tableOf(...words);
    expect(runs).toHaveLength(expectedRunsMax);
    expect(runs.map(({ run }) => run)).not.toContain('r0');
  });

  test('switched off, holds nothing', () => {
    const off = expectRun(
      tableOf(word('r', expectation())),
      { ...word('q', expectation()), graphMode: 'off' },
      t0,
    );
    expect(off).toEqual({ mode: 'off', runs: [] });
  });

  test('a run that names itself on arrival is used up; another arrival casts doubt on the first one, once', () => {
    const table = tableOf(word('a', expectation()), word('b', expectation({ startMs: t0 + 9 })));
    expect(noteArrival(table, 'b', t0).runs.map(({ run }) => run)).toEqual(['a']);
    expect(noteArrival(table, 'c', t0)).toBe(table);
    const doubted = noteArrival(noteArrival(table, undefined, t0), undefined, t0 + 1);
    expect(doubted.runs.map(({ doubtedUntilMs }) => doubtedUntilMs > t0)).toEqual([true, true]);
    expect(noteArrival(doubted, undefined, t0 + 2)).toBe(doubted);
  });

  test('forgets a run whose time is over, and is the same when there is none', () => {
    const table = tableOf(word('a', expectation()), word('b', expectation({ untilMs: t0 + 5 })));
    expect(forgetVoid(table, t0 + 5).runs.map(({ run }) => run)).toEqual(['a']);
    expect(forgetVoid(table, t0)).toBe(table);
  });
});

test('what nine in ten loads take is learned from those that were measured, and guessed before', () => {
  expect(timesOf(settings, noLoadTimes).loadMs).toEqual({
    p50: settings.loadGuessMs,
    p90: settings.loadGuessMs,
  });
  let times = noLoadTimes;
  for (let n = 0; n < 40; n += 1) times = learnLoadTime(times, 'load', n % 10 === 0 ? 40_000 : 10_000);
  const { loadMs } = timesOf(settings, times);
  expect(Math.abs(loadMs.p50 - 10_000)).toBeLessThan(2_000);
  expect(loadMs.p90).toBeGreaterThan(11_000);
});

describe('the pool', () => {
  const withRuns = (state: PoolState, ...words: readonly Expect[]): PoolState => ({
    ...state,
    ledger: { ...state.ledger, expected: tableOf(...words) },
  });

  test('starts a replica for a run that is to come, ahead of its demand', () => {
    const decision = decide(makeState([]), word('r', expectation()));
    expect(commandsOf(decision)).toEqual(['start m-1-here-1']);
    expect([...decision.state.replicas.values()]).toMatchObject([{ ahead: true, forRun: true }]);
  });

  test('is woken when the start of a later one is due', () => {
    const decision = decide(makeState([]), word('r', expectation({ startMs: t0 + 30_000 })));
    expect(phasesOf(decision)).toEqual([]);
    expect(decision.wakeMs).toBe(t0 + 30_000 - settings.loadGuessMs);
  });

  test('wakes what is parked before it starts what is gone', () => {
    const decision = decide(makeState([makeReplica('parked')]), word('r', expectation()));
    expect(commandsOf(decision)).toEqual(['wake m-1-here-1']);
  });

  test('never has more replicas than allowed, however many runs are on their way', () => {
    const words = Array.from({ length: 9 }, (_, n) => word(`r${n}`, expectation({ probability: 1 })));
    const decision = decide(withRuns(makeState([]), ...words), { kind: 'woke' });
    expect(phasesOf(decision)).toEqual(['starting', 'starting']);
  });

  test('gives up the load for a run that takes another way, unless somebody waits for it', () => {
    const loading = makeReplica('starting', { ahead: true, forRun: true });
    const expecting = withRuns(makeState([loading]), word('r', expectation()));
    const back = decide(expecting, word('r'));
    expect(commandsOf(back)).toEqual(['stop m-1-here-1']);
    const waiting = decide(expecting, acquire('q')).state;
    expect(commandsOf(decide(waiting, word('r')))).toEqual([]);
  });

  test('keeps what is hot until the run’s time is over, past every window', () => {
    const idle = makeReplica('hot', { ahead: true, forRun: true });
    const expecting = withRuns(makeState([idle]), word('r', expectation()));
    const late = t0 + settings.hotIdleMs + 5_000;
    expect(phasesOf(decide(expecting, { kind: 'woke' }, { atMs: late }))).toEqual(['hot']);
    const over = decide(expecting, { kind: 'woke' }, { atMs: t0 + 60_000 });
    expect(phasesOf(over)).toEqual(['parking']);
    expect(over.state.ledger.prewarms).toMatchObject({ useful: 0, wasted: 1, wastedMs: 60_000 });
  });

  test('keeps what is hot for a run that comes later, though nothing would be started for it yet', () => {
    const later = expectation({ startMs: t0 + 60_000, untilMs: t0 + 90_000 });
    const expecting = withRuns(makeState([makeReplica('hot')]), word('r', later));
    const past = t0 + settings.hotIdleMs + 5_000;
    expect(phasesOf(decide(expecting, { kind: 'woke' }, { atMs: past }))).toEqual(['hot']);
    expect(phasesOf(decide(makeState([makeReplica('hot')]), { kind: 'woke' }, { atMs: past }))).toEqual([
      'parking',
    ]);
  });

  test('counts the replica that a request uses as useful, and starts no second one for the same run', () => {
    const idle = makeReplica('hot', { ahead: true, forRun: true });
    const expecting = withRuns(makeState([idle]), word('r', expectation()));
    for (const run of ['r', undefined]) {
      const met = decide(expecting, {
        kind: 'acquire',
        waiter: { id: 'q', tenant: 'a', deadlineMs: t0 + 9_000, run },
      });
      expect(commandsOf(met)).toEqual([]);
      expect(met.state.ledger.prewarms).toEqual({ useful: 1, wasted: 0, wastedMs: 0 });
    }
  });

  test('starts one more for a run that was doubted and has not come, half a second later', () => {
    const busy = makeReplica('hot', { leases: [makeLease('l1'), makeLease('l2')] });
    const doubted = decide(withRuns(makeState([busy]), word('r', expectation())), acquire('q'));
    expect(phasesOf(doubted)).toEqual(['hot', 'starting']);
    const full = decide(doubted.state, acquire('q2'));
    expect(full.wakeMs).toBe(t0 + 500);
  });

  test('starts nothing into a backend that fails or is away', () => {
    const backoff = { failures: 1, untilMs: t0 + 5_000, reason: 'no' };
    const blocked = decide(makeState([], { ledger: { ...emptyLedger, backoff } }), word('r', expectation()));
    expect([commandsOf(blocked), blocked.wakeMs]).toEqual([[], t0 + 5_000]);
    const down = makeState([], { backend: { downSinceMs: t0 - 1, reason: 'away' } });
    expect(commandsOf(decide(down, word('r', expectation())))).toEqual([]);
  });
});
