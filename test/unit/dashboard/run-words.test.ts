import { expect, test } from 'vitest';
import { describeReason, formatAgo, formatCold } from '../../../src/dashboard/run-words.ts';

test.each([
  [0, 'just now'],
  [12_400, '12 s ago'],
  [61_000, '1 min ago'],
  [7_300_000, '2 h ago'],
  [200_000_000, '2 d ago'],
])('%d ms are %s', (ms, words) => {
  expect(formatAgo(ms)).toBe(words);
});

test('cold delay is a share of the run, none when nothing was cold, and open when nobody measured it', () => {
  expect(formatCold(3_000, 8_300)).toBe('3.0 s (36 %)');
  expect(formatCold(0, 8_300)).toBe('none');
  expect(formatCold(undefined, 8_300)).toBe('–');
  // Parallel steps wait at the same time: together they may wait for longer than the run took.
  expect(formatCold(9_000, 3_000)).toBe('9.0 s (100 %)');
});

test('a budget that was used up is named; a reason without words is shown as it is', () => {
  expect(describeReason('budget_tokens')).toBe('Its budget of tokens was used up.');
  expect(describeReason('moon')).toBe('It ended early: moon.');
});
