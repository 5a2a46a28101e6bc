// What a customer says, drawn from the templates: about an article of the help centre, about an order of their own, or neither. Owns which
// label and which fact belong to it.
import type { Article } from '../../functions/compound/support-agent/knowledge/article.ts';
import { articles } from '../../functions/compound/support-agent/knowledge/articles.ts';
import { factId } from '../../functions/compound/support-agent/knowledge/facts.ts';
import { questions } from '../../functions/compound/support-agent/knowledge/ways/all-ways.ts';
import * as words from '../../functions/compound/support-agent/knowledge/ways/beside.ts';
import type { Intent } from '../../functions/compound/support-agent/prompts.ts';
import type { Draw } from './draw.ts';
import { drawName } from './made-up-facts.ts';
import { fill, garble, loosen } from './wording.ts';

export interface DrawnMessage {
  readonly text: string;
  readonly intent: Intent;
  /** Id of the fact that answers it; null when none does. */
  readonly fact: string | null;
}

/** As a customer would send it. */
export function drawMessage(draw: Draw): DrawnMessage {
  const kind = draw.next();
  const drawn = kind < 0.7 ? aboutArticle(draw) : kind < 0.84 ? aboutOwnOrder(draw) : beside(draw);
  return { ...drawn, text: garble(draw, drawn.text) };
}

function aboutArticle(draw: Draw): DrawnMessage {
  const article = draw.pick(articles);
  const { asked, sentence } = askArticle(draw, article);
  return { text: asked, intent: article.topic, fact: factId(article.id, sentence) };
}

function aboutOwnOrder(draw: Draw): DrawnMessage {
  const kinds: readonly (readonly [readonly string[], Intent])[] = [
    [[...words.statusQuestions, ...words.statusWithoutOrder], 'orders'],
    [[...words.cancelOrders, ...words.cancelWithoutOrder], 'orders'],
    [[...words.refundQuestions, ...words.refundWithoutOrder], 'returns'],
    [words.stockQuestions, 'product'],
  ];
  const [templates, intent] = draw.pick(kinds);
  return { text: putIn(draw, draw.pick(templates)), intent, fact: null };
}

/** Neither about the shop's articles nor about an order. */
export function beside(draw: Draw): DrawnMessage {
  if (draw.chance(0.5))
    return { text: fill(draw, draw.pick(words.humanWishes)), intent: 'human', fact: null };
  return { text: fill(draw, draw.pick(words.otherMessages)), intent: 'other', fact: null };
}

export function drawOrder(draw: Draw): string {
  return String.fromCharCode(65 + draw.int(0, 25)) + draw.int(1000, 9999);
}

export function drawLamp(draw: Draw): string {
  return draw.chance(0.5) ? draw.pick(words.lamps) : drawName(draw);
}

/** A message about an article, and which of its sentences answers it. */
export function askArticle(
  draw: Draw,
  article: Article,
): { readonly asked: string; readonly sentence: number } {
  const asked = questions[article.id] ?? [];
  if (asked.length !== article.sentences.length)
    throw new Error(`${article.id}: questions for each sentence`);
  const sentence = draw.int(0, asked.length - 1);
  const filled = fill(draw, draw.pick(asked[sentence] ?? []));
  const kind = draw.next();
  if (kind < 0.55) return { asked: filled, sentence };
  if (kind < 0.8) return { asked: loosen(draw, filled), sentence };
  return { asked: askByWords(draw, filled, article.sentences[sentence] ?? ''), sentence };
}

/** A question that shares with its answer, and with the usual questions, some telling words and nothing else. */
function askByWords(draw: Draw, filled: string, sentence: string): string {
  const told = sentence.match(/[A-Za-z-]{4,}/g) ?? [];
  const asked = filled.match(/[A-Za-z-]{4,}/g) ?? [];
  const words = [
    ...draw.shuffle(told).slice(0, draw.int(0, 3)),
    ...draw.shuffle(asked).slice(0, draw.int(1, 3)),
  ];
  return draw.pick(wordFrames).replace('$', draw.shuffle(words).join(' '));
}

const wordFrames = [
  'What about $?',
  'I have a question about $.',
  '$?',
  'Is there anything on $?',
  'How is it with $?',
  'Please tell me about $.',
  'What do you say on $?',
  'My question is about $, can you tell me more?',
  'I want to know more about $.',
  'Could you explain $?',
  'How does $ work?',
  'When is $?',
  'May I ask about $?',
] as const;

/** Fills a template, an order and a lamp in. */
export function putIn(draw: Draw, template: string): string {
  return fill(draw, template).replace('#', drawOrder(draw)).replace('@', drawLamp(draw));
}
