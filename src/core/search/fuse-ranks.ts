// One order from two: reciprocal rank fusion (Cormack, Clarke, Buettcher 2009). Scores of words and of meaning have no common scale; ranks
// have. Pure.

export interface Scored {
  readonly key: number;
  readonly score: number;
}

export interface Fused {
  readonly key: number;
  /** 0 to 1; 1 = first in every list. */
  readonly score: number;
}

/** The paper's constant: it keeps the first of one list from outweighing a document that both lists place well. */
const rankOffset = 60;

/** Lists are best first. Equal scores are ordered by key, so that the same lists always give the same order. */
export function fuseRanks(lists: readonly (readonly Scored[])[]): readonly Fused[] {
  const sums = new Map<number, number>();
  for (const list of lists)
    for (const [rank, { key }] of list.entries())
      sums.set(key, (sums.get(key) ?? 0) + (rankOffset + 1) / (rankOffset + 1 + rank));
  return [...sums]
    .map(([key, sum]) => ({ key, score: sum / lists.length }))
    .sort((one, other) => other.score - one.score || one.key - other.key);
}
