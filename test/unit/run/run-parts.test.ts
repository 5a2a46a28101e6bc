// The small parts of a run: fingerprints, delays, ranking, commits, the chat form, visits.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChatStreamForm } from '../../../src/core/run/chat-stream-form.ts';
import { compactWrites } from '../../../src/core/run/compact-writes.ts';
import { hashText } from '../../../src/core/run/hash-text.ts';
import { stableText } from '../../../src/core/run/json.ts';
import { rankByCosine } from '../../../src/core/run/rank-by-cosine.ts';
import { retryDelayMs } from '../../../src/core/run/retry-delay.ts';
import type { RunWrite } from '../../../src/core/run/run-events.ts';
import type { LogEntry, LogType } from '../../../src/core/run/run-state.ts';

describe('a fingerprint', () => {
  test('is 16 hex digits, the same for the same text, another one for another', () => {
    const texts = fc.uniqueArray(fc.string({ maxLength: 40 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(texts, (all) => {
        const hashes = all.map(hashText);
        for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
        expect(new Set(hashes).size).toBe(all.length);
      }),
    );
  });

  test('does not see the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const turned = Object.fromEntries(Object.entries(record).toReversed());
        expect(stableText(turned)).toBe(stableText(record));
      }),
    );
  });

  test('is asked only of what JSON can hold', () => {
    expect(stableText(() => 1)).toBeNull();
    expect(stableText(1n)).toBeNull();
  });
});

test('a retry waits longer after each failure, within its bounds, and not less than the server asks', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, chance) => {
        const waitMs = retryDelayMs(failures, null, chance);
        expect(waitMs).toBeGreaterThanOrEqual(100);
        expect(waitMs).toBeLessThanOrEqual(10_000);
        expect(retryDelayMs(failures + 1, null, chance)).toBeGreaterThanOrEqual(waitMs);
        expect(retryDelayMs(failures, 5_000, chance)).toBeGreaterThanOrEqual(5_000);
        expect(retryDelayMs(failures, 1e9, chance)).toBeLessThanOrEqual(10_000);
      },
    ),
  );
});

test('documents are ranked by their nearness; odd vectors come last', () => {
  const ranked = rankByCosine([1, 0], [[0, 1], [1, 0], [1, 1], [0, 0], [1]]);
  expect(ranked.map(({ index }) => index)).toEqual([1, 2, 0, 3, 4]);
  expect(ranked[0]?.score).toBeCloseTo(1);
});

test('of several versions of a row only the last is written, and the log keeps its order', () => {
  const log = (seq: number): RunWrite => ({ kind: 'log', entry: { seq, type: 'event', data: {} } });
  const progress = (tailSeq: number): RunWrite => ({ kind: 'progress', progress: { tailSeq } as never });
  expect(compactWrites([progress(1), log(1), progress(2), log(2)])).toEqual([log(1), progress(2), log(2)]);
});

describe('a run as a chat stream', () => {
  const head = { id: 'run_1', model: 'function:f', created: 1 };
  const entry = (type: LogType, data: LogEntry['data'] = {}): LogEntry => ({ seq: 1, type, data });
  const text = (words: string, attempt = 1): LogEntry => entry('text', { step: 0, attempt, text: words });

  const stream = (entries: readonly LogEntry[]): string => {
    const form = new ChatStreamForm(head, String);
    return entries.map((each) => form.render(each)).join('');
  };
  const wordsOf = (body: string): string =>
    body
      .split('\n\n')
      .filter((frame) => frame.startsWith('data: {'))
      .map((frame) => {
        const chunk = JSON.parse(frame.slice(6)) as { choices: { delta: { content?: string } }[] };
        return chunk.choices[0]?.delta.content ?? '';
      })
      .join('');

  test('says what the run says, then the rest of the answer, then ends', () => {
    const body = stream([
      entry('run.started'),
      text('Hel'),
      text('lo'),
      entry('run.completed', { output: 'Hello.' }),
    ]);
    expect(wordsOf(body)).toBe('Hello.');
    expect(body).toMatch(/"finish_reason":"stop"\}\]\}\n\ndata: \[DONE\]\n\n$/);
  });

  test('hears an attempt that says the same again go on as if nothing had happened', () => {
    const body = stream([
      text('one two'),
      entry('segment', { step: 0 }),
      text('one', 2),
      text(' two three', 2),
    ]);
    expect(wordsOf(body)).toBe('one two three');
  });

  test('an attempt that goes another way ends the stream as an error, never as an answer', () => {
    const body = stream([
      text('one two'),
      entry('segment', { step: 0 }),
      text('else', 2),
      entry('run.completed', { output: 'else' }),
    ]);
    expect(wordsOf(body)).toBe('one two');
    expect(body).toContain('"code":"stream_cut"');
    expect(body).not.toContain('[DONE]');
  });

  test.each(['run.failed', 'run.cancelled', 'run.incomplete'] as const)(
    '%s is an error, not an end',
    (type) => {
      const body = stream([text('one'), entry(type, { code: 'c', message: 'm', reason: 'budget_steps' })]);
      expect(body).toMatch(/event: error\n/);
      expect(body).not.toContain('[DONE]');
    },
  );
});
