// One call of a model by a step as a request: whose it is, how it stands beside others, and how much of the run's time it may take.
import type { JsonObject } from '../core/door/parse-body.ts';
import type { ModelVersion } from '../core/registry/model.ts';
import { priorityOf } from '../core/resilience/priority.ts';
import type { DispatchLimits, DispatchRequest, Served } from './dispatch.ts';
import type { PlannedRequest } from './plan-request.ts';
import type { Attempt } from './run-ports.ts';

/** What a step asks of a model. */
export interface Step {
  readonly task: ModelVersion['task'];
  readonly model: string;
  readonly body: JsonObject;
}

export interface StepTeller {
  /** A step has its slot: it waited `coldMs` because nothing was hot. */
  onSlot(attempt: Attempt, coldMs: number): void;
  /** How much a tenant counts beside others. */
  weightOf(tenant: string): number;
}

export function stepRequest(
  teller: StepTeller,
  attempt: Attempt,
  step: Step,
  { attempts, policy }: PlannedRequest,
): Omit<DispatchRequest, 'path' | 'stream' | 'onEnd'> {
  return {
    attempts,
    policy,
    tenant: attempt.tenant,
    priority: priorityOf({
      ...step,
      weight: teller.weightOf(attempt.tenant),
      criticality: attempt.criticality,
    }),
    requestId: `${attempt.key}/${attempt.attempt}`,
    signal: attempt.signal,
    startedMs: attempt.startedMs,
    onServed: ({ warmth, waitMs }: Served) =>
      teller.onSlot(attempt, warmth === 'hot' ? 0 : Math.round(waitMs ?? 0)),
  };
}

/** Limits that end with the step. */
export function withinStep(
  limits: DispatchLimits,
  { startedMs, deadlineMs }: Pick<Attempt, 'startedMs' | 'deadlineMs'>,
): DispatchLimits {
  return { ...limits, totalMs: Math.max(1, Math.min(limits.totalMs, deadlineMs - startedMs)) };
}
