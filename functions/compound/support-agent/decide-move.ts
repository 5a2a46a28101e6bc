// What support-agent does next, from what it knows by now: evaluate, then retrieve, plan, act, answer, ask or hand over. Owns the order of
// these and when to give up; what each of them says and does is elsewhere. Pure.
import type { SearchAsk } from '../../../src/core/run/run-context.ts';
import { rewrittenQuery, type Turn } from './build-queries.ts';
import type { CompleteCall } from './complete-call.ts';
import type { Intent } from './prompts.ts';
import { closest, type Passage } from './rank-facts.ts';
import type { ToolCall, ToolResult } from './tools.ts';

/** Rounds of retrieval: after three ways to ask, the help centre does not know. */
export const SEARCHES_MAX = 3;

/** Moves of one run; a bound that no sequence of the moves below reaches, for the case that one is added that does not progress. */
export const MOVES_MAX = 12;

/**
 * Score from which a passage may hold the answer: what customers ask about the shop scores 0.9 and more, what has nothing to do with it
 * mostly less than half. The answering model refuses some of the rest, so missing a passage is the worse error.
 */
export const NEAR = 0.6;

export interface Knowledge {
  readonly message: string;
  readonly history: readonly Turn[];
  readonly intent: Intent;
  readonly searches: number;
  /** Best first, each once. */
  readonly passages: readonly Passage[];
  /** Passages that were shown to the model and did not lead to an answer. */
  readonly tried: ReadonlySet<string>;
  /** Null until the model was asked for a tool. */
  readonly plan: ToolCall | null;
  /** The call as it can be made; null when it needs what the customer has not said. */
  readonly call: CompleteCall | null;
  readonly result: ToolResult | null;
}

export type HandoverReason = 'asked_for_person' | 'not_in_help_center' | 'model_unavailable';

export type Move =
  | { readonly kind: 'plan' }
  | { readonly kind: 'act'; readonly call: CompleteCall }
  | { readonly kind: 'tell'; readonly result: ToolResult }
  | { readonly kind: 'retrieve'; readonly ask: SearchAsk }
  | { readonly kind: 'answer'; readonly passages: readonly Passage[] }
  | { readonly kind: 'ask'; readonly about: 'order' | 'product' | 'topic' }
  | { readonly kind: 'hand-over'; readonly reason: HandoverReason };

/** Intents whose messages may need a look into the order book. */
const withTools = new Set<Intent>(['orders', 'returns', 'payment', 'product']);

export function decideMove(known: Knowledge): Move {
  const { intent, plan, call, result } = known;
  if (intent === 'human') return { kind: 'hand-over', reason: 'asked_for_person' };
  if (plan === null && withTools.has(intent)) return { kind: 'plan' };
  if (call !== null && result === null) return { kind: 'act', call };
  if (result !== null) return { kind: 'tell', result };
  const passages = closest(known.passages.filter((hit) => isNear(hit) && !known.tried.has(hit.id)));
  if (passages.length > 0) return { kind: 'answer', passages };
  const ask = known.searches < SEARCHES_MAX ? rewrittenQuery(known.searches, known) : null;
  if (ask !== null) return { kind: 'retrieve', ask };
  return giveUp(known);
}

/** Nothing in the help centre answers: what a tool misses is asked for, small talk is led back, the rest is for a person. */
function giveUp({ plan, intent, tried }: Knowledge): Move {
  if (plan !== null && plan.tool !== 'none')
    return { kind: 'ask', about: plan.tool === 'check_stock' ? 'product' : 'order' };
  if (intent === 'other' && tried.size === 0) return { kind: 'ask', about: 'topic' };
  return { kind: 'hand-over', reason: 'not_in_help_center' };
}

function isNear({ score }: Passage): boolean {
  return score >= NEAR;
}

/** Passages of a later search behind those that are known. */
export function addPassages(known: readonly Passage[], more: readonly Passage[]): readonly Passage[] {
  const ids = new Set(known.map(({ id }) => id));
  return [...known, ...more.filter(({ id }) => !ids.has(id))];
}
