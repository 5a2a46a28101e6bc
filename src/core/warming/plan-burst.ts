// How many containers a place that scales by itself is to hold for bursts, replicas included: levels that are worth keeping hot and that no
// replica holds. Starting them ahead would not pay (their chance is within the margin for starts); the place, while it is busy, keeps them
// at hand, so that the start of a burst is there at once. Pure.

export interface BurstQuestion {
  /** Replicas worth keeping hot, within what the pool may have. */
  readonly keepHot: number;
  /** Replicas that are hot or coming, with those that the plan brings up. */
  readonly held: number;
  /** Starts ahead of demand that the budget for speculation bears beside those of the plan. */
  readonly starts: number;
}

/** 0 = nothing beyond the replicas; a place without a floor keeps no buffer. */
export function planBurst({ keepHot, held, starts }: BurstQuestion): number {
  if (held === 0) return 0;
  const to = Math.min(keepHot, held + Math.max(0, starts));
  return to > held ? to : 0;
}
