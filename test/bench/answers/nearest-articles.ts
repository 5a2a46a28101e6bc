// Finds articles for a question by the embedding model alone: less than what the platform's hybrid search does, and enough to see how
// much retrieval costs the answers.
import type { Article } from '../../../functions/compound/support-agent/knowledge/article.ts';
import { articles, textOf } from '../../../functions/compound/support-agent/knowledge/articles.ts';
import { PASSAGES_MAX } from '../../../functions/compound/support-agent/prompts.ts';
import type { Choose } from './score-answers.ts';

export type Embed = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>;

/** Knows the nearest articles of these questions. */
export async function prepareRetrieval(embed: Embed, questions: readonly string[]): Promise<Choose> {
  const stored = await embed(articles.map((article) => `${article.title}. ${textOf(article)}`));
  const asked = await embed(questions);
  const nearest = new Map<string, readonly Article[]>();
  for (const [at, question] of questions.entries()) {
    const scored = articles.map((article, place) => ({
      article,
      score: cosine(asked[at] ?? [], stored[place] ?? []),
    }));
    scored.sort((one, other) => other.score - one.score);
    nearest.set(
      question,
      scored.slice(0, PASSAGES_MAX).map(({ article }) => article),
    );
  }
  return (question) => nearest.get(question) ?? [];
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}
