import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addToLog, emptyLog, lineCharsMax, linesMax } from '../../../src/dashboard/log-lines.ts';
import type { LogEvent } from '../../../src/dashboard/runs-api.ts';

const events = (...entries: readonly (readonly [string, LogEvent['data']])[]): readonly LogEvent[] =>
  entries.map(([type, data], at) => ({ seq: at + 1, type, data }));

const piece = (text: string, step: number | null = 0, attempt = 1) =>
  ['text', { step, attempt, text }] as const;

describe('the log of a run', () => {
  test('pieces of one text are put together again, whatever pages they came in', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 9 }), { maxLength: 20 }), fc.nat(20), (words, cut) => {
        const all = events(...words.map((word) => piece(word)));
        const log = addToLog(addToLog(emptyLog, all.slice(0, cut)), all.slice(cut));
        expect(log.lines.map(({ text }) => text).join('|')).toBe(words.join(''));
        expect(log.seq).toBe(words.length);
      }),
    );
  });

  test('texts of two steps, of two attempts, and of the author are kept apart', () => {
    const log = addToLog(emptyLog, events(piece('a'), piece('b', 1), piece('c', 1, 2), piece('d', null, 0)));
    expect(log.lines.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a page that comes twice adds nothing', () => {
    const all = events(piece('a'), ['step.done', { step: 0, ok: true, ms: 1_200 }]);
    const log = addToLog(emptyLog, all);
    expect(addToLog(log, all)).toEqual(log);
  });

  test('every kind of event has its words', () => {
    const log = addToLog(
      emptyLog,
      events(
        ['run.started', { run: 'run_1', function: 'f', version: 2 }],
        ['step.started', { step: 0, kind: 'chat', name: 'reason', attempt: 1 }],
        ['step.progress', { step: 0, attempt: 1, doing: 'load-index', total: 207 }],
        ['step.retry', { step: 0, attempt: 1, code: 'overloaded', after_ms: 240 }],
        ['step.started', { step: 0, kind: 'chat', name: 'reason', attempt: 2 }],
        ['segment', { step: 0, attempt: 2, reason: 'interrupted' }],
        ['step.done', { step: 0, ok: true, ms: 1_200 }],
        ['step.done', { step: 1, ok: false, ms: 20, code: 'refused' }],
        ['event', { type: 'progress', data: { half: true } }],
        ['draft', { output: 'so far' }],
        ['run.failed', { code: 'bug', message: 'it threw' }],
      ),
    );
    expect(log.lines.map(({ text }) => text)).toEqual([
      'f, version 2',
      'step 0 chat reason',
      'step 0: load-index, 207 documents',
      'step 0: overloaded; next try in 240 ms',
      'step 0 chat reason, try 2',
      'step 0 begins anew: its last attempt was cut short',
      'step 0 done after 1.2 s',
      'step 1 failed: refused after 20 ms',
      'progress: {"half":true}',
      'so far',
      'bug: it threw',
    ]);
  });

  test.each(['run.completed', 'run.failed', 'run.cancelled', 'run.incomplete'])('%s ends it', (type) => {
    expect(addToLog(emptyLog, events(piece('a'))).isOver).toBe(false);
    expect(addToLog(emptyLog, events([type, {}])).isOver).toBe(true);
  });

  test('a log without end keeps its last lines and says how many are gone; a line without end is cut', () => {
    const many = events(
      ...Array.from({ length: linesMax + 7 }, (_, at) => ['event', { type: `e${at}`, data: 1 }] as const),
    );
    const log = addToLog(emptyLog, many);
    expect(log.lines.length).toBe(linesMax);
    expect(log.dropped).toBe(7);
    expect(log.lines.at(-1)?.text).toBe(`e${linesMax + 6}: 1`);
    const long = addToLog(emptyLog, events(piece('a'.repeat(lineCharsMax)), piece('b'), piece('c')));
    expect(long.lines[0]?.text).toBe(`${'a'.repeat(lineCharsMax)}…`);
  });
});
