import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleContext, CONTEXT_MESSAGES_MAX } from '../../../src/core/session/assemble-context.ts';
import type { LoggedMessage } from '../../../src/core/session/session-state.ts';

type Said = readonly [role: 'user' | 'assistant', content: string];

/** Oldest first, as one reads it; the session gives the newest first. */
function newestFirst(said: readonly Said[]): readonly LoggedMessage[] {
  return said.map(([role, content], at) => ({ seq: at + 1, role, content }) as LoggedMessage).toReversed();
}

test('a short log is sent whole, oldest first', () => {
  const log = newestFirst([
    ['user', 'a'],
    ['assistant', 'b'],
    ['user', 'c'],
  ]);
  expect(assembleContext(log, 100)).toEqual([
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
  ]);
});

test('what does not fit is left out whole, and an answer without its question with it', () => {
  const log = newestFirst([
    ['user', 'xxxxx'],
    ['assistant', 'b'],
    ['user', 'c'],
  ]);
  expect(assembleContext(log, 6)).toEqual([{ role: 'user', content: 'c' }]);
});

test('the newest message goes even alone beyond the budget', () => {
  expect(assembleContext(newestFirst([['user', 'much too long']]), 3)).toEqual([
    { role: 'user', content: 'much too long' },
  ]);
});

test('messages of a turn that was left unanswered are joined to the next', () => {
  const log = newestFirst([
    ['user', 'first'],
    ['user', 'second'],
  ]);
  expect(assembleContext(log, 100)).toEqual([{ role: 'user', content: 'first\n\nsecond' }]);
});

test('whatever the log: roles alternate, the end is the newest message, budget and count hold', () => {
  const message = fc.tuple(
    fc.constantFrom('user' as const, 'assistant' as const),
    fc.string({ minLength: 1, maxLength: 9 }),
  );
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 2_000 }),
      (said, charsMax) => {
        const context = assembleContext(newestFirst(said), charsMax);
        const newest = said.at(-1);
        expect(context.at(-1)?.role).toBe(newest?.[0]);
        expect(context.at(-1)?.content.endsWith(newest?.[1] ?? '')).toBe(true);
        for (const [at, { role }] of context.entries()) expect(role).not.toBe(context[at - 1]?.role);
        const parts = context.reduce((sum, { content }) => sum + content.length, 0);
        // Joining adds two line breaks per message, which the budget does not count.
        expect(parts).toBeLessThanOrEqual(
          Math.max(charsMax, newest?.[1].length ?? 0) + 2 * CONTEXT_MESSAGES_MAX,
        );
        if (context.length > 1) expect(context[0]?.role).toBe('user');
      },
    ),
  );
});

test('no more messages are read than the bound, however long the log', () => {
  let read = 0;
  function* log(): Generator<LoggedMessage> {
    for (let seq = 1_000; seq > 0; seq -= 1) {
      read += 1;
      yield { seq, role: seq % 2 === 0 ? 'user' : 'assistant', content: 'x' } as LoggedMessage;
    }
  }
  expect(assembleContext(log(), 1_000_000)).toHaveLength(CONTEXT_MESSAGES_MAX - 1);
  expect(read).toBe(CONTEXT_MESSAGES_MAX + 1);
});
