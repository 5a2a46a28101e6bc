// Compares ways to prepare for runs of functions: what cold starts delay a run by, at equal GPU-seconds per run. Owns the curves and the
// intervals from resampled days. Pure.
import { middleOf, type DayDraw } from './bootstrap.ts';
import { costAt, lowerEnvelope, type CurvePoint } from './envelope.ts';

export interface DelayDay {
  readonly runs: number;
  readonly delaySeconds: number;
  /** Idle + load. */
  readonly gpuSeconds: number;
}

/** One setting of one way. */
export interface DelayPoint {
  readonly spec: string;
  readonly days: readonly DelayDay[];
}

/** GPU-seconds per run and seconds of delay per run. */
export function placeDelay({ spec, days }: DelayPoint, weights?: readonly number[]): CurvePoint {
  const sum = (of: (day: DelayDay) => number): number =>
    days.reduce((all, day, at) => all + (weights === undefined ? 1 : (weights[at] ?? 0)) * of(day), 0);
  const runs = Math.max(
    1,
    sum((day) => day.runs),
  );
  return { spec, x: sum((day) => day.gpuSeconds) / runs, hours: sum((day) => day.delaySeconds) / runs };
}

/** Delay per run at `cost` GPU-seconds per run, in seconds; null where no setting is that cheap. */
export function delayAt(
  points: readonly DelayPoint[],
  cost: number,
  weights?: readonly number[],
): number | null {
  const envelope = lowerEnvelope(points.map((point) => placeDelay(point, weights)));
  return costAt(envelope, cost)?.hours ?? null;
}

/** Two ways on one kind of function. */
export interface DelayPair {
  readonly base: readonly DelayPoint[];
  readonly policy: readonly DelayPoint[];
}

export interface DelayCut {
  /** By how much the policy's delay is lower, as a share: the geometric mean over all pairs and costs that both reach. */
  readonly cut: number;
  readonly interval: readonly [number, number] | null;
  /** The least and the greatest of them. */
  readonly range: readonly [number, number];
}

const intervalShare = 0.95;

/** Null when nothing can be compared. */
export function cutDelays(
  pairs: readonly DelayPair[],
  costs: readonly number[],
  draws: readonly DayDraw[],
): DelayCut | null {
  const ratios = ratiosOf(pairs, costs);
  if (ratios.length === 0) return null;
  const drawn = draws.flatMap(({ weights, times }) => {
    const value = ratiosOf(pairs, costs, weights);
    return value.length === 0 ? [] : [{ value: 1 - meanOf(value), times }];
  });
  return {
    cut: 1 - meanOf(ratios),
    interval: middleOf(drawn, intervalShare),
    range: [1 - Math.max(...ratios), 1 - Math.min(...ratios)],
  };
}

function ratiosOf(
  pairs: readonly DelayPair[],
  costs: readonly number[],
  weights?: readonly number[],
): readonly number[] {
  return pairs.flatMap(({ base, policy }) =>
    costs.flatMap((cost) => {
      const from = delayAt(base, cost, weights);
      const to = delayAt(policy, cost, weights);
      return from === null || to === null || from <= 0 || to <= 0 ? [] : [to / from];
    }),
  );
}

function meanOf(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
