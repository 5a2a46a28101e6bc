// Which version serves a request, for callers that need no more than that: the first attempt of its plan. Pure.
import type { Failure } from '../api/failure.ts';
import { must } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ModelVersion } from '../registry/model.ts';
import { planRoute } from './plan-route.ts';
import { findVersion } from './resolve-model.ts';
import type { RouteQuestion } from './route-question.ts';

export interface Route {
  readonly version: ModelVersion;
  readonly pool: string;
  /** Which rule or name decided, for whoever asks why. */
  readonly because: string;
}

export function decideRoute(question: RouteQuestion): Result<Route, Failure> {
  const plan = planRoute(question);
  if (plan.deny !== null) return err({ kind: 'denied-by-rule', reason: plan.deny.reason });
  const [first] = plan.attempts;
  if (first === undefined) return err(plan.failure ?? { kind: 'unknown-model', model: question.model });
  const version = must(findVersion(question.catalogue, first.target), 'a version that was planned');
  return ok({ version, pool: first.pool, because: plan.explain.because });
}
