// Chats as support-agent leads them: a label for a message, a tool for it, an answer from passages. The prompts are the function's own, so that
// what is trained is what is asked. Numbers in passages are drawn anew now and then: the model must copy them, not know them.
import { articles } from '../../functions/compound/support-agent/knowledge/articles.ts';
import { asked } from '../../functions/compound/support-agent/knowledge/asked.ts';
import { findFact } from '../../functions/compound/support-agent/knowledge/facts.ts';
import { saidBeside } from '../../functions/compound/support-agent/knowledge/said/beside.ts';
import {
  answerPrompt,
  HANDOVER_TEXT,
  intentPrompt,
  PASSAGES_MAX,
  renderAnswer,
  toolPrompt,
  type PromptMessage,
} from '../../functions/compound/support-agent/prompts.ts';
import {
  renderToolCall,
  type ToolCall,
  type ToolName,
} from '../../functions/compound/support-agent/tools.ts';
import type { Draw } from './draw.ts';
import { askBeyond, drawPassages } from './made-up-facts.ts';
import type { Near } from './near-pool.ts';
import { askArticle, beside, drawLamp, drawOrder } from './support-messages.ts';
import * as words from '../../functions/compound/support-agent/knowledge/ways/beside.ts';
import type { Turn } from './tasks.ts';
import { fill, garble } from './wording.ts';

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

const farFromTools = articles.filter(({ id }) => !nearTools.has(id));
const askedForFacts = asked.flatMap(({ text, fact }) => {
  const article = fact === null ? undefined : findFact(fact)?.article;
  return article === undefined || nearTools.has(article) ? [] : [text];
});

export function asTurn([message]: readonly PromptMessage[], answer: string): readonly Turn[] {
  return [[message?.content ?? '', answer]];
}

/** For the label of a message. */
export function intentTask(draw: Draw, pool: readonly Near[]): readonly Turn[] {
  const { text, alike, intent } = draw.pick(pool);
  return asTurn(intentPrompt(text, alike), intent);
}

/** For the tool that a message needs. */
export function toolTask(draw: Draw): readonly Turn[] {
  const [message, call] = draw.chance(0.7) ? needsTool(draw) : needsNone(draw);
  return asTurn(toolPrompt(garble(draw, message)), renderToolCall(call));
}

const calls = [
  ['order_status', [...words.statusQuestions, ...words.statusWithoutOrder, ...saidBeside.ownOrder]],
  ['order_status', [...words.statusQuestions, ...saidBeside.ownOrder]],
  ['cancel_order', [...words.cancelOrders, ...words.cancelWithoutOrder, ...saidBeside.cancelOwn]],
  ['refund_status', [...words.refundQuestions, ...words.refundWithoutOrder, ...saidBeside.refundOwn]],
] as const satisfies readonly (readonly [ToolName, readonly string[]])[];
const stock: readonly string[] = [...words.stockQuestions, ...words.stockWithoutName, ...saidBeside.stock];

/** With an order or a name where the message has a place for one, else with null. */
function needsTool(draw: Draw): readonly [string, ToolCall] {
  if (draw.chance(0.25)) {
    const text = fill(draw, draw.pick(stock));
    const product = text.includes('@') ? drawLamp(draw) : null;
    return [text.replace('@', product ?? ''), { tool: 'check_stock', product }];
  }
  const [tool, templates] = draw.pick(calls);
  const text = fill(draw, draw.pick<string>(templates));
  const order = text.includes('#') ? drawOrder(draw) : null;
  const written = draw.chance(0.2) ? `#${order}` : (order ?? '');
  return [text.replace('#', written), { tool, order }];
}

function needsNone(draw: Draw): readonly [string, ToolCall] {
  const none = { tool: 'none' } as const;
  const kind = draw.next();
  if (kind < 0.25) return [beside(draw).text, none];
  if (kind < 0.45) return [fill(draw, draw.pick(words.ruleQuestions)), none];
  if (draw.chance(0.5)) return [draw.pick(askedForFacts), none];
  return [askArticle(draw, draw.pick(farFromTools)).asked, none];
}

/** For an answer from the help centre: the fact itself when it was found, else none. */
export function answerTask(draw: Draw, pool: readonly Near[]): readonly Turn[] {
  const near = draw.pick(pool);
  const ids = draw.chance(0.15) ? draw.shuffle(near.facts) : near.facts;
  const passages = ids.map((id) => state(draw, findFact(id)?.text ?? ''));
  const at = near.fact === null ? -1 : ids.indexOf(near.fact);
  const answer = at < 0 ? HANDOVER_TEXT : renderAnswer(passages[at] ?? '', at + 1);
  return asTurn(answerPrompt(near.text, passages), answer);
}

/** A sentence, with other numbers now and then. */
function state(draw: Draw, sentence: string): string {
  if (draw.chance(0.9)) return sentence;
  return sentence.replace(/(?<![A-Z\d])[1-9]\d*/g, (number) => {
    const low = 10 ** (number.length - 1);
    return String(draw.int(low, low * 10 - 1));
  });
}

/** For an answer from passages that nobody has seen before. */
export function madeUpAnswerTask(draw: Draw): readonly Turn[] {
  const passages = drawPassages(draw, draw.chance(0.85) ? 2 : 1);
  const facts = draw.shuffle(passages.flat()).slice(0, PASSAGES_MAX);
  const texts = facts.map(({ sentence }) => sentence);
  if (draw.chance(0.18)) {
    return asTurn(answerPrompt(garble(draw, askBeyond(draw, passages)), texts), HANDOVER_TEXT);
  }
  const fact = draw.pick(facts);
  const answer = renderAnswer(fact.sentence, facts.indexOf(fact) + 1);
  return asTurn(answerPrompt(garble(draw, fact.ask(draw)), texts), answer);
}
