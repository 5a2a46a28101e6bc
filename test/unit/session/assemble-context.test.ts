import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleContext, CONTEXT_MESSAGES_MAX } from '../../../src/core/session/assemble-context.ts';
import type { ContextMessage } from '../../../src/core/session/assemble-context.ts';
import { estimateTokens } from '../../../src/core/session/estimate-tokens.ts';
import type { LoggedMessage, Summary } from '../../../src/core/session/session-state.ts';

type Said = readonly [turn: string, role: 'user' | 'assistant', content: string];

/** One unit = one token, so that budgets can be read off: a message costs its length and 6 for its frame. */
const gauge = { words: 1, digits: 1, marks: 1, wide: 1 };

function logOf(said: readonly Said[]): readonly LoggedMessage[] {
  return said.map(([turn, role, content], at) => ({ seq: at + 1, turn, role, content }));
}

function assemble(
  said: readonly Said[],
  tokensMax: number,
  more: { instructions?: string; summary?: Summary; userSeq?: number } = {},
): readonly ContextMessage[] {
  const userSeq = more.userSeq ?? said.length;
  const newestFirst = logOf(said).slice(0, userSeq).toReversed();
  const { instructions = null, summary = null } = more;
  return assembleContext({ instructions, summary, newestFirst, userSeq }, { tokensMax, gauge });
}

const three: readonly Said[] = [
  ['t1', 'user', 'aaaa'],
  ['t1', 'assistant', 'bbbb'],
  ['t2', 'user', 'cccc'],
];

test('a short log is sent whole, oldest first, behind the instructions', () => {
  expect(assemble(three, 100, { instructions: 'Be brief.' })).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'aaaa' },
    { role: 'assistant', content: 'bbbb' },
    { role: 'user', content: 'cccc' },
  ]);
});

test('a turn that does not fit is left out whole: no answer goes without its question', () => {
  expect(assemble(three, 30)).toHaveLength(3);
  expect(assemble(three, 29)).toEqual([{ role: 'user', content: 'cccc' }]);
});

test('instructions and the message to be answered go even beyond the budget', () => {
  expect(assemble(three, 1, { instructions: 'long instructions' })).toEqual([
    { role: 'system', content: 'long instructions' },
    { role: 'user', content: 'cccc' },
  ]);
});

test('a summary stands for what it covers, if it fits; nothing is told twice', () => {
  const summary: Summary = { throughSeq: 2, by: 'model', text: 'a and b' };
  expect(assemble(three, 200, { summary })).toEqual([
    { role: 'system', content: 'Summary of the conversation so far:\na and b' },
    { role: 'user', content: 'cccc' },
  ]);
  expect(assemble(three, 20, { summary })).toEqual([{ role: 'user', content: 'cccc' }]);
});

test('a turn that is attempted again from before the summary is answered from what came before it', () => {
  const summary: Summary = { throughSeq: 2, by: 'model', text: 'a and b' };
  expect(assemble(three, 200, { summary, userSeq: 1 })).toEqual([{ role: 'user', content: 'aaaa' }]);
});

test('messages of a turn that was left unanswered are joined to the next', () => {
  const said: readonly Said[] = [
    ['t1', 'user', 'first'],
    ['t2', 'user', 'second'],
  ];
  expect(assemble(said, 100)).toEqual([{ role: 'user', content: 'first\n\nsecond' }]);
});

test('an answer that came late stands behind its own question', () => {
  const said: readonly Said[] = [
    ['t1', 'user', 'one'],
    ['t2', 'user', 'two'],
    ['t2', 'assistant', 'second'],
    ['t1', 'assistant', 'first'],
    ['t3', 'user', 'three'],
  ];
  expect(assemble(said, 200).map(({ content }) => content)).toEqual([
    'one',
    'first',
    'two',
    'second',
    'three',
  ]);
});

test('whatever the log: roles alternate, turns are whole, the end is the question, the budget holds', () => {
  const turn = fc.record({ question: fc.string({ minLength: 1 }), answer: fc.option(fc.string()) });
  fc.assert(
    fc.property(
      fc.array(turn, { maxLength: 150 }),
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 3_000 }),
      (turns, question, tokensMax) => {
        const said = turns.flatMap(({ question, answer }, at): Said[] => [
          [`t${at}`, 'user', question],
          ...(answer === null ? [] : [[`t${at}`, 'assistant', answer] as const]),
        ]);
        const context = assemble([...said, ['last', 'user', question]], tokensMax);
        expect(context.at(-1)?.content.endsWith(question)).toBe(true);
        expect(context[0]?.role).toBe('user');
        for (const [at, { role }] of context.entries()) expect(role).not.toBe(context[at - 1]?.role);
        const cost = context.reduce((sum, { content }) => sum + content.length, 0);
        // Joining adds two line breaks per message, and takes away a frame that was counted.
        expect(cost).toBeLessThanOrEqual(Math.max(tokensMax, question.length) + 2 * CONTEXT_MESSAGES_MAX);
      },
    ),
    { numRuns: 60 },
  );
});

test('no more messages are read than the bound, however long the log', () => {
  let read = 0;
  function* log(): Generator<LoggedMessage> {
    for (let seq = 1_001; seq > 0; seq -= 1) {
      read += 1;
      yield { seq, turn: `t${Math.ceil(seq / 2)}`, role: seq % 2 === 1 ? 'user' : 'assistant', content: 'x' };
    }
  }
  const source = { instructions: null, summary: null, newestFirst: log(), userSeq: 1_001 };
  expect(assembleContext(source, { tokensMax: 1_000_000, gauge })).toHaveLength(CONTEXT_MESSAGES_MAX - 1);
  expect(read).toBe(CONTEXT_MESSAGES_MAX + 1);
});

test('tokens are estimated by kind: digits and symbols take more than words, other scripts the most', () => {
  const large = { words: 4, digits: 2, marks: 1, wide: 0.5 };
  expect(estimateTokens('', large)).toBe(6);
  expect(estimateTokens('four word', large)).toBe(6 + 3);
  expect(estimateTokens('1234', large)).toBe(6 + 2);
  expect(estimateTokens('{}();', large)).toBe(6 + 5);
  expect(estimateTokens('日本', large)).toBe(6 + 4);
  expect(estimateTokens('é', large)).toBe(6 + 1);
});
