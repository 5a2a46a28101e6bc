// GET /healthz: that this deployment is configured and answers, and which version of it. Needs no key and tells nothing of tenants,
// models or pools.
import type { Context } from 'hono';
import type { AppEnv } from './context.ts';

export function tellHealth(c: Context<AppEnv>): Response {
  const { environment } = c.get('config');
  // So that whoever deploys can tell that the new version answers, and not yet the old one.
  const version = c.env.VERSION?.id;
  const body = { ok: true, environment, ...(version === undefined || version === '' ? {} : { version }) };
  return c.json(body, 200, { 'x-request-id': c.get('requestId') });
}
