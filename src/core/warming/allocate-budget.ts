// Who gets the GPUs when there are fewer than are worth warming: levels of all pools compete by what a GPU-second on them is worth.
// Floors and what is in use are never cut. Pure.

/** What one pool would have hot. */
export interface BudgetClaim {
  readonly pool: number;
  /** Replicas that are in use or paid for as a floor: not up for discussion. */
  readonly held: number;
  /** Worth of each further level, in saved GPU-seconds per GPU-second of keeping it, the lowest level first. */
  readonly worths: readonly number[];
}

export interface BudgetShare {
  readonly pool: number;
  /** Replicas that may be hot. */
  readonly hot: number;
  /** Levels that were worth it and did not get a GPU, with their worth. */
  readonly cut: readonly number[];
}

/**
 * Gives `gpus` replicas to the claims: what is held first, then level by level, the dearest next. A level counts at most as much as the
 * one below it, because it is of no use without. Where more is held than there is, everything else is cut. O(n log n).
 */
export function allocateBudget(claims: readonly BudgetClaim[], gpus: number): readonly BudgetShare[] {
  const wishes: { readonly claim: number; readonly worth: number }[] = [];
  let left = gpus;
  for (const [at, { held, worths }] of claims.entries()) {
    left -= held;
    let worth = Infinity;
    for (const each of worths) {
      worth = Math.min(worth, each);
      wishes.push({ claim: at, worth });
    }
  }
  // A stable sort: of equal worth, the pool that comes first in the claims, and the lower level.
  wishes.sort((a, b) => b.worth - a.worth);
  const granted = claims.map(() => 0);
  for (const { claim } of wishes.slice(0, Math.max(0, left))) granted[claim] = (granted[claim] ?? 0) + 1;
  return claims.map(({ pool, held, worths }, at) => {
    const levels = granted[at] ?? 0;
    return { pool, hot: held + levels, cut: worths.slice(levels) };
  });
}
