// How many replicas of one pool are worth keeping hot, parked, and bringing up ahead of demand: each further level is compared alone,
// its chance of being needed against the price of keeping it. Pure.
import { buyCosts, isParkingWorthwhile, prewarmFactor, type WarmthFigures } from './exchange.ts';

/** What is to be had of a pool, in replicas of all. */
export interface LevelPlan {
  readonly keepHot: number;
  readonly warmTo: number;
  readonly keepParked: number;
  readonly parkTo: number;
}

/** Chances per second above which a level is worth it; the last two are Infinity where parking is not. */
export interface LevelThresholds {
  readonly keepHot: number;
  readonly warm: number;
  readonly keepParked: number;
  readonly park: number;
}

/** A pool's demand: what is busy now, and the chances of the levels above. */
export interface LevelDemand {
  /** Replicas that are busy now. */
  readonly busy: number;
  /** Levels above this one are not known. */
  readonly highest: number;
  /** Expected times per second that level k goes up. */
  hazard(level: number): number;
}

export interface LevelQuestion extends LevelDemand {
  readonly figures: WarmthFigures;
  readonly prewarm: boolean;
}

export function levelThresholds(figures: WarmthFigures, prewarm: boolean): LevelThresholds {
  const { hotSeconds, parkedSeconds } = buyCosts(figures);
  const margin = prewarm ? prewarmFactor(figures.gamma) : Infinity;
  const parks = isParkingWorthwhile(figures);
  return {
    keepHot: 1 / hotSeconds,
    warm: margin / hotSeconds,
    keepParked: parks ? 1 / parkedSeconds : Infinity,
    park: parks ? margin / parkedSeconds : Infinity,
  };
}

/**
 * Level k is kept while `hazard x saving > price`, without a gap from the present load on; it is brought up at a margin above that.
 * More hazard, or a higher gamma, never lowers any of the four. Null when the forecast is no number.
 */
export function planLevels(question: LevelQuestion): LevelPlan | null {
  const { figures, prewarm } = question;
  return climbLevels(levelThresholds(figures, prewarm), question);
}

/** The same for thresholds that are known already. A level counts only together with every level below it. */
export function climbLevels(thresholds: LevelThresholds, demand: LevelDemand): LevelPlan | null {
  const { busy, highest } = demand;
  const parks = thresholds.keepParked !== Infinity;
  let keepHot = busy;
  let warmTo = busy;
  let keepParked = busy;
  let parkTo = busy;
  for (let level = busy + 1; level <= highest; level += 1) {
    const chance = demand.hazard(level);
    if (!(chance >= 0)) return null;
    if (keepHot === level - 1 && chance > thresholds.keepHot) keepHot = level;
    if (warmTo === level - 1 && chance > thresholds.warm) warmTo = level;
    if (keepParked === level - 1 && chance > thresholds.keepParked) keepParked = level;
    if (parkTo === level - 1 && chance > thresholds.park) parkTo = level;
    if (Math.max(keepHot, keepParked, parkTo) < level) break;
  }
  if (!parks) return { keepHot, warmTo, keepParked: 0, parkTo: 0 };
  return { keepHot, warmTo, keepParked: Math.max(keepHot, keepParked), parkTo };
}
