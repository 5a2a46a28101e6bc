// What rules would do with a request, given what this isolate knows of targets at the moment: POST .../explain by the rules that it serves the
// tenant by, POST .../rules/dry-run by rules that are sent along and kept nowhere.
import type { Context } from 'hono';
import { compileRules, type CompiledRules } from '../../src/core/routing/compile-rules.ts';
import { parseRules } from '../../src/core/routing/parse-rules.ts';
import { planRoute } from '../../src/core/routing/plan-route.ts';
import { renderExplanation } from '../../src/core/routing/render-explanation.ts';
import type { RoutePlan } from '../../src/core/routing/route-plan.ts';
import { parseDryRun, parseExplain } from '../../src/core/tenant/rule-requests.ts';
import { makeQuestion, type SampleQuestion } from '../../src/core/tenant/sample-question.ts';
import { poolViews } from '../../durable-objects/pool-views.ts';
import { rulesFor } from '../../durable-objects/tenant-call.ts';
import { platformRules } from '../../tenants/tenants.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { answer, tenantOf } from './ask-tenant.ts';

export async function dryRunRules(c: Context<AppEnv>): Promise<Response> {
  const tenant = tenantOf(c);
  const { catalogue, bounds } = c.get('config');
  const { rules, question } = orFail(parseDryRun(await readJsonBody(c.req.raw, bounds)));
  const parsed = parseRules(rules, catalogue);
  if (!parsed.ok) throw new RequestFailure({ kind: 'invalid-rules', issues: parsed.error });
  const plan = planFor(c, question, compileRules(parsed.value));
  return answer(c, { tenant, rules: parsed.value, ...renderPlan(plan) });
}

export async function explainRoute(c: Context<AppEnv>): Promise<Response> {
  const tenant = tenantOf(c);
  const { question } = orFail(parseExplain(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const { rules, version, generation, hash, source } = await rulesFor(c.env, c.executionCtx, tenant);
  const plan = planFor(c, question, rules);
  return answer(c, { tenant, version, generation, hash, source, ...renderPlan(plan) });
}

function planFor(c: Context<AppEnv>, question: SampleQuestion, rules: CompiledRules): RoutePlan {
  const { catalogue, place } = c.get('config');
  const nowMs = c.get('deps').now();
  const frame = {
    catalogue,
    place,
    rules,
    platform: platformRules,
    tenant: tenantOf(c),
    nowMs,
    views: poolViews(catalogue, nowMs),
  };
  return planRoute(makeQuestion(question, frame));
}

function renderPlan(plan: RoutePlan): object {
  return { plan, text: renderExplanation(plan) };
}
