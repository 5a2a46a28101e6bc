// The facts of the help centre, each a sentence that is found and answered with on its own. Data only.
import type { Topic } from '../prompts.ts';
import { articles } from './articles.ts';

export interface Fact {
  readonly id: string;
  /** Id of its article. */
  readonly article: string;
  readonly topic: Topic;
  /** Of its article. */
  readonly title: string;
  readonly text: string;
}

export const facts: readonly Fact[] = articles.flatMap(({ id, topic, title, sentences }) =>
  sentences.map((text, at) => ({ id: factId(id, at), article: id, topic, title, text })),
);

/** `sentence` counts from 0. */
export function factId(article: string, sentence: number): string {
  return `${article}.${sentence + 1}`;
}

const byId = new Map(facts.map((fact) => [fact.id, fact]));

export function findFact(id: string): Fact | null {
  return byId.get(id) ?? null;
}
