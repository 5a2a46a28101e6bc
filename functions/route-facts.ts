// What a request brings to its route: who asks, from where, for what. Owns which parts of it rules may see; the rules are the tenant's.
import type { Context } from 'hono';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import { readBodyFacts } from '../src/core/routing/body-facts.ts';
import { pickRouteHeaders } from '../src/core/routing/route-headers.ts';
import type { RouteQuestion } from '../src/core/routing/route-question.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import { platformRules } from '../tenants/tenants.ts';
import { rulesFor, type TenantRules } from '../durable-objects/tenant-call.ts';
import { poolViews } from '../durable-objects/pool-views.ts';
import type { AppEnv } from './context.ts';

export interface RoutedCall {
  readonly task: ModelVersion['task'];
  readonly model: string;
  readonly body: JsonObject;
}

export interface RouteFacts {
  readonly question: RouteQuestion;
  /** Which rules answer it. */
  readonly rules: TenantRules;
}

export async function readRouteFacts(c: Context<AppEnv>, call: RoutedCall): Promise<RouteFacts> {
  const { catalogue, place } = c.get('config');
  const { tenant, keyId, labels } = c.get('holder');
  const rules = await rulesFor(c.env, c.executionCtx, tenant.id);
  const { country, region, colo } = placeOf(c.req.raw);
  const question: RouteQuestion = {
    catalogue,
    place,
    task: call.task,
    model: call.model,
    rules: rules.rules,
    platform: platformRules,
    tenant: tenant.id,
    keyId,
    labels,
    headers: pickRouteHeaders(c.req.raw.headers),
    country,
    region,
    colo,
    session: null,
    budgetLeftMicros: null,
    nowMs: c.get('startedMs'),
    seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    views: poolViews(catalogue, c.get('startedMs')),
    ...readBodyFacts(call.body),
  };
  return { question, rules };
}

/** As the platform says; nothing of it is taken from what the client sends. */
function placeOf(request: Request): { country: string | null; region: string | null; colo: string | null } {
  const cf: unknown = (request as { cf?: unknown }).cf;
  const read = (name: string): string | null => {
    const value: unknown = typeof cf === 'object' && cf !== null ? Reflect.get(cf, name) : null;
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return { country: read('country'), region: read('regionCode'), colo: read('colo') };
}
