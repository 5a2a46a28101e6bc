import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  acceptSummary,
  askForSummary,
  extractSummary,
  FOLD_MESSAGES_MAX,
  planFold,
} from '../../../src/core/session/plan-summary.ts';
import type { LoggedMessage } from '../../../src/core/session/session-state.ts';

const gauge = { words: 1, digits: 1, marks: 1, wide: 1 };
const budget = { tokensMax: 1_000, gauge };

/** A log of whole turns whose messages take `chars` each. */
function logOf(turns: number, chars: number): readonly LoggedMessage[] {
  return Array.from({ length: turns * 2 }, (_, at) => ({
    seq: at + 1,
    turn: `t${Math.floor(at / 2)}`,
    role: at % 2 === 0 ? 'user' : 'assistant',
    content: `${at + 1}:`.padEnd(chars, 'x'),
  }));
}

test('a log that fits is left alone', () => {
  expect(planFold(logOf(4, 100), budget)).toBeNull();
  expect(planFold([], budget)).toBeNull();
});

test('what outgrows the budget is folded from its oldest turn on, whole turns, until much less is left', () => {
  const plan = planFold(logOf(6, 100), budget);
  expect(plan?.throughSeq).toBe(10);
  expect(plan?.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a very long past is folded in bounded pieces', () => {
  const plan = planFold(logOf(5_000, 100), budget);
  expect(plan?.messages).toHaveLength(FOLD_MESSAGES_MAX);
});

test('many small messages are folded before there are more than a turn reads', () => {
  const roomy = { tokensMax: 1_000_000, gauge };
  expect(planFold(logOf(100, 5), roomy)).toBeNull();
  expect(planFold(logOf(101, 5), roomy)?.throughSeq).toBe(102);
});

test('the question to the model fits into its window, whatever is folded', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 150 }), fc.integer({ min: 80, max: 5_000 }), (turns, chars) => {
      const plan = planFold(logOf(turns, chars), budget);
      if (plan === null) return;
      const [question] = askForSummary(plan, { throughSeq: 0, by: 'model', text: 'y'.repeat(5_000) }, budget);
      const least = 60 * (plan.messages.length + 3) + 100;
      expect(question?.content.length).toBeLessThanOrEqual(Math.max(1_000, least));
    }),
    { numRuns: 50 },
  );
});

test('the extract needs no model, keeps the newest, carries the last summary on, and holds its bound', () => {
  const plan = planFold(logOf(6, 100), budget);
  expect(plan).not.toBeNull();
  if (plan === null) return;
  const text = extractSummary(plan, { throughSeq: 0, by: 'extract', text: 'before all this' });
  expect(text.length).toBeLessThanOrEqual(plan.charsMax);
  expect(text).toContain('10:');
  const roomy = { ...plan, charsMax: 5_000 };
  expect(extractSummary(roomy, { throughSeq: 0, by: 'extract', text: 'before all this' })).toMatch(
    /^before all this\nuser: 1:/,
  );
});

test('what a model wrote is clipped to the bound, never inside a surrogate pair; nothing is no summary', () => {
  const plan = { throughSeq: 2, charsMax: 10, messages: [] };
  expect(acceptSummary('  \n ', plan)).toBeNull();
  expect(acceptSummary(' short ', plan)).toBe('short');
  const clipped = acceptSummary('12345678\u{1F525}0', plan) ?? '';
  expect(clipped.isWellFormed()).toBe(true);
  expect(clipped.length).toBeLessThanOrEqual(10);
});
