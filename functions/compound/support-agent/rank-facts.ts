// Which facts may answer a message: those whose own words are near it, and those that answered messages near it. Pure.
import type { SearchHit } from '../../../src/core/run/run-context.ts';
import { findFact } from './knowledge/facts.ts';
import { EXAMPLES_MAX, intents, PASSAGES_MAX, type Example, type Intent } from './prompts.ts';

/** A fact as it is shown to the model. */
export interface Passage {
  readonly id: string;
  readonly article: string;
  readonly title: string;
  readonly text: string;
  /** 0 to 2, meaning and words together (`scoresOf`). */
  readonly score: number;
}

/** What was found for one message. */
export interface Found {
  readonly facts: readonly SearchHit[];
  readonly asked: readonly SearchHit[];
}

/**
 * A message is nearer to another that wants the same than to the sentence that answers both, so what was asked before says more. Where one of
 * both is silent on a fact, the least of what it found stands in; where one found nothing at all, the other speaks alone.
 */
const ASKED_SHARE = 0.7;

/** Best first, each once. */
export function rankFacts({ facts, asked }: Found): readonly Passage[] {
  const told = scoresBy(facts, ({ id }) => id);
  const wanted = scoresBy(asked, ({ metadata }) => metadata['fact']);
  const [leastTold, leastWanted] = [leastOf(told), leastOf(wanted)];
  const share = wanted.size === 0 ? 0 : told.size === 0 ? 1 : ASKED_SHARE;
  const ids = new Set([...wanted.keys(), ...told.keys()]);
  const passages = [...ids].flatMap((id) => {
    const fact = findFact(id);
    if (fact === null) return [];
    const { article, title, text } = fact;
    const byAsked = wanted.get(id) ?? leastWanted;
    const byTold = told.get(id) ?? leastTold;
    return [{ id, article, title, text, score: share * byAsked + (1 - share) * byTold }];
  });
  return passages.toSorted((a, b) => b.score - a.score);
}

/** Nearest first. */
export function examplesOf(asked: readonly SearchHit[]): readonly Example[] {
  return scoredExamples(asked).map(({ text, intent }) => ({ text, intent }));
}

/** Nearer messages count far more: the fourth power makes one of half the score count a sixteenth. */
const VOTE_POWER = 4;
/** The nearest messages agree so far that a model has nothing to add. */
const SURE_SHARE = 0.9;

/** What a message is about, by those that were asked before; null when they do not agree. */
export function agreedIntent(asked: readonly SearchHit[]): Intent | null {
  const votes = new Map<Intent, number>();
  let all = 0;
  for (const { intent, score } of scoredExamples(asked).slice(0, EXAMPLES_MAX)) {
    const vote = score ** VOTE_POWER;
    votes.set(intent, (votes.get(intent) ?? 0) + vote);
    all += vote;
  }
  for (const [intent, vote] of votes) if (vote >= SURE_SHARE * all) return intent;
  return null;
}

function scoredExamples(asked: readonly SearchHit[]): readonly (Example & { readonly score: number })[] {
  const scores = scoresOf(asked);
  return asked
    .flatMap(({ text, metadata }, at) => {
      const intent = intents.find((each) => each === metadata['intent']);
      return intent === undefined ? [] : [{ text, intent, score: scores[at] ?? 0 }];
    })
    .toSorted((one, other) => other.score - one.score);
}

/** A passage that is this much farther than the nearest is a chance to answer wrongly rather than one to answer. */
const CLOSE_SHARE = 0.9;

/** Of passages, best first, those that are about as near as the best. */
export function closest(passages: readonly Passage[]): readonly Passage[] {
  const best = passages[0]?.score ?? 0;
  return passages.filter(({ score }) => score >= CLOSE_SHARE * best).slice(0, PASSAGES_MAX);
}

/** The best score of each name. */
function scoresBy(
  hits: readonly SearchHit[],
  nameOf: (hit: SearchHit) => unknown,
): ReadonlyMap<string, number> {
  const best = new Map<string, number>();
  for (const [at, score] of scoresOf(hits).entries()) {
    const name = hits[at] === undefined ? null : nameOf(hits[at]);
    if (typeof name === 'string') best.set(name, Math.max(best.get(name) ?? 0, score));
  }
  return best;
}

/** Meaning and words, each at most 1: the cosine, and the words' score beside the best of this search. */
export function scoresOf(hits: readonly SearchHit[]): readonly number[] {
  const best = Math.max(...hits.map(({ textScore }) => textScore ?? 0));
  return hits.map(({ vectorScore, textScore }) => (vectorScore ?? 0) + (textScore ?? 0) / (best || 1));
}

function leastOf(scores: ReadonlyMap<string, number>): number {
  return scores.size === 0 ? 0 : Math.min(...scores.values());
}
