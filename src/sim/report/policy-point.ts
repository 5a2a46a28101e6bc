// One setting of a policy with what each day of the replay cost, and how it becomes a point of a curve. Owns the weights of days, on
// which resampling rests. Pure.
import type { ReplayResult } from '../replay/run-replay.ts';
import type { CurvePoint } from './envelope.ts';

export interface DayFigures {
  readonly requests: number;
  readonly cold: number;
  readonly waitSeconds: number;
  /** Idle + load + parkedShare x parked: what a policy is responsible for. Busy seconds are the same for all. */
  readonly gpuSeconds: number;
}

export interface PolicyPoint {
  readonly spec: string;
  readonly days: readonly DayFigures[];
}

/** What is held equal when two policies are compared: cold share in %, or mean wait in seconds. */
export type Measure = 'cold' | 'wait';

export function pointOf(spec: string, result: ReplayResult, parkedShare: number): PolicyPoint {
  return {
    spec,
    days: result.days.map(({ requests, cold, waitSeconds, idleSeconds, loadSeconds, parkedSeconds }) => ({
      requests,
      cold,
      waitSeconds,
      gpuSeconds: idleSeconds + loadSeconds + parkedShare * parkedSeconds,
    })),
  };
}

/** The point of a curve in which each day counts as often as `weights` says; once without it. */
export function placeOn(measure: Measure, point: PolicyPoint, weights?: readonly number[]): CurvePoint {
  let requests = 0;
  let suffered = 0;
  let gpuSeconds = 0;
  for (const [day, figures] of point.days.entries()) {
    const weight = weights === undefined ? 1 : (weights[day] ?? 0);
    requests += weight * figures.requests;
    suffered += weight * (measure === 'cold' ? 100 * figures.cold : figures.waitSeconds);
    gpuSeconds += weight * figures.gpuSeconds;
  }
  return { spec: point.spec, x: requests === 0 ? 0 : suffered / requests, hours: gpuSeconds / 3600 };
}
