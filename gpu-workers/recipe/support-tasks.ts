// Chats as support-agent leads them: a label for a message, a tool for it, an answer from passages, an answer from a tool's result. The
// prompts are the function's own, so that what is trained is what is asked. Numbers in passages are drawn anew now and then: the model must
// copy them, not know them.
import type { Article } from '../../functions/compound/support-agent/knowledge/article.ts';
import { articles } from '../../functions/compound/support-agent/knowledge/articles.ts';
import {
  answerPrompt,
  HANDOVER_TEXT,
  intentPrompt,
  toolPrompt,
  type Intent,
  type PromptMessage,
} from '../../functions/compound/support-agent/prompts.ts';
import { renderToolCall, type ToolCall } from '../../functions/compound/support-agent/tools.ts';
import type { Draw } from './draw.ts';
import { askBeyond, drawName, drawPassages } from './made-up-facts.ts';
import { accountQuestions, productQuestions, repairQuestions } from './questions-lamps.ts';
import { paymentQuestions } from './questions-payment.ts';
import { orderQuestions, returnQuestions, type Questions } from './questions-shop.ts';
import * as words from './support-words.ts';
import type { Turn } from './tasks.ts';
import { fill, garble } from './wording.ts';

const questions: Questions = {
  ...orderQuestions,
  ...returnQuestions,
  ...paymentQuestions,
  ...accountQuestions,
  ...productQuestions,
  ...repairQuestions,
};

/** Articles whose questions a tool could answer as well, so that they teach nothing about when to use none. */
const nearTools: ReadonlySet<string> = new Set([
  'tracking',
  'cancel-order',
  'lost-parcel',
  'missed-parcel',
  'refund-time',
  'preorder',
  'delivery-time',
]);

export function asTurn([message]: readonly PromptMessage[], answer: string): readonly Turn[] {
  return [[message?.content ?? '', answer]];
}

export function drawOrder(draw: Draw): string {
  return String.fromCharCode(65 + draw.int(0, 25)) + draw.int(1000, 9999);
}

export function drawLamp(draw: Draw): string {
  return draw.chance(0.5) ? draw.pick(words.lamps) : drawName(draw);
}

/** A message about an article, and which of its sentences answers it. */
function askArticle(draw: Draw, article: Article): { readonly asked: string; readonly sentence: number } {
  const asked = questions[article.id] ?? [];
  if (asked.length !== article.sentences.length)
    throw new Error(`${article.id}: questions for each sentence`);
  const sentence = draw.int(0, asked.length - 1);
  return { asked: fill(draw, draw.pick(asked[sentence] ?? [])), sentence };
}

function putIn(draw: Draw, template: string): string {
  return fill(draw, template).replace('#', drawOrder(draw)).replace('@', drawLamp(draw));
}

/** For the label of a message. */
export function intentTask(draw: Draw): readonly Turn[] {
  const kind = draw.next();
  const [message, intent] =
    kind < 0.62 ? aboutArticle(draw) : kind < 0.76 ? aboutOwnOrder(draw) : beside(draw);
  return asTurn(intentPrompt(garble(draw, message)), intent);
}

function aboutArticle(draw: Draw): readonly [string, Intent] {
  const article = draw.pick(articles);
  return [askArticle(draw, article).asked, article.topic];
}

function aboutOwnOrder(draw: Draw): readonly [string, Intent] {
  const kinds: readonly (readonly [readonly string[], Intent])[] = [
    [[...words.statusQuestions, ...words.statusWithoutOrder], 'orders'],
    [[...words.cancelOrders, ...words.cancelWithoutOrder], 'orders'],
    [[...words.refundQuestions, ...words.refundWithoutOrder], 'returns'],
    [words.stockQuestions, 'product'],
  ];
  const [templates, intent] = draw.pick(kinds);
  return [putIn(draw, draw.pick(templates)), intent];
}

function beside(draw: Draw): readonly [string, Intent] {
  if (draw.chance(0.5)) return [fill(draw, draw.pick(words.humanWishes)), 'human'];
  return [fill(draw, draw.pick(words.otherMessages)), 'other'];
}

/** For the tool that a message needs. */
export function toolTask(draw: Draw): readonly Turn[] {
  const [message, call] = draw.chance(0.7) ? needsTool(draw) : needsNone(draw);
  return asTurn(toolPrompt(garble(draw, message)), renderToolCall(call));
}

function needsTool(draw: Draw): readonly [string, ToolCall] {
  const unnamed = draw.chance(0.2);
  if (draw.chance(0.25)) {
    if (unnamed)
      return [fill(draw, draw.pick(words.stockWithoutName)), { tool: 'check_stock', product: null }];
    const product = drawLamp(draw);
    return [
      fill(draw, draw.pick(words.stockQuestions)).replace('@', product),
      { tool: 'check_stock', product },
    ];
  }
  const kinds = [
    ['order_status', words.statusQuestions, words.statusWithoutOrder],
    ['order_status', words.statusQuestions, words.statusWithoutOrder],
    ['cancel_order', words.cancelOrders, words.cancelWithoutOrder],
    ['refund_status', words.refundQuestions, words.refundWithoutOrder],
  ] as const;
  const [tool, named, without] = draw.pick(kinds);
  if (unnamed) return [fill(draw, draw.pick(without)), { tool, order: null }];
  const order = drawOrder(draw);
  const written = draw.pick([order, order, order, order, `#${order}`]);
  return [fill(draw, draw.pick<string>(named)).replace('#', written), { tool, order }];
}

function needsNone(draw: Draw): readonly [string, ToolCall] {
  const none = { tool: 'none' } as const;
  const kind = draw.next();
  if (kind < 0.25) return [beside(draw)[0], none];
  if (kind < 0.45) return [fill(draw, draw.pick(words.ruleQuestions)), none];
  const article = draw.pick(articles.filter(({ id }) => !nearTools.has(id)));
  return [askArticle(draw, article).asked, none];
}

/** For an answer from the help centre. */
export function answerTask(draw: Draw): readonly Turn[] {
  const article = draw.pick(articles);
  const { asked, sentence } = askArticle(draw, article);
  const kind = draw.next();
  const distractors = draw.shuffle(
    articles.filter(({ id, topic }) => id !== article.id && (draw.chance(0.3) || topic === article.topic)),
  );
  if (kind < 0.2) {
    const message = kind < 0.06 ? beside(draw)[0] : asked;
    const passages = distractors.slice(0, draw.int(1, 2)).map((each) => state(draw, each).join(' '));
    return asTurn(answerPrompt(garble(draw, message), passages), HANDOVER_TEXT);
  }
  const stated = state(draw, article);
  const passages = [stated.join(' ')];
  for (const each of distractors.slice(0, draw.chance(0.85) ? 1 : 0))
    passages.push(state(draw, each).join(' '));
  const shown = draw.shuffle(passages);
  const answer = `[${shown.indexOf(stated.join(' ')) + 1}] ${stated[sentence] ?? ''}`;
  return asTurn(answerPrompt(garble(draw, asked), shown), answer);
}

/** The sentences of an article, with other numbers now and then. */
function state(draw: Draw, { sentences }: Article): readonly string[] {
  if (draw.chance(0.7)) return sentences;
  return sentences.map((sentence) =>
    sentence.replace(/(?<![A-Z\d])[1-9]\d*/g, (number) => {
      const low = 10 ** (number.length - 1);
      return String(draw.int(low, low * 10 - 1));
    }),
  );
}

/** For an answer from passages that nobody has seen before. */
export function madeUpAnswerTask(draw: Draw): readonly Turn[] {
  const passages = drawPassages(draw, draw.chance(0.85) ? 2 : 1);
  const texts = passages.map((facts) => facts.map(({ sentence }) => sentence).join(' '));
  if (draw.chance(0.18)) {
    return asTurn(answerPrompt(garble(draw, askBeyond(draw, passages)), texts), HANDOVER_TEXT);
  }
  const from = draw.int(0, passages.length - 1);
  const fact = draw.pick(passages[from] ?? []);
  return asTurn(answerPrompt(garble(draw, fact.ask(draw)), texts), `[${from + 1}] ${fact.sentence}`);
}
