// What an article of the help centre is. Pure.
import type { Topic } from '../prompts.ts';

export interface Article {
  readonly id: string;
  readonly topic: Topic;
  readonly title: string;
  /** Each of them an answer on its own. */
  readonly sentences: readonly string[];
}

export function article(id: string, topic: Topic, title: string, ...sentences: readonly string[]): Article {
  return { id, topic, title, sentences };
}
