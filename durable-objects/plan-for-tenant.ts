// The route of what the platform asks of models on a tenant's behalf: turns of sessions, steps of runs. By the tenant's rules as they are
// published; there is no key, no header and no place to go by.
import { configOf, type Env } from '../src/config.ts';
import type { Failure } from '../src/core/api/failure.ts';
import { must } from '../src/core/base/assert.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import type { CompiledRules } from '../src/core/routing/compile-rules.ts';
import { readBodyFacts } from '../src/core/routing/body-facts.ts';
import type { Route } from '../src/core/routing/decide-route.ts';
import { planRoute } from '../src/core/routing/plan-route.ts';
import { findVersion } from '../src/core/routing/resolve-model.ts';
import type { RouteQuestion } from '../src/core/routing/route-question.ts';
import type { DispatchLimits } from '../src/hosts/dispatch.ts';
import { planRequest, type PlannedRequest } from '../src/hosts/plan-request.ts';
import type { Lifetime } from '../src/hosts/worker-ports.ts';
import { fileRules, platformRules } from '../tenants/tenants.ts';
import { poolViews } from './pool-views.ts';
import { rulesFor } from './tenant-call.ts';

export interface TenantAsk {
  readonly tenant: string;
  readonly task: ModelVersion['task'];
  /** As the session or the function names it. */
  readonly model: string;
  readonly session?: string;
}

export async function planForTenant(
  env: Env,
  lifetime: Lifetime,
  ask: TenantAsk & { readonly body: JsonObject; readonly limits: DispatchLimits },
): Promise<Result<PlannedRequest, Failure>> {
  const { rules } = await rulesFor(env, lifetime, ask.tenant);
  const question = questionOf(env, rules, ask, ask.body);
  return planRequest(question, ask.body, ask.limits);
}

/** What the model's name means for this tenant, as far as this isolate knows: the file's rules where it has not heard of others yet. */
export function routeForTenant(env: Env, lifetime: Lifetime, ask: TenantAsk): Result<Route, Failure> {
  const known = rulesFor(env, lifetime, ask.tenant);
  const rules = known instanceof Promise ? fileRules(ask.tenant).rules : known.rules;
  const question = questionOf(env, rules, ask, {});
  const plan = planRoute(question);
  if (plan.deny !== null) return err({ kind: 'denied-by-rule', reason: plan.deny.reason });
  const [first] = plan.attempts;
  if (first === undefined) return err(plan.failure ?? { kind: 'unknown-model', model: ask.model });
  const version = must(findVersion(question.catalogue, first.target), 'a version that was planned');
  return ok({ version, pool: first.pool, because: plan.explain.because });
}

function questionOf(
  env: Env,
  rules: CompiledRules,
  { tenant, task, model, session }: TenantAsk,
  body: JsonObject,
): RouteQuestion {
  const { catalogue, place } = configOf(env);
  const nowMs = Date.now();
  return {
    catalogue,
    place,
    task,
    model,
    rules,
    platform: platformRules,
    tenant,
    keyId: '',
    labels: {},
    headers: {},
    country: null,
    region: null,
    colo: null,
    session: session ?? null,
    budgetLeftMicros: null,
    nowMs,
    seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    views: poolViews(nowMs),
    ...readBodyFacts(body),
  };
}
