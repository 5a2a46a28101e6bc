import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerFormat, toolFormat } from '../../../functions/compound/support-agent/choices.ts';
import {
  answerPrompt,
  HANDOVER_TEXT,
  intentPrompt,
  intents,
  MESSAGE_CHARS_MAX,
  parseAnswer,
  parseIntent,
  PASSAGE_CHARS_MAX,
  PASSAGES_MAX,
  renderAnswer,
  toolAnswerPrompt,
  toolPrompt,
} from '../../../functions/compound/support-agent/prompts.ts';
import { parseToolCall, renderToolCall } from '../../../functions/compound/support-agent/tools.ts';

describe('a prompt', () => {
  test('keeps a customer’s text on a line of its own, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        for (const [prompt, lines] of [
          [intentPrompt(text, [{ text, intent: 'orders' }]), 3],
          [toolPrompt(text), 2],
          [answerPrompt(text, [text, text]), 4],
          [toolAnswerPrompt(text, { order: text }), 3],
        ] as const) {
          expect(prompt.map(({ role }) => role)).toEqual(['user']);
          expect(prompt[0]?.content.split('\n')).toHaveLength(lines);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('is bounded, and shows no more passages than the model can hold', () => {
    const long = 'a lamp '.repeat(1_000);
    const [prompt] = answerPrompt(long, [long, long, long, long]);
    const bound = MESSAGE_CHARS_MAX + PASSAGES_MAX * PASSAGE_CHARS_MAX + 200;
    expect(prompt?.content.length).toBeLessThan(bound);
    expect(prompt?.content).toContain(`[${PASSAGES_MAX}] `);
    expect(prompt?.content).not.toContain(`[${PASSAGES_MAX + 1}] `);
  });
});

describe('an intent is read', () => {
  test.each(intents)('from the bare label %s, and from a sentence with one label', (intent) => {
    expect(parseIntent(intent)).toEqual({ ok: true, value: intent });
    expect(parseIntent(`The label is "${intent.toUpperCase()}".`)).toEqual({ ok: true, value: intent });
  });

  test.each(['', 'shipping', 'It could be payment or returns.', '42'])('and not from %j', (text) => {
    expect(parseIntent(text)).toEqual({ ok: false, error: { kind: 'unreadable', text } });
  });
});

describe('an answer is read', () => {
  test.each([
    [renderAnswer('It takes 5 days.', 1), { kind: 'answer', source: 1, text: 'It takes 5 days.' }],
    ['Here: {"answer":" It is free. ","source":2}!', { kind: 'answer', source: 2, text: 'It is free.' }],
    [' [2]It costs 4 euros. ', { kind: 'answer', source: 2, text: 'It costs 4 euros.' }],
    [HANDOVER_TEXT, { kind: 'handover' }],
    ['[0] I am not sure.', { kind: 'handover' }],
  ])('from %j', (text, value) => {
    expect(parseAnswer(text, 2)).toEqual({ ok: true, value });
  });

  test.each([
    'It takes 5 days.',
    '[3] A source that was not given.',
    renderAnswer('Nor was this one.', 3),
    '{"answer":"Without a source."}',
    '{"answer":"","source":1}',
    '{"answer":"Broken off',
    '[1]',
    '',
  ])('and not from %j', (text) => {
    expect(parseAnswer(text, 2)).toEqual({ ok: false, error: { kind: 'unreadable', text } });
  });
});

describe('what a model may answer', () => {
  function choicesOf(format: unknown): readonly string[] {
    const { json_schema } = format as { json_schema: { schema: { enum: readonly unknown[] } } };
    return json_schema.schema.enum.map((choice) => JSON.stringify(choice));
  }

  test('is each sentence of each passage that is shown, with its number, or null', () => {
    const first = 'We are at 12 Harbour Street, Bremen. Come in!';
    const choices = choicesOf(
      answerFormat([first, 'It costs 4.90 euros.', 'Third.', 'Fourth.', 'Never shown.']),
    );
    expect(choices).toEqual([
      renderAnswer('We are at 12 Harbour Street, Bremen.', 1),
      renderAnswer('Come in!', 1),
      renderAnswer('It costs 4.90 euros.', 2),
      renderAnswer('Third.', 3),
      renderAnswer('Fourth.', 4),
      HANDOVER_TEXT,
    ]);
  });

  test('can always be read, whatever a passage or a message holds, and is bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const answers = choicesOf(answerFormat([text, text]));
        for (const choice of answers.slice(0, -1)) {
          if (text.trim() !== '') expect(parseAnswer(choice, 2)).toMatchObject({ ok: true });
        }
        for (const choice of choicesOf(toolFormat(text))) {
          expect(parseToolCall(choice)).toMatchObject({ ok: true });
        }
      }),
      { numRuns: 40 },
    );
    const long = choicesOf(
      toolFormat(Array.from({ length: 500 }, (_, at) => `A${1000 + at} word${at}`).join(' ')),
    );
    expect(long.length).toBeLessThan(100);
  });

  test('is a call with an order or a name of the message', () => {
    const choices = choicesOf(toolFormat('Is b7731 with the Luna?'));
    expect(choices).toContain(renderToolCall({ tool: 'cancel_order', order: 'B7731' }));
    expect(choices).toContain(renderToolCall({ tool: 'check_stock', product: 'Luna' }));
    expect(choices).toContain(renderToolCall({ tool: 'order_status', order: null }));
    expect(choices).toContain(renderToolCall({ tool: 'none' }));
    expect(choices.filter((choice) => choice.includes('order_status'))).toHaveLength(2);
  });
});

describe('a tool call', () => {
  const order = fc
    .tuple(fc.integer({ min: 65, max: 90 }), fc.integer({ min: 0, max: 9_999 }))
    .map(([letter, digits]) => String.fromCharCode(letter) + String(digits).padStart(4, '0'));

  test('is read back as it was written', () => {
    const call = fc.oneof(
      fc.record({
        tool: fc.constantFrom('order_status' as const, 'cancel_order' as const, 'refund_status' as const),
        order: fc.option(order),
      }),
      fc.record({
        tool: fc.constant('check_stock' as const),
        product: fc.option(fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !name.includes('}'))),
      }),
      fc.constant({ tool: 'none' as const }),
    );
    fc.assert(
      fc.property(call, (value) => {
        expect(parseToolCall(renderToolCall(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test.each([
    ['in a sentence', 'Sure: {"tool":"none"}. Anything else?', { tool: 'none' }],
    [
      'with a number sign',
      '{"tool":"order_status","order":"#A1042"}',
      { tool: 'order_status', order: 'A1042' },
    ],
    ['in small letters', '{"tool":"cancel_order","order":"a1042"}', { tool: 'cancel_order', order: 'A1042' }],
    ['without its argument', '{"tool":"refund_status"}', { tool: 'refund_status', order: null }],
  ])('is read %s', (_, text, value) => {
    expect(parseToolCall(text)).toEqual({ ok: true, value });
  });

  test.each([
    ['no JSON', 'order_status', { kind: 'not-json', text: 'order_status' }],
    [
      'JSON that breaks off',
      '{"tool":"order_status","ord',
      { kind: 'not-json', text: '{"tool":"order_status","ord' },
    ],
    ['an unknown tool', '{"tool":"delete_all"}', { kind: 'unknown-tool', tool: 'delete_all' }],
    [
      'an order number that is none',
      '{"tool":"order_status","order":"A10425"}',
      { kind: 'bad-argument', tool: 'order_status', argument: 'order' },
    ],
    [
      'a product that is none',
      '{"tool":"check_stock","product":7}',
      { kind: 'bad-argument', tool: 'check_stock', argument: 'product' },
    ],
  ])('is refused: %s', (_, text, error) => {
    expect(parseToolCall(text)).toEqual({ ok: false, error });
  });
});
