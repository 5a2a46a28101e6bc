// Documents by their nearness to a query, from embeddings. Pure.
import type { Ranked } from './run-context.ts';

/** Nearest first; equal ones in their own order. A vector of another length or of zeros has a score of 0. */
export function rankByCosine(
  query: readonly number[],
  documents: readonly (readonly number[])[],
): readonly Ranked[] {
  return documents
    .map((document, index) => ({ index, score: cosine(query, document) }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0;
  let [dot, normA, normB] = [0, 0, 0];
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? 0;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  const norm = Math.sqrt(normA * normB);
  return norm === 0 ? 0 : dot / norm;
}
