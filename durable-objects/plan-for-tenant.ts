// The route of what the platform asks of models on a tenant's behalf: turns of sessions, steps of runs. By the tenant's rules as they are
// published; there is no key, no header and no place to go by.
import { configOf } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import type { Failure } from '../src/core/api/failure.ts';
import type { Result } from '../src/core/base/result.ts';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import type { CompiledRules } from '../src/core/routing/compile-rules.ts';
import { readBodyFacts } from '../src/core/routing/body-facts.ts';
import { decideRoute, type Route } from '../src/core/routing/decide-route.ts';
import { noFacts } from '../src/core/routing/no-facts.ts';
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
  return decideRoute(questionOf(env, rules, ask, {}));
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
    ...noFacts,
    platform: platformRules,
    tenant,
    session: session ?? null,
    nowMs,
    seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    views: poolViews(catalogue, nowMs),
    ...readBodyFacts(body),
  };
}
