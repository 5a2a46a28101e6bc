// Why a level is kept or not, in GPU-seconds: what keeping it for the next minute saves, split over what speaks for it, less what it
// costs. The sum of the terms is the decision: above zero it is kept. Pure.
import { figureGroups, hazardAxes, type FigureGroup } from '../demand/hazard-figures.ts';
import { hazardLogMax, type HazardTerm } from '../demand/hazard-model.ts';
import type { PlanTerm } from './pool-plan.ts';

/** Below this the figures together say nothing, and nothing is split over them. */
const silentLog = 1e-9;

export interface LevelExplanation {
  readonly level: number;
  /** Chance of being needed in the next minute. */
  readonly chance: number;
  /** Saving and price; `terms` add up to their difference. */
  readonly savingSeconds: number;
  readonly priceSeconds: number;
  readonly terms: readonly PlanTerm[];
}

/**
 * Explains one level from the terms of its hazard (logarithms per tick, the usual one first). The saving is
 * `exp(sum) x buySeconds`, cut where the hazard is: what would be saved with the usual hazard alone is one term, and what the figures add to it or take from it
 * is split over them in proportion to their logarithms.
 */
export function explainLevel(
  level: number,
  hazard: readonly HazardTerm[],
  { buySeconds, tickSeconds }: { readonly buySeconds: number; readonly tickSeconds: number },
): LevelExplanation {
  const [usual, ...figures] = hazard;
  const usualLog = usual?.log ?? 0;
  const figureLog = figures.reduce((sum, { log }) => sum + log, 0);
  const usualSaving = meanOf(usualLog) * buySeconds;
  const mean = meanOf(usualLog + figureLog);
  const savingSeconds = mean * buySeconds;
  const perLog = Math.abs(figureLog) < silentLog ? 0 : (savingSeconds - usualSaving) / figureLog;
  const groups = (Object.keys(figureGroups) as FigureGroup[]).map((group) => ({
    name: group,
    gpuSeconds: perLog * sumOf(group, figures),
  }));
  const left = savingSeconds - usualSaving - groups.reduce((sum, { gpuSeconds }) => sum + gpuSeconds, 0);
  return {
    level,
    chance: -Math.expm1(-mean),
    savingSeconds,
    priceSeconds: tickSeconds,
    terms: [
      { name: 'usual', gpuSeconds: usualSaving + left },
      ...groups,
      { name: 'price of keeping it', gpuSeconds: -tickSeconds },
    ],
  };
}

/** As the model computes it: times per tick. */
function meanOf(log: number): number {
  return Math.exp(Math.min(hazardLogMax, log));
}

function sumOf(group: FigureGroup, figures: readonly HazardTerm[]): number {
  const names = new Set(figureGroups[group].map((axis) => hazardAxes[axis]?.name));
  return figures.reduce((sum, { name, log }) => sum + (names.has(name) ? log : 0), 0);
}
