import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogEntry, LogType } from '../../../src/core/run/run-state.ts';
import { TurnText, type TextChange } from '../../../src/core/run/turn-text.ts';

const entry = (type: LogType, data: LogEntry['data']): LogEntry => ({ seq: 1, type, data });
const text = (step: number, words: string): LogEntry => entry('text', { step, attempt: 1, text: words });
const segment = (step: number): LogEntry => entry('segment', { step, attempt: 2, reason: 'failed' });
const completed = (output: string): LogEntry => entry('run.completed', { output });

/** What a follower that obeys has in the end. */
function obey(had: string, changes: readonly TextChange[]): string {
  return changes.reduce(
    (all, change) => (change.kind === 'add' ? all + change.text : all.slice(0, change.chars)),
    had,
  );
}

describe('the text of a turn', () => {
  test('is what the steps say, and the rest of the answer behind it', () => {
    const turn = new TurnText(0, String);
    expect(turn.take([text(0, 'Hel'), text(0, 'lo'), completed('Hello.')])).toEqual([
      { kind: 'add', text: 'Hel' },
      { kind: 'add', text: 'lo' },
      { kind: 'add', text: '.' },
    ]);
    expect(turn.whole).toBe('Hello.');
  });

  test('loses what an attempt said that was cut, and nothing else', () => {
    const turn = new TurnText(0, () => '');
    const changes = turn.take([text(0, 'One. '), text(1, 'Tw'), segment(1), text(1, 'Two.')]);
    expect(changes).toContainEqual({ kind: 'cut', chars: 5, reason: 'failed' });
    expect(obey('', changes)).toBe('One. Two.');
  });

  test('an answer that goes another way takes the place of what was said', () => {
    const turn = new TurnText(0, String);
    expect(obey('', turn.take([text(0, 'perhaps'), completed('No.')]))).toBe('No.');
  });

  test('a follower of an earlier life, whatever it had heard, has the whole text in the end', () => {
    const words = fc.string({ minLength: 1, maxLength: 5 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), step: fc.integer({ min: 0, max: 2 }), words }),
      fc.record({ kind: fc.constant('segment' as const), step: fc.integer({ min: 0, max: 2 }), words }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.nat(12), fc.nat(12), (steps, heard, batch) => {
        const log = steps.map((each) =>
          each.kind === 'text' ? text(each.step, each.words) : segment(each.step),
        );
        const first = new TurnText(0, () => '');
        const had = obey('', first.take(log.slice(0, heard)));
        const second = new TurnText(had.length, () => '');
        const at = Math.min(batch, log.length);
        const heardLater = [
          ...second.take(log.slice(0, at)),
          ...second.take(log.slice(at)),
          ...second.take([completed('')]),
        ];
        const fresh = new TurnText(0, () => '');
        fresh.take(log);
        expect(obey(had, heardLater)).toBe(fresh.whole);
      }),
    );
  });
});
