// GET /healthz: that this deployment is configured and answers. Needs no key and tells nothing of tenants, models or pools.
import type { Context } from 'hono';
import type { AppEnv } from './context.ts';

export function tellHealth(c: Context<AppEnv>): Response {
  const { environment } = c.get('config');
  return c.json({ ok: true, environment }, 200, { 'x-request-id': c.get('requestId') });
}
