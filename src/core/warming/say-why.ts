// Why a pool has its plan, in one sentence for an operator and in figures. Owns the words. Pure.
import type { BrainPool } from './brain-settings.ts';
import type { LevelExplanation } from './explain-plan.ts';
import type { PlanTerm } from './pool-plan.ts';
import type { PoolPlan } from './warmer.ts';

export interface PlanReasons {
  readonly config: BrainPool;
  readonly by: PoolPlan['by'];
  /** The levels above the present load, the nearest first, within what the pool may have. */
  readonly levels: readonly LevelExplanation[];
  /** Replicas that the GPU budget lets the pool keep hot. */
  readonly most: number;
}

export function sayWhy({ config, by, levels, most }: PlanReasons): {
  readonly because: string;
  readonly terms: readonly PlanTerm[];
} {
  const asked = sayAsked(config);
  if (config.hotIdleMs !== null) return { because: asked, terms: [] };
  const also = asked === '' ? '' : `; ${asked}`;
  if (by === 'guard')
    return { because: `ski rental: the forecast has cost too much of late${also}`, terms: [] };
  if (by === 'broken') return { because: `ski rental: the forecast is no number${also}`, terms: [] };
  const next = levels.find(({ level }) => level > config.floor);
  const floor = config.floor === 0 ? '' : `floor of ${config.floor}; `;
  if (next === undefined) return { because: `${floor}nothing is known of more demand${also}`, terms: [] };
  return { because: `${floor}${describeLevel(next, most)}${also}`, terms: next.terms };
}

function sayAsked({ hotIdleMs, parkedIdleMs, parking }: BrainPool): string {
  const parts = [
    ...(hotIdleMs === null ? [] : [`an idle replica stays hot for ${hotIdleMs / 1000} s`]),
    ...(parkedIdleMs === null || !parking ? [] : [`a parked one stays for ${parkedIdleMs / 1000} s`]),
  ];
  return parts.length === 0 ? '' : `${parts.join(', ')}, as asked`;
}

/** One sentence about a level of which the GPU budget lets `most` be hot. */
export function describeLevel(explanation: LevelExplanation, most = Infinity): string {
  const { level, chance, savingSeconds, priceSeconds } = explanation;
  const odds = chance >= 0.0995 ? `${(100 * chance).toFixed(0)} %` : `${(100 * chance).toFixed(2)} %`;
  const isWorth = savingSeconds > priceSeconds;
  const verdict = !isWorth
    ? 'is not kept'
    : level > most
      ? 'would be kept, but the GPU budget is spent'
      : 'is kept';
  return `replica ${level} ${verdict}: needed in the next ${span(priceSeconds)} with a chance of ${odds}, which saves ${seconds(savingSeconds)} for ${seconds(priceSeconds)}`;
}

function span(tickSeconds: number): string {
  return tickSeconds === 60 ? 'minute' : `${tickSeconds} s`;
}

function seconds(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} GPU-seconds`;
}
