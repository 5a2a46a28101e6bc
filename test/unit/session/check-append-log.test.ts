// The checker of append logs against an exhaustive search on small histories, against planted bugs on large ones, and in its own time.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHistory } from '../../../src/core/session/append-log-history.ts';
import type { HistoryOp } from '../../../src/core/session/append-log-history.ts';
import { checkAppendLog } from '../../../src/core/session/check-append-log.ts';
import { makeRng } from '../../../src/core/base/rng.ts';

type Append = Extract<HistoryOp, { op: 'append' }>;
type Read = Extract<HistoryOp, { op: 'read' }>;

function append(
  id: string,
  [from, to]: readonly [number, number | null],
  seq?: number,
  more: Partial<Append> = {},
): Append {
  const result = seq === undefined ? {} : { result: { entries: [{ seq, id }] } };
  const outcome = to === null ? 'info' : 'ok';
  return {
    client: 1,
    log: 'L',
    op: 'append',
    args: { ids: [id] },
    invokeMs: from,
    returnMs: to,
    outcome,
    ...result,
    ...more,
  };
}

function read(ids: string, [from, to]: readonly [number, number], afterSeq = 0, hasMore = false): Read {
  const entries = ids.split('').map((id, at) => ({ seq: afterSeq + 1 + at, id }));
  return {
    client: 2,
    log: 'L',
    op: 'read',
    args: { afterSeq },
    invokeMs: from,
    returnMs: to,
    outcome: 'ok',
    result: { entries, hasMore },
  };
}

function appendIf(
  id: string,
  times: readonly [number, number],
  expectedSeq: number,
  tailSeq: number,
): Append {
  const args = { ids: [id], expectedSeq };
  return append(id, times, undefined, { outcome: 'fail', result: { tailSeq }, args });
}

const rules = (history: readonly HistoryOp[]): string =>
  [...new Set(checkAppendLog(history).map(({ rule }) => rule))].sort().join('');

describe('a history that can be explained', () => {
  test.each<[string, readonly HistoryOp[]]>([
    ['nothing happened', []],
    ['one after the other', [append('a', [1, 2], 1), append('b', [3, 4], 2), read('ab', [5, 6])]],
    ['at once, in the other order', [append('a', [1, 9], 2), append('b', [1, 9], 1), read('ba', [10, 11])]],
    [
      'a read that overlaps an append sees it or not',
      [append('a', [1, 9], 1), read('', [2, 3]), read('a', [4, 5])],
    ],
    ['what is unknown has happened', [append('a', [1, null]), read('a', [3, 4])]],
    ['what is unknown has not happened', [append('a', [1, null]), read('', [3, 4])]],
    ['what is unknown happens late', [append('a', [1, null]), read('', [3, 4]), read('a', [5, 6])]],
    [
      'a page that says there is more',
      [append('a', [1, 2], 1), append('b', [3, 4], 2), read('a', [5, 6], 0, true), read('ab', [7, 8])],
    ],
    [
      'nothing after a place',
      [append('a', [1, 2], 1), read('', [3, 4], 1), read('', [3, 4], 7), read('a', [5, 6])],
    ],
    [
      'append-if on the tail',
      [
        append('a', [1, 2], 1),
        append('b', [3, 4], 2, { args: { ids: ['b'], expectedSeq: 1 } }),
        read('ab', [5, 6]),
      ],
    ],
    [
      'append-if that is refused with the tail',
      [append('a', [1, 2], 1), appendIf('b', [3, 4], 0, 1), read('a', [5, 6])],
    ],
    [
      'moments that are equal count as at once',
      [append('a', [1, 2], 2), append('b', [2, 3], 1), read('ba', [4, 5])],
    ],
  ])('%s', (_name, history) => {
    expect(checkAppendLog(history)).toEqual([]);
  });
});

describe('a history that cannot be explained', () => {
  test.each<[string, string, readonly HistoryOp[]]>([
    ['a lost acknowledgement', 'a', [append('a', [1, 2]), read('', [3, 4])]],
    [
      'a stale read of what was acknowledged',
      'c',
      [append('a', [1, 2], 1), read('', [3, 4]), read('a', [5, 6])],
    ],
    ['a doubled append', 'a', [append('a', [1, null]), read('aa', [3, 4])]],
    ['two entries at one place', 'a', [append('a', [1, 9], 1), append('b', [1, 9], 1), read('a', [10, 11])]],
    ['an order against time', 'b', [append('a', [1, 2], 2), append('b', [3, 4], 1), read('ba', [5, 6])]],
    [
      'a prefix with a gap',
      'd',
      [
        append('a', [1, 2], 1),
        append('b', [3, 4], 2),
        { ...read('b', [5, 6], 1), args: { afterSeq: 0 } },
        read('ab', [7, 8]),
      ],
    ],
    ['a log that shrinks', 'd', [append('a', [1, null]), read('a', [2, 3]), read('', [4, 5])]],
    [
      'a read of what was not asked for yet',
      'f',
      [read('a', [1, 2]), append('a', [3, 4], 1), read('a', [5, 6])],
    ],
    ['an entry out of nowhere', 'f', [read('x', [1, 2])]],
    ['what was refused and stands there', 'f', [appendIf('a', [1, 2], 1, 0), read('a', [3, 4])]],
    [
      'append-if on a false tail',
      'e',
      [
        append('a', [1, 2], 1),
        append('b', [3, 4], 2, { args: { ids: ['b'], expectedSeq: 0 } }),
        read('ab', [5, 6]),
      ],
    ],
    [
      'append-if that is refused on the true tail',
      'e',
      [append('a', [1, 2], 1), appendIf('b', [3, 4], 1, 1), read('a', [5, 6])],
    ],
    [
      'append-if that is refused with a stale tail',
      'c',
      [append('a', [1, 2], 1), appendIf('b', [3, 4], 1, 0), read('a', [5, 6])],
    ],
    ['more than anybody ever read', 'd', [append('a', [1, 2], 1), read('a', [3, 4], 0, true)]],
    [
      'an answer before its question',
      'b',
      [
        append('q', [1, 9], 2, {
          args: { ids: ['q', 'r'] },
          result: {
            entries: [
              { seq: 2, id: 'q' },
              { seq: 1, id: 'r' },
            ],
          },
        }),
        read('rq', [10, 11]),
      ],
    ],
    [
      'a chain of three that only together is impossible',
      'b',
      [append('c', [1, 2], 3), append('a', [1, 9], 1), append('b', [5, 6], 2), read('abc', [10, 11])],
    ],
  ])('%s', (_name, rule, history) => {
    expect(rules(history)).toContain(rule);
  });

  test('a fork that does not begin with what its origin held, and one that does', () => {
    const fork = (ids: string): readonly HistoryOp[] => [
      append('a', [1, 2], 1),
      append('b', [3, 4], 2),
      {
        client: 3,
        log: 'L',
        op: 'fork',
        args: { afterSeq: 1, into: 'F' },
        invokeMs: 5,
        returnMs: 6,
        outcome: 'ok',
      },
      { ...append('c', [7, 8], 2), log: 'F' },
      { ...read(ids, [9, 10]), log: 'F' },
      read('ab', [9, 10]),
    ];
    expect(checkAppendLog(fork('ac'))).toEqual([]);
    expect(rules(fork('bc'))).not.toBe('');
    expect(rules([...fork('ac'), { ...read('', [11, 12]), log: 'F' }])).toBe('c');
  });
});

/** A log as it should be, run under random overlap; what clients saw of it. */
function record(seed: number, count: number): HistoryOp[] {
  const draw = makeRng(seed);
  const log: string[] = [];
  const history: HistoryOp[] = [];
  for (let at = 0; at < count; at += 1) {
    const momentMs = at * 10;
    const times = {
      invokeMs: momentMs - Math.floor(draw() * 40),
      returnMs: momentMs + Math.floor(draw() * 40),
    };
    const id = String.fromCharCode(97 + at);
    const chance = draw();
    if (chance < 0.4) {
      log.push(id);
      history.push({ ...append(id, [0, 1], log.length), ...times });
    } else if (chance < 0.5) {
      if (draw() < 0.5) log.push(id);
      history.push({ ...append(id, [times.invokeMs, null]) });
    } else if (chance < 0.65) {
      const expectedSeq = Math.max(0, log.length - (draw() < 0.5 ? 0 : 1));
      if (expectedSeq === log.length) {
        log.push(id);
        const args = { ids: [id], expectedSeq };
        history.push({ ...append(id, [0, 1], log.length, { args }), ...times });
      } else history.push({ ...appendIf(id, [0, 1], expectedSeq, log.length), ...times });
    } else {
      const afterSeq = Math.floor(draw() * (log.length + 1));
      const rest = log.slice(afterSeq);
      const cut = draw() < 0.3 ? Math.floor(draw() * rest.length) : rest.length;
      history.push({
        ...read(rest.slice(0, cut).join(''), [0, 1], afterSeq, cut < rest.length),
        ...times,
      });
    }
  }
  const endMs = count * 10 + 100;
  return [...history, read(log.join(''), [endMs, endMs + 1])];
}

/** Turns one true history into one that may be false. */
function bend(history: HistoryOp[], seed: number): HistoryOp[] {
  const draw = makeRng(seed);
  const at = Math.floor(draw() * (history.length - 1));
  return history.map((op, index) => {
    if (index !== at) return op;
    const shift = Math.floor((draw() - 0.5) * 160);
    if (draw() < 0.6 || op.op === 'fork') {
      return {
        ...op,
        invokeMs: op.invokeMs + shift,
        returnMs: op.returnMs === null ? null : op.returnMs + shift,
      };
    }
    if (op.op === 'read') {
      const entries = op.result?.entries.slice(0, -1) ?? [];
      return { ...op, result: { entries, hasMore: op.result?.hasMore ?? false } };
    }
    if (op.result?.tailSeq !== undefined)
      return { ...op, result: { tailSeq: Math.max(0, op.result.tailSeq - 1) } };
    return { ...op, args: { ...op.args, expectedSeq: Math.floor(draw() * 4) } };
  });
}

/** Whether some order of the operations explains all answers: every order is tried. */
function canBeExplained(history: readonly HistoryOp[]): boolean {
  const search = (left: readonly HistoryOp[], log: string): boolean => {
    if (left.every((op) => op.outcome === 'info')) return true;
    const firstEndMs = Math.min(
      ...left.map((op) => (op.outcome === 'info' ? Infinity : (op.returnMs ?? Infinity))),
    );
    return left.some((op) => {
      if (op.invokeMs > firstEndMs) return false;
      const after = explain(op, log);
      return (
        after !== null &&
        search(
          left.filter((other) => other !== op),
          after,
        )
      );
    });
  };
  return search(history, '');
}

/** The log after the operation if its answer is right there; null when it is not. */
function explain(op: HistoryOp, log: string): string | null {
  if (op.op === 'append') return explainAppend(op, log);
  if (op.op === 'fork' || op.result === undefined) return null;
  const { entries, hasMore } = op.result;
  const rest = log.slice(op.args.afterSeq);
  const seen = entries.map(({ id }) => id).join('');
  if (entries.some(({ seq }, at) => seq !== op.args.afterSeq + 1 + at)) return null;
  return rest.startsWith(seen) && hasMore === rest.length > seen.length ? log : null;
}

function explainAppend({ args, outcome, result }: Append, log: string): string | null {
  const isOnTail = args.expectedSeq === undefined || args.expectedSeq === log.length;
  if (outcome === 'fail') return result?.tailSeq === log.length && !isOnTail ? log : null;
  if (!isOnTail) return null;
  const seq = result?.entries?.[0]?.seq;
  return seq === undefined || seq === log.length + 1 ? log + args.ids.join('') : null;
}

describe('the checker', () => {
  test('agrees with an exhaustive search, on true histories and on bent ones', () => {
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), fc.integer(), (seed, count, bent) => {
        const truth = record(seed, count);
        expect(checkAppendLog(truth)).toEqual([]);
        const history = bend(truth, bent);
        const isExplained = canBeExplained(history);
        if (isExplained) accepted += 1;
        else refused += 1;
        expect({ history, clean: checkAppendLog(history).length === 0 }).toEqual({
          history,
          clean: isExplained,
        });
      }),
      { numRuns: 3_000 },
    );
    // Both verdicts were put to the test.
    expect(Math.min(accepted, refused)).toBeGreaterThan(300);
  });

  test('takes 20,000 operations in its stride, and finds the one that is wrong', () => {
    const history: HistoryOp[] = [];
    const ids: string[] = [];
    for (let at = 1; at <= 20_000; at += 1) {
      ids.push(`e${at}`);
      history.push(append(`e${at}`, [at * 10, at * 10 + 25], at));
    }
    const entries = ids.map((id, at) => ({ seq: at + 1, id }));
    const whole: Read = { ...read('', [300_000, 300_001]), result: { entries, hasMore: false } };
    expect(checkAppendLog([...history, whole])).toEqual([]);
    const stale: Read = {
      ...whole,
      invokeMs: 150_000,
      returnMs: 150_001,
      result: { entries: entries.slice(0, 14_000), hasMore: false },
    };
    expect(checkAppendLog([...history, whole, stale]).map(({ rule }) => rule)).toEqual(['c']);
  });
});

test('a history is read from lines; a line that is none is named', () => {
  const lines = record(7, 6).map((op) => JSON.stringify(op));
  const parsed = parseHistory(`${lines.join('\n')}\n\n`);
  expect(parsed.ok && checkAppendLog(parsed.value)).toEqual([]);
  expect(parseHistory('{"op":')).toEqual({ ok: false, error: 'line 1 is no JSON' });
  expect(parseHistory(`${lines[0]}\n{"op":"append"}`)).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^line 2/),
  });
});
