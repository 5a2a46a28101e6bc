// What attempts say about a server, and how isolates gather it: what is not the server's fault never counts, successes are never told
// after the failures that they preceded, nothing grows without bound.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  classOfFailure,
  countOf,
  joinRuns,
  rowAtEnd,
  runMax,
} from '../../../src/core/resilience/outcome-class.ts';
import {
  firstTokensMax,
  isUrgent,
  noTally,
  noteOutcome,
  restoreTally,
  soundReports,
  takeReports,
  tallyReplicasMax,
} from '../../../src/core/resilience/outcome-tally.ts';

describe('the end of an attempt', () => {
  test.each([
    ['replica-unreachable', 'hard'],
    ['stream-cut', 'hard'],
    ['replica-error', 'failure'],
    ['bad-reply', 'failure'],
    ['first-token-timeout', 'slow'],
    ['idle-timeout', 'stall'],
  ] as const)('%s speaks against the server: %s', (kind, outcome) => {
    expect(classOfFailure({ kind })).toBe(outcome);
  });

  test.each([
    'replica-refused',
    'client-gone',
    'total-timeout',
    'invalid',
    'too-large',
    'queue-full',
    'wait-timeout',
    'cannot-start',
    'backend-down',
    'circuit-open',
    'endpoint-in-the-clear',
    'internal',
  ] as const)('%s does not count', (kind) => {
    expect(classOfFailure({ kind })).toBeNull();
  });

  test('a server that is too busy speaks against itself, unless it only tells of a quota', () => {
    expect(classOfFailure({ kind: 'replica-busy', status: 503 })).toBe('failure');
    expect(classOfFailure({ kind: 'replica-busy', status: 429 })).toBeNull();
  });

  test('a whole answer is a success', () => {
    expect(classOfFailure(null)).toBe('ok');
  });
});

describe('a run of outcomes', () => {
  test('keeps the last twenty, and nothing that is no outcome', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (run, more) => {
        const joined = joinRuns(joinRuns('', run), more);
        expect(joined).toMatch(/^[ohfst]*$/);
        expect(joined.length).toBeLessThanOrEqual(runMax);
        expect((run + more).replaceAll(/[^ohfst]/g, '').endsWith(joined)).toBe(true);
      }),
    );
  });

  test('counts rows from its end, past letters that neither count nor end one', () => {
    expect(rowAtEnd('ofsfh', 'hf', 's')).toBe(3);
    expect(rowAtEnd('ofsfh', 'hf')).toBe(2);
    expect(rowAtEnd('fffo', 'hf')).toBe(0);
    expect(countOf('ofsfh', 'hf')).toBe(3);
  });
});

describe('an isolate', () => {
  test('tells successes with the next beat and anything else at once, in order, and how old the last success is', () => {
    let tally = noteOutcome(noTally, { replicaId: 'a', outcome: 'ok', firstTokenMs: 80 }, 100);
    tally = noteOutcome(tally, { replicaId: 'b', outcome: 'ok' }, 200);
    expect(isUrgent(tally)).toBe(false);
    tally = noteOutcome(tally, { replicaId: 'a', outcome: 'hard' }, 300);
    expect(isUrgent(tally)).toBe(true);
    const taken = takeReports(tally, 310);
    expect(taken.reports).toEqual([
      { replicaId: 'b', run: 'o', okAgeMs: 110, firstTokensMs: [] },
      { replicaId: 'a', run: 'oh', okAgeMs: 210, firstTokensMs: [80] },
    ]);
    expect(taken.tally).toEqual(noTally);
  });

  test('puts back what did not arrive, before what came since', () => {
    const unsent = noteOutcome(noTally, { replicaId: 'a', outcome: 'failure', firstTokenMs: 1 }, 5);
    const since = noteOutcome(noTally, { replicaId: 'a', outcome: 'ok', firstTokenMs: 2 }, 7);
    const { reports } = takeReports(restoreTally(since, unsent), 10);
    expect(reports).toEqual([{ replicaId: 'a', run: 'fo', okAgeMs: 3, firstTokensMs: [1, 2] }]);
    expect(restoreTally(noTally, unsent)).toEqual(unsent);
  });

  test('holds and tells no more than it may, whatever happens, and so does who hears it', () => {
    let tally = noTally;
    for (let at = 0; at < 500; at += 1) {
      tally = noteOutcome(tally, { replicaId: `r${at % 90}`, outcome: 'ok', firstTokenMs: at }, at);
    }
    expect(tally).toHaveLength(tallyReplicasMax);
    expect(tally.at(-1)?.replicaId).toBe('r49');
    const wild = {
      replicaId: 'a',
      run: 'x'.repeat(5000) + 'o',
      okAgeMs: Number.NaN,
      firstTokensMs: [NaN, -1, Infinity, ...Array(99).fill(5)],
      beatenMs: [-5, ...Array(99).fill(7)],
    };
    expect(soundReports([wild])).toEqual([
      {
        replicaId: 'a',
        run: 'o',
        okAgeMs: null,
        firstTokensMs: Array(firstTokensMax).fill(5),
        beatenMs: Array(firstTokensMax).fill(7),
      },
    ]);
  });

  test('tells how long a replica was waited for that another one beat apart from its first tokens', () => {
    const beaten = { replicaId: 'a', outcome: 'slow', firstTokenMs: 320, isBeaten: true } as const;
    const unsent = noteOutcome(noTally, beaten, 5);
    const since = noteOutcome(noTally, { replicaId: 'a', outcome: 'ok', firstTokenMs: 150 }, 7);
    const { reports } = takeReports(restoreTally(since, unsent), 10);
    expect(reports).toEqual([
      { replicaId: 'a', run: 'so', okAgeMs: 3, firstTokensMs: [150], beatenMs: [320] },
    ]);
  });
});
