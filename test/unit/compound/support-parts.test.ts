import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewrittenQuery } from '../../../functions/compound/support-agent/build-queries.ts';
import {
  contentWords,
  COPIED_MIN,
  isSupported,
  TOLD_MIN,
} from '../../../functions/compound/support-agent/check-answer.ts';
import {
  addPassages,
  decideMove,
  MOVES_MAX,
  SEARCHES_MAX,
  type Knowledge,
  type Move,
} from '../../../functions/compound/support-agent/decide-move.ts';
import { articles, textOf } from '../../../functions/compound/support-agent/knowledge/articles.ts';
import { completeCall } from '../../../functions/compound/support-agent/complete-call.ts';
import { inReadingOrder, useTool } from '../../../functions/compound/support-agent/orders.ts';
import { intents } from '../../../functions/compound/support-agent/prompts.ts';
import type { Passage } from '../../../functions/compound/support-agent/rank-facts.ts';
import type { ToolCall, ToolResult } from '../../../functions/compound/support-agent/tools.ts';
import { renderChat, renderResult } from '../../../functions/compound/support-agent/words.ts';
import { stableText } from '../../../src/core/run/json.ts';

const sentence = 'Refunds are paid within 6 days after the parcel has reached our warehouse.';

describe('an answer is supported', () => {
  test.each([
    ['its own words', sentence, true],
    ['a part of it', 'Refunds are paid within 6 days.', true],
    ['other endings and a courtesy', 'Yes, your refund is paid within 6 days.', true],
    ['another number', 'Refunds are paid within 7 days.', false],
    ['a number more', 'Refunds of 20 euros are paid within 6 days.', false],
    ['other things', 'You can call the shop in Bremen about it.', false],
    ['nothing', '', false],
    ['words that say nothing', 'Yes, it is.', false],
  ])('by %s: %s -> %s', (_, answer, is) => {
    expect(isSupported(answer, sentence, COPIED_MIN)).toBe(is);
  });

  test('by every sentence of the article that it is copied from, and by no other article’s numbers', () => {
    for (const article of articles)
      for (const told of article.sentences)
        expect([told, isSupported(told, textOf(article), COPIED_MIN)]).toEqual([told, true]);
  });

  test('by the fields of a tool, however they are said', () => {
    const result = JSON.stringify(useTool({ tool: 'refund_status', order: 'D4410' }));
    const told = 'The refund of 49.00 euros for order D4410 was paid on November 10.';
    expect(isSupported(told, result, TOLD_MIN)).toBe(true);
    expect(isSupported(told.replace('10', '11'), result, TOLD_MIN)).toBe(false);
  });
});

test('telling words are those that are no fillers, each once', () => {
  expect(contentWords('Can I return the lamp, and is the lamp’s box needed?')).toEqual([
    'return',
    'lamp',
    's',
    'box',
    'needed',
  ]);
});

describe('searches after the first', () => {
  const base = { message: 'And to Norway?', history: [], intent: 'orders' } as const;

  test.each([
    [
      1,
      { ...base, history: [{ role: 'user', content: 'Do you ship abroad?' }] },
      'Do you ship abroad? And to Norway?',
    ],
    [1, base, 'norway'],
    [2, base, null],
    [1, { ...base, intent: 'other' }, null],
    [1, { ...base, message: 'Is it?', intent: 'orders' }, null],
  ] as const)('%d of %o: %s', (nth, asked, query) => {
    expect(rewrittenQuery(nth, asked)?.query ?? null).toBe(query);
  });

  test('the last looks among the articles of its topic', () => {
    expect(rewrittenQuery(1, base)).toMatchObject({ where: { topic: 'orders' } });
  });
});

describe('the moves', () => {
  const passage = (id: string, score: number): Passage => ({ id, article: id, title: '', text: '', score });
  const arbitrary = fc.record({
    intent: fc.constantFrom(...intents),
    message: fc.constantFrom('How long?', 'Where is A1042?', '?'),
    plan: fc.constantFrom<ToolCall>(
      { tool: 'none' },
      { tool: 'order_status', order: null },
      { tool: 'order_status', order: 'A1042' },
      { tool: 'check_stock', product: null },
    ),
    scores: fc.array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 4 }), {
      maxLength: 5,
    }),
  });

  /** What is known after a move, when no model is ever sure: the longest way. Null after the last move. */
  function learn(
    known: Knowledge,
    move: Move,
    drawn: { readonly plan: ToolCall; readonly scores: readonly (readonly number[])[] },
  ): Knowledge | null {
    switch (move.kind) {
      case 'plan':
        return { ...known, plan: drawn.plan, call: completeCall(drawn.plan, known) };
      case 'act':
        return { ...known, result: useTool(move.call) };
      case 'retrieve': {
        const { searches } = known;
        const more = (drawn.scores[searches] ?? []).map((score, at) => passage(`${searches}-${at}`, score));
        return { ...known, searches: searches + 1, passages: addPassages(known.passages, more) };
      }
      case 'answer':
        return { ...known, tried: new Set([...known.tried, ...move.passages.map(({ id }) => id)]) };
      default:
        return null;
    }
  }

  test('whatever the models and the index say, a run comes to an end within its bounds', () => {
    fc.assert(
      fc.property(arbitrary, (drawn) => {
        const { intent, message, scores } = drawn;
        let known: Knowledge = {
          message,
          history: [],
          intent,
          searches: 1,
          passages: (scores[0] ?? []).map((score, at) => passage(`0-${at}`, score)),
          tried: new Set(),
          plan: null,
          call: null,
          result: null,
        };
        const kinds: string[] = [];
        for (let moves = 0; moves < MOVES_MAX; moves += 1) {
          const move = decideMove(known);
          kinds.push(move.kind);
          const next = learn(known, move, drawn);
          if (next === null) break;
          known = next;
        }
        expect(['tell', 'ask', 'hand-over']).toContain(kinds.at(-1));
        expect(known.searches).toBeLessThanOrEqual(SEARCHES_MAX);
        expect(kinds.filter((kind) => kind === 'plan').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the sample order book', () => {
  test.each([
    [
      { tool: 'order_status', order: 'B2210' },
      { order: 'B2210', status: 'shipped', arrives: 'November 28' },
    ],
    [
      { tool: 'order_status', order: 'C3307' },
      { order: 'C3307', status: 'delivered', on: 'November 12' },
    ],
    [
      { tool: 'order_status', order: 'Z9999' },
      { order: 'Z9999', error: 'not found' },
    ],
    [
      { tool: 'cancel_order', order: 'A1042' },
      { order: 'A1042', cancelled: true },
    ],
    [
      { tool: 'cancel_order', order: 'B2210' },
      { order: 'B2210', cancelled: false, status: 'shipped' },
    ],
    [
      { tool: 'refund_status', order: 'A1042' },
      { order: 'A1042', refund: 'none' },
    ],
    [
      { tool: 'refund_status', order: 'E5501' },
      { order: 'E5501', refund: 'pending', amount: '129.50', by: 'December 2' },
    ],
    [
      { tool: 'check_stock', product: 'luna' },
      { product: 'luna', stock: 14 },
    ],
    [
      { tool: 'check_stock', product: 'Firefly' },
      { product: 'Firefly', stock: 0, back: 'December 15' },
    ],
    [
      { tool: 'check_stock', product: 'Sofa' },
      { product: 'Sofa', error: 'not found' },
    ],
  ] as const)('%o', (call, result) => {
    expect(useTool(call)).toEqual(result);
    expect(renderResult(useTool(call))).toMatch(/^Here is what I found\. /);
    // As the journal gives it back.
    const sorted = JSON.parse(stableText(useTool(call)) ?? '') as ToolResult;
    expect(JSON.stringify(inReadingOrder(sorted))).toBe(JSON.stringify(result));
  });
});

describe('a planned call is made only on what the customer has named', () => {
  const user = (content: string): { role: 'user'; content: string } => ({ role: 'user', content });
  const status = { tool: 'order_status', order: null } as const;

  test.each([
    ['the last order of the message', status, { message: 'b2210, no, A1042', history: [] }, 'A1042'],
    [
      'the planned one of several',
      { ...status, order: 'B2210' },
      { message: 'B2210 or A1042', history: [] },
      'B2210',
    ],
    [
      'not one that the model made up',
      { ...status, order: 'M2222' },
      { message: 'Where is B2210?', history: [] },
      'B2210',
    ],
    ['the caller’s', status, { message: 'where is it', history: [user('A1042')], order: 'C3307' }, 'C3307'],
    [
      'the last one said before',
      status,
      { message: 'where is it', history: [user('A1042'), user('B2210')] },
      'B2210',
    ],
  ] as const)('%s', (_, plan, said, order) => {
    expect(completeCall(plan, said)).toEqual({ tool: 'order_status', order });
  });

  test.each([
    [{ tool: 'none' }, 'A1042'],
    [status, 'cancel the E27 bulb, 40 watts'],
    [{ ...status, order: 'M2222' }, 'Where is it?'],
    [{ tool: 'check_stock', product: 'Iris' }, 'What is the capital of France?'],
    [{ tool: 'check_stock', product: null }, 'Is it in stock?'],
  ] as const)('%o of "%s" is not made', (plan, message) => {
    expect(completeCall(plan, { message, history: [] })).toBeNull();
  });

  test('nothing is cancelled that nobody wished to cancel', () => {
    const plan = { tool: 'cancel_order', order: 'A1042' } as const;
    const toolOf = (message: string, before = 'hello'): string | undefined =>
      completeCall(plan, { message, history: [user(before)] })?.tool;
    expect(toolOf('Where is A1042?')).toBe('order_status');
    expect(toolOf('Please cancel A1042')).toBe('cancel_order');
    expect(toolOf("I don't want A1042 any more")).toBe('cancel_order');
    expect(toolOf('It is A1042', 'I would like to cancel my order')).toBe('cancel_order');
  });
});

test('in a chat an answer names its source', () => {
  const answer = { kind: 'answer', text: 'Yes.', intent: 'orders', tool: null, searches: 1 } as const;
  expect(renderChat({ ...answer, sources: [{ id: 'a', title: 'Delivery', score: 0.5 }] })).toBe(
    'Yes.\n\nSource: Delivery',
  );
  expect(renderChat({ ...answer, sources: [] })).toBe('Yes.');
});
