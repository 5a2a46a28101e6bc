// The one seam between an index and the rest of the platform: which embedding model is meant, how it is called, and the tenant's list.
import { configOf } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import { err, ok } from '../src/core/base/result.ts';
import { wireModelOf } from '../src/core/routing/wire-model.ts';
import { priorityOf } from '../src/core/resilience/priority.ts';
import { parseEmbeddingReply } from '../src/core/search/embedding-reply.ts';
import { dispatch } from '../src/hosts/dispatch.ts';
import type { IndexPorts } from '../src/hosts/index-ports.ts';
import { portsFor } from '../src/hosts/worker-ports.ts';
import { weightOf } from '../tenants/tenants.ts';
import { listName } from './index-names.ts';
import { routeForTenant } from './plan-for-tenant.ts';

export type IndexOutside = Pick<IndexPorts, 'resolveModel' | 'embed' | 'enlist' | 'dismiss'>;

/** The outside of an index in this Worker. */
export function indexOutside(env: Env, ctx: DurableObjectState): IndexOutside {
  const routeOf = (tenant: string, model: string) =>
    routeForTenant(env, ctx, { tenant, task: 'embedding', model });
  return {
    resolveModel(tenant, model) {
      const route = routeOf(tenant, model);
      return route.ok ? ok(route.value.version.id) : route;
    },
    async embed({ tenant, version, texts, withinMs = Infinity, criticality = 'default' }) {
      const route = routeOf(tenant, version);
      if (!route.ok) return route;
      const { dispatch: limits, catalogue } = configOf(env);
      const model = wireModelOf(catalogue, version);
      const request = {
        attempts: [{ pool: route.value.pool, version, body: JSON.stringify({ model, input: texts }) }],
        tenant,
        priority: priorityOf({ task: 'embedding', body: {}, weight: weightOf(tenant), criticality }),
        requestId: crypto.randomUUID(),
        path: '/v1/embeddings' as const,
        stream: false,
        signal: new AbortController().signal,
        startedMs: Date.now(),
      };
      const totalMs = Math.min(limits.totalMs, withinMs);
      const outcome = await dispatch(portsFor(env, ctx), request, { ...limits, totalMs });
      if (outcome.kind === 'json') return parseEmbeddingReply(outcome.body, texts.length);
      return err(outcome.kind === 'failed' ? outcome.failure : { kind: 'bad-reply' });
    },
    enlist: async (tenant, name) => env.INDEX.getByName(listName(tenant)).enlist(name),
    dismiss: async (tenant, name, beforeMs) => env.INDEX.getByName(listName(tenant)).dismiss(name, beforeMs),
  };
}
