// A run's journal as visits to pools: what the function graph learns from, and what it expects from. Pure.
import type { RunTrace } from '../graph/function-graph.ts';
import { visitsMax, type RunVisit } from '../graph/run-visits.ts';
import type { RunState, StepRecord } from './run-state.ts';

export interface PoolsOfSteps {
  /** The pool that a step asks; null for one that asks none. */
  poolOf(step: StepRecord): string | null;
  /** How long a step that is still under way has waited because nothing was hot, as far as that is known. */
  coldMs(step: StepRecord): number;
}

/** In the order in which they began; a step that was given up visited its pool until then. */
export function visitsOfRun({ steps }: RunState, pools: PoolsOfSteps): readonly RunVisit[] {
  return steps
    .flatMap((step): RunVisit[] => {
      const pool = pools.poolOf(step);
      return pool === null ? [] : [{ pool, startedMs: step.askedMs, ...endOf(step, pools) }];
    })
    .slice(0, visitsMax);
}

/** What was learned from a run that has ended; null while it goes on. */
export function traceOfRun(state: RunState, pools: PoolsOfSteps): RunTrace | null {
  const { endedMs } = state.progress;
  if (endedMs === null) return null;
  return {
    function: state.spec.function,
    startedMs: state.spec.createdMs,
    endedMs,
    visits: visitsOfRun(state, pools).map(({ pool, startedMs, endedMs: each, coldMs }) => ({
      pool,
      startedMs,
      endedMs: each ?? endedMs,
      coldMs,
    })),
  };
}

function endOf(step: StepRecord, pools: PoolsOfSteps): Pick<RunVisit, 'endedMs' | 'coldMs'> {
  switch (step.status.kind) {
    case 'settled':
      return { endedMs: step.status.atMs, coldMs: step.status.measure.coldMs };
    case 'dropped':
      return {
        endedMs: step.status.atMs,
        coldMs: Math.min(pools.coldMs(step), step.status.atMs - step.askedMs),
      };
    case 'running':
    case 'waiting':
      return { endedMs: null, coldMs: pools.coldMs(step) };
    default:
      return step.status satisfies never;
  }
}
