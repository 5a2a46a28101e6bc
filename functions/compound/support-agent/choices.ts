// What a model may answer at all, as formats for its server: a sentence that stands in a passage, a call with an order that the customer
// named. A small model chooses well and copies badly; with these it chooses, and the copy is exact. Larger models lose nothing. Pure.
import type { Json } from '../../../src/core/run/json.ts';
import { PASSAGES_MAX, renderAnswer } from './prompts.ts';
import type { ToolCall } from './tools.ts';

/** Choices cost the server time each; a passage or a message with more of them than this is cut. */
const SENTENCES_MAX = 20;
const ORDERS_MAX = 8;
const WORDS_MAX = 60;

/** The sentences of the passages, each with its number, or null. */
export function answerFormat(passages: readonly string[]): Json {
  const answers = passages
    .slice(0, PASSAGES_MAX)
    .flatMap((passage, at) => sentencesOf(passage).map((sentence) => renderAnswer(sentence, at + 1)));
  return oneOf([...answers.map((answer) => JSON.parse(answer) as Json), { answer: null }]);
}

/** Each tool with each order or name that stands in the message, or with null. */
export function toolFormat(message: string): Json {
  const orders = [null, ...firstOf(message.match(/\b[A-Za-z]\d{4}\b/g) ?? [], ORDERS_MAX)];
  const products = [null, ...firstOf(message.match(/\p{L}{3,40}/gu) ?? [], WORDS_MAX)];
  const calls: readonly ToolCall[] = [
    ...(['order_status', 'cancel_order', 'refund_status'] as const).flatMap((tool) =>
      orders.map((order) => ({ tool, order: order === null ? null : order.toUpperCase() })),
    ),
    ...products.map((product) => ({ tool: 'check_stock', product }) as const),
    { tool: 'none' },
  ];
  return oneOf(calls);
}

function oneOf(choices: readonly Json[]): Json {
  return { type: 'json_schema', json_schema: { name: 'choice', schema: { enum: choices } } };
}

/** Each once, in order. */
function firstOf(words: readonly string[], most: number): readonly string[] {
  return [...new Set(words)].slice(0, most);
}

/** The next one begins with a capital letter or a digit: abbreviations and addresses are no ends. */
function sentencesOf(passage: string): readonly string[] {
  const line = passage.replaceAll(/\s+/g, ' ').trim();
  return firstOf(line.split(/(?<=[.!?]) (?=[\p{Lu}\d])/u), SENTENCES_MAX);
}
