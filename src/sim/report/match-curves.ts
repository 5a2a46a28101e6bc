// Compares policies with a baseline at equal cold share or equal mean wait: how many times as much the baseline costs, with an interval
// from resampled days. Owns the comparison; the curves' points come from replays. Pure.
import { middleOf, type DayDraw, type Drawn } from './bootstrap.ts';
import { costAt, lowerEnvelope, type CurvePoint, type Reading } from './envelope.ts';
import { placeOn, type Measure, type PolicyPoint } from './policy-point.ts';

export interface Family {
  readonly name: string;
  readonly points: readonly PolicyPoint[];
}

export interface MatchQuestion {
  readonly measure: Measure;
  readonly targets: readonly number[];
  readonly base: readonly PolicyPoint[];
  readonly families: readonly Family[];
  readonly draws: readonly DayDraw[];
}

export interface Match {
  readonly family: string;
  readonly target: number;
  readonly base: Reading | null;
  readonly policy: Reading | null;
  /** Base hours / policy hours; null when one of the two does not get that warm. */
  readonly ratio: number | null;
  /** The middle 95 % of the resampled ratios. */
  readonly interval: readonly [number, number] | null;
  /** Share of the draws in which both reach the target; the interval is of these. */
  readonly reached: number;
}

const intervalShare = 0.95;

/** One match for each family and target, families in their order. Both curves are computed anew for each draw of days. */
export function matchCurves(question: MatchQuestion): readonly Match[] {
  const { measure, targets, base, families, draws } = question;
  const baseNow = envelopeOf(measure, base);
  const baseDrawn = draws.map(({ weights }) => envelopeOf(measure, base, weights));
  const drawCount = draws.reduce((sum, { times }) => sum + times, 0);
  return families.flatMap(({ name, points }) => {
    const policyNow = envelopeOf(measure, points);
    const policyDrawn = draws.map(({ weights }) => envelopeOf(measure, points, weights));
    return targets.map((target): Match => {
      const ratios: Drawn[] = [];
      for (const [at, { times }] of draws.entries()) {
        const value = ratioAt(baseDrawn[at] ?? [], policyDrawn[at] ?? [], target);
        if (value !== null) ratios.push({ value, times });
      }
      const reachedDraws = ratios.reduce((sum, { times }) => sum + times, 0);
      return {
        family: name,
        target,
        base: costAt(baseNow, target),
        policy: costAt(policyNow, target),
        ratio: ratioAt(baseNow, policyNow, target),
        interval: middleOf(ratios, intervalShare),
        reached: drawCount === 0 ? 0 : reachedDraws / drawCount,
      };
    });
  });
}

export function envelopeOf(
  measure: Measure,
  points: readonly PolicyPoint[],
  weights?: readonly number[],
): readonly CurvePoint[] {
  return lowerEnvelope(points.map((point) => placeOn(measure, point, weights)));
}

function ratioAt(base: readonly CurvePoint[], policy: readonly CurvePoint[], target: number): number | null {
  const above = costAt(base, target);
  const below = costAt(policy, target);
  return above === null || below === null ? null : above.hours / below.hours;
}
