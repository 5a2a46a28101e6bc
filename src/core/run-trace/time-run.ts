// The timing of a run as its journal tells it. Pure.
import type { RunState, StepRecord, StepStatus } from '../run/run-state.ts';
import type { RunTiming, StepTiming } from './run-timing.ts';

export function timeRun({ spec, progress, steps }: RunState): RunTiming {
  const byOrder = new Map(
    steps.flatMap(({ n, status }) => (status.kind === 'settled' ? [[status.order, n] as const] : [])),
  );
  return {
    run: spec.id,
    function: spec.function,
    startedMs: spec.createdMs,
    endedMs: progress.endedMs,
    status: progress.status.kind,
    steps: steps.map((step) => timeStep(step, byOrder.get(step.seen))),
  };
}

/** `cause` is the step whose outcome was the last that the code had been given when it asked. */
function timeStep(step: StepRecord, cause: number | undefined): StepTiming {
  const { n, kind, name, status, askedMs, attempt, attemptMs } = step;
  const { pool, version, warmth, queueMs, coldMs } = status.kind === 'settled' ? status.measure : unknown;
  // Between two attempts none has begun that could count.
  const isBetween = status.kind === 'waiting' && kind !== 'sleep';
  return {
    n,
    kind,
    name,
    pool,
    version,
    askedMs,
    startedMs: isBetween ? null : attemptMs,
    doneMs: status.kind === 'settled' || status.kind === 'dropped' ? status.atMs : null,
    queueMs,
    coldMs,
    warmth,
    attempts: attempt,
    status: statusOf(status),
    after: cause === undefined ? [] : [cause],
    retriedMs: isBetween ? status.dueMs - askedMs : attemptMs - askedMs,
  };
}

/** Of a step that goes on, or was given up. */
const unknown = { pool: null, version: null, warmth: null, queueMs: 0, coldMs: 0 } as const;

function statusOf(status: StepStatus): StepTiming['status'] {
  switch (status.kind) {
    case 'running':
    case 'waiting':
      return 'running';
    case 'dropped':
      return 'cancelled';
    case 'settled':
      return status.outcome.ok ? 'done' : 'failed';
    default:
      return status satisfies never;
  }
}
