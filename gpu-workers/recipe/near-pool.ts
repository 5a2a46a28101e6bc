// Messages with what retrieval finds for them: the labels and facts that support-agent would show to the model. Owns which messages there are
// and how one is made ready; the search is the caller's. Pure.
import { articles } from '../../functions/compound/support-agent/knowledge/articles.ts';
import { beside } from '../../functions/compound/support-agent/knowledge/asked.ts';
import { factId } from '../../functions/compound/support-agent/knowledge/facts.ts';
import { said } from '../../functions/compound/support-agent/knowledge/said/all-said.ts';
import { EXAMPLES_MAX, PASSAGES_MAX, type Example } from '../../functions/compound/support-agent/prompts.ts';
import { examplesOf, rankFacts, type Found } from '../../functions/compound/support-agent/rank-facts.ts';
import type { Draw } from './draw.ts';
import { drawMessage, putIn, type DrawnMessage } from './support-messages.ts';
import { garble, loosen } from './wording.ts';

export interface Message extends DrawnMessage {
  /** As it was before haste and slips: it must not find itself among those that were asked before. */
  readonly plain: string;
}

export interface Near extends DrawnMessage {
  readonly alike: readonly Example[];
  /** Ids, best first. */
  readonly facts: readonly string[];
}

/** Hits of one search, as support-agent asks for them. */
const HITS = 12;
/** What a caller should search for, so that enough is left when some of it is taken away. */
export const HITS_TO_FIND = 4 * HITS;

const written: readonly DrawnMessage[] = [
  ...articles.flatMap(({ id, topic }) =>
    (said[id] ?? []).flatMap((messages, at) =>
      messages.map((text) => ({ text, intent: topic, fact: factId(id, at) })),
    ),
  ),
  ...beside.flatMap(({ intent, said: messages }) => messages.map((text) => ({ text, intent, fact: null }))),
];

/** Two of three as somebody wrote them, the others from the templates; half with haste and slips. */
export function drawForPool(draw: Draw): Message {
  if (draw.chance(0.35)) {
    const message = drawMessage(draw);
    return { ...message, plain: message.text };
  }
  const { text, intent, fact } = draw.pick(written);
  const put = putIn(draw, text);
  const loose = draw.chance(0.15) ? loosen(draw, put) : put;
  return { text: draw.chance(0.5) ? garble(draw, loose) : loose, intent, fact, plain: text };
}

/** The answer is not among what is found: too many of these would teach to give up. */
export function isLost({ fact, facts }: Near): boolean {
  return fact !== null && !facts.includes(fact);
}

/** Only some of what was asked before is there to be found, so that the model also sees what is hard to find. */
export function makeNear(draw: Draw, { plain, ...message }: Message, { asked, facts }: Found): Near {
  const share = draw.pick([0.5, 1, 1, 1]);
  const left = asked.filter(({ text }) => text !== plain && draw.chance(share)).slice(0, HITS);
  const found = { facts, asked: left };
  const ranked = rankFacts(found).slice(0, PASSAGES_MAX);
  return { ...message, alike: examplesOf(left).slice(0, EXAMPLES_MAX), facts: ranked.map(({ id }) => id) };
}
