// The doctor's judgements of figures, and how it says what it found.
import { describe, expect, test } from 'vitest';
import { judgeClock } from '../../../src/cli/doctor/check-agent.ts';
import { judgeSpace } from '../../../src/cli/doctor/check-machine.ts';
import { fine, renderFindings, unknown, warning, wrong } from '../../../src/cli/doctor/finding.ts';

describe('a clock', () => {
  const askedMs = Date.UTC(2026, 10, 1, 12, 0, 0, 400);
  const at = (ms: number): string => new Date(ms).toUTCString();

  test.each([
    ['the same second', 0, 'ok'],
    ['five seconds behind, less the rest of its second', -5_000, 'ok'],
    ['eight seconds behind', -8_000, 'wrong'],
    ['four seconds ahead', 4_000, 'ok'],
    ['eight seconds ahead', 8_000, 'wrong'],
  ])('%s', (_name, offMs, state) => {
    expect(judgeClock(at(askedMs + offMs), askedMs, askedMs + 50).state).toBe(state);
  });

  test('an answer that was under way for long is no skew', () => {
    expect(judgeClock(at(askedMs), askedMs, askedMs + 60_000).state).toBe('ok');
  });

  test.each([null, 'yesterday'])('a date of %j says nothing', (date) => {
    expect(judgeClock(date, askedMs, askedMs).state).toBe('unknown');
  });
});

test('a disk with less than 512 MiB is wrong, with its figure', () => {
  expect(judgeSpace('state', 512 * 1024 * 1024).state).toBe('ok');
  expect(judgeSpace('state', 511 * 1024 * 1024)).toMatchObject({ state: 'wrong', what: /only 511 MiB/ });
});

test('every finding has its line, a remedy its own, and the end counts what is wrong', () => {
  const found = [fine('a', 'x'), unknown('b', 'y'), warning('c', 'z', 'do'), wrong('d', 'w', 'do\nthis')];
  expect(renderFindings(found)).toBe(
    [
      'ok       a: x',
      '?        b: y',
      'warning  c: z',
      '         -> do',
      'WRONG    d: w',
      '         -> do',
      '            this',
      '',
      '1 thing is wrong',
    ].join('\n'),
  );
  expect(renderFindings([fine('a', 'x')])).toContain('nothing is wrong');
});
