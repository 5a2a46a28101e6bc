// Chats that can only be answered by looking back: words in a random order to repeat, and passages of such words to find one in. They
// teach to copy and to find, which all answers from passages rest on, long before those would teach it themselves.
import { articles } from '../../functions/compound/support-agent/knowledge/articles.ts';
import {
  answerPrompt,
  HANDOVER_TEXT,
  PASSAGES_MAX,
  renderAnswer,
} from '../../functions/compound/support-agent/prompts.ts';
import { capitalize, type Draw } from './draw.ts';
import { drawName } from './made-up-facts.ts';
import { drawOrder } from './support-messages.ts';
import { asTurn } from './support-tasks.ts';
import type { Turn } from './tasks.ts';
import { adjectives, animals, foods, names } from './words.ts';

const known = [
  ...new Set(
    articles
      .flatMap(({ sentences }) => sentences)
      .flatMap((sentence) => sentence.match(/[A-Za-z]{3,}/g) ?? []),
  ),
  ...animals,
  ...foods,
  ...names,
  ...adjectives,
];

function drawItem(draw: Draw): string {
  const kind = draw.next();
  if (kind < 0.6) return draw.pick(known);
  if (kind < 0.75) return drawName(draw);
  if (kind < 0.85) return drawOrder(draw);
  return String(draw.int(1, draw.pick([9, 99, 999])));
}

function drawItems(draw: Draw, low: number, high: number): string[] {
  return Array.from({ length: draw.int(low, high) }, () => drawItem(draw));
}

/** For words that come in no order that could be known. */
export function repeatTask(draw: Draw): readonly Turn[] {
  const text = drawItems(draw, 4, 24).join(' ');
  return [[`${draw.pick(['Repeat after me:', 'Say:', 'Repeat:'])} ${text}`, text]];
}

/** For the sentence that holds the words of the question, among sentences that mean nothing. */
export function findTask(draw: Draw): readonly Turn[] {
  const passages = Array.from({ length: draw.int(2, PASSAGES_MAX) }, () => drawItems(draw, 3, 11));
  const texts = passages.map(asSentence);
  const from = draw.int(0, passages.length - 1);
  const sentence = passages[from] ?? [];
  const count = Math.min(sentence.length, draw.int(1, 4));
  const isThere = draw.chance(0.85);
  const asked = isThere ? draw.shuffle(sentence).slice(0, count) : drawItems(draw, 2, 4);
  const noise = draw.chance(0.5) ? [] : [draw.pick(['what', 'how', 'when', 'the', 'is', 'do', 'can'])];
  const question = capitalize(`${draw.shuffle([...asked, ...noise]).join(' ')}?`);
  const answer = isThere ? renderAnswer(asSentence(sentence), from + 1) : HANDOVER_TEXT;
  return asTurn(answerPrompt(question, texts), answer);
}

function asSentence(items: readonly string[]): string {
  return `${capitalize(items.join(' '))}.`;
}
