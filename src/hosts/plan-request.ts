// From the facts of a request to what dispatch performs: the route's attempts with their bodies, the policy and the limits that its rules
// set. Owns the translation; which rule says what is the core's.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import type { JsonObject } from '../core/door/parse-body.ts';
import { askStream, canAskStream } from '../core/stream/ask-stream.ts';
import { applyOverrides } from '../core/routing/overrides.ts';
import { planRoute } from '../core/routing/plan-route.ts';
import type { Catalogue } from '../core/registry/model.ts';
import { findVersion } from '../core/routing/resolve-model.ts';
import { wireModelOf } from '../core/routing/wire-model.ts';
import type { PlannedAttempt, PlannedTarget, RoutePlan } from '../core/routing/route-plan.ts';
import type { RouteQuestion } from '../core/routing/route-question.ts';
import { STEADFAST_POLICY, type AttemptPolicy, type AttemptTarget } from './attempt-target.ts';
import type { DispatchLimits } from './dispatch.ts';

export interface PlannedRequest {
  /** At least one. */
  readonly attempts: readonly [AttemptTarget, ...AttemptTarget[]];
  readonly policy: AttemptPolicy;
  readonly limits: DispatchLimits;
  readonly plan: RoutePlan;
}

export function planRequest(
  question: RouteQuestion,
  body: JsonObject,
  limits: DispatchLimits,
): Result<PlannedRequest, Failure> {
  const plan = planRoute(question);
  if (plan.deny !== null) return err({ kind: 'denied-by-rule', reason: plan.deny.reason });
  const [first, ...others] = plan.attempts;
  if (first === undefined) return err(plan.failure ?? { kind: 'unknown-model', model: question.model });
  // Where somebody could answer in its place, a server that says nothing must be told from one that works.
  const isGathered = (others.length > 0 || plan.hedge !== null) && canAskStream(body);
  const totalMs = first.overrides.timeouts?.totalMs;
  const target = (attempt: PlannedAttempt, index: number): AttemptTarget =>
    targetOf(attempt, { question, body, isLast: index === others.length, isGathered });
  return ok({
    attempts: [target(first, 0), ...others.map((attempt, index) => target(attempt, index + 1))],
    policy: { ...STEADFAST_POLICY, hedge: plan.hedge, midStream: plan.midStream },
    limits: totalMs === undefined ? limits : { ...limits, totalMs },
    plan,
  });
}

/**
 * How long a target that shows nothing is waited for while another one is left, unless a rule says how long: the other one must still have
 * time to answer a client that gives up after half a minute, as many do.
 */
const patienceMs = 8_000;

interface TargetParts {
  readonly question: RouteQuestion;
  readonly body: JsonObject;
  /** No other target is left after it. */
  readonly isLast: boolean;
  readonly isGathered: boolean;
}

function targetOf(
  attempt: PlannedAttempt,
  { question, body, isLast, isGathered }: TargetParts,
): AttemptTarget {
  const { target, pool, role, on, afterWaitMs, overrides } = attempt;
  const patience = isLast ? {} : { firstTokenMs: patienceMs, idleMs: patienceMs };
  const { firstTokenMs, idleMs } = { ...patience, ...overrides.timeouts };
  const limits = {
    ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    ...(idleMs === undefined ? {} : { idleMs }),
  };
  let text: string | null = null;
  return {
    pool,
    version: target,
    /** Made when it is needed: of most requests the first attempt is the only one. */
    get body() {
      text ??= bodyFor(attempt, isGathered ? askStream(body) : body, question.catalogue);
      return text;
    },
    on,
    limits,
    ...(afterWaitMs === null ? {} : { afterWaitMs }),
    ...(isGathered ? { isGathered } : {}),
    ...(isSubstitute(role) ? { label: `${role} ${target}` } : {}),
    ...(canContinue(question.catalogue, target) ? { continues: true } : {}),
  };
}

function canContinue(catalogue: Catalogue, target: string): boolean {
  const version = findVersion(catalogue, target);
  return version?.continues ?? version?.launch.kind === 'paced';
}

/** The JSON text for one target's replicas. */
export function bodyFor(
  { target, overrides }: PlannedTarget,
  body: JsonObject,
  catalogue: Catalogue,
): string {
  return JSON.stringify({ ...applyOverrides(body, overrides), model: wireModelOf(catalogue, target) });
}

/** What the client did not ask for, and must be able to see. */
function isSubstitute(role: PlannedAttempt['role']): boolean {
  return role === 'fallback' || role === 'spill';
}
