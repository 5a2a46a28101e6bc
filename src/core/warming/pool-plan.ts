// What the planner asks of a pool for a while: how many replicas to keep hot and parked, how many to bring up ahead of demand, and how
// long an idle one may be kept. Owns the shape and what makes a plan sound; `apply-plan.ts` says what follows from one. Pure.

/** One reason of a plan, with the GPU-seconds that it is worth (positive: for warmth; negative: against). */
export interface PlanTerm {
  readonly name: string;
  readonly gpuSeconds: number;
}

/** All numbers are finite and not negative, so that they survive JSON; for "never" use `farMs`. */
export interface WarmthPlan {
  /** Hot replicas, busy and idle together, below which no idle one is put away before `hotMaxMs`. */
  readonly keepHot: number;
  /** Replicas hot or coming to bring up ahead of demand; what exceeds `keepHot` does not count. */
  readonly warmTo: number;
  /** Replicas hot and parked together below which no parked one is stopped before `parkedMaxMs`. */
  readonly keepParked: number;
  /**
   * Replicas of any warmth to have at least: those that are missing are started and parked at once. What exceeds `keepParked` does
   * not count, and a pool that cannot park heeds none of it.
   */
  readonly parkTo: number;
  /**
   * An idle replica is never put away before it was idle for `hotMinMs`, and not kept past `hotMaxMs` except for floor, need and
   * `warmTo` (putting one away to bring up another would be waste). Where they contradict each other, `hotMinMs` holds.
   */
  readonly hotMinMs: number;
  readonly hotMaxMs: number;
  /** The same for a parked one, since it was parked, with `parkTo` in the place of `warmTo`. */
  readonly parkedMinMs: number;
  readonly parkedMaxMs: number;
  /**
   * Containers, replicas included, that a place which scales by itself is to hold for bursts; left out, or no more than there are
   * replicas: none beside them. Other places heed none of it.
   */
  readonly burstTo?: number | undefined;
  /** End of the plan, in epoch milliseconds: from then on the windows of the pool's settings hold. */
  readonly untilMs: number;
  /** In words, for the operator. */
  readonly because: string;
  /** Why, in figures; at most `planTermsMax`. */
  readonly terms: readonly PlanTerm[];
}

/** More reasons than an operator reads. */
export const planTermsMax = 16;

/** "Never" among durations: a hundred years, which survives JSON where Infinity does not. */
export const farMs = 100 * 365 * 86_400_000;

const counts = ['keepHot', 'warmTo', 'keepParked', 'parkTo'] as const;
const times = ['hotMinMs', 'hotMaxMs', 'parkedMinMs', 'parkedMaxMs', 'untilMs'] as const;

/**
 * The plan as a pool takes it, or null when any figure is missing, negative or no finite number: a planner that computes nonsense
 * leaves its pools to the windows of their settings. Broken counts are rounded down, terms beyond the bound are left out.
 */
export function soundPlan(plan: {
  readonly [Name in keyof WarmthPlan]?: WarmthPlan[Name] | undefined;
}): WarmthPlan | null {
  if (![...counts, ...times].every((name) => isSound(plan[name]))) return null;
  if (plan.burstTo !== undefined && !isSound(plan.burstTo)) return null;
  const sound = plan as WarmthPlan;
  const { keepHot, warmTo, keepParked, parkTo } = sound;
  const { because = '', terms = [] } = plan;
  return {
    ...sound,
    keepHot: Math.floor(keepHot),
    warmTo: Math.floor(warmTo),
    keepParked: Math.floor(keepParked),
    parkTo: Math.floor(parkTo),
    ...(plan.burstTo === undefined ? {} : { burstTo: Math.floor(plan.burstTo) }),
    because,
    terms: terms.slice(0, planTermsMax),
  };
}

function isSound(figure: number | undefined): boolean {
  return figure !== undefined && Number.isFinite(figure) && figure >= 0;
}
