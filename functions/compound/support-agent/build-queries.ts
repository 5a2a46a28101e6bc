// What is searched for, in which order: the message as it stands, then with what was said before, then its telling words among the articles of
// its topic. Pure.
import type { SearchAsk } from '../../../src/core/run/run-context.ts';
import { contentWords } from './check-answer.ts';
import { topics, type Intent } from './prompts.ts';

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Hits of one search: enough that a fact is found twice, by its own words and by those of who asked for it before. */
const HITS = 12;

/** The embedding model reads about this much well. */
const QUERY_CHARS_MAX = 400;

export function firstQuery(message: string): SearchAsk {
  return { query: clip(message), limit: HITS };
}

/** The searches after the first, best first; null when there is no other way to ask. `nth` counts from 1. */
export function rewrittenQuery(
  nth: number,
  {
    message,
    history,
    intent,
  }: { readonly message: string; readonly history: readonly Turn[]; readonly intent: Intent },
): SearchAsk | null {
  const before = history.findLast(({ role }) => role === 'user')?.content;
  const topic = topics.find((each) => each === intent);
  const words = contentWords(message).join(' ');
  const ways: readonly (SearchAsk | null)[] = [
    // A message like "and to Norway?" says what it is about only together with the one before.
    before === undefined ? null : { query: clip(`${before} ${message}`), limit: HITS },
    topic === undefined || words === '' ? null : { query: clip(words), limit: HITS, where: { topic } },
  ];
  return ways.filter((each) => each !== null)[nth - 1] ?? null;
}

function clip(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, QUERY_CHARS_MAX);
}
