// Who is asking: a tenant by its key, or the admin by its token. Runs before a body is read and before anybody is told what exists.
import { createMiddleware } from 'hono/factory';
import { must } from '../../src/core/base/assert.ts';
import { indexKeys, parseTenant, type Tenant } from '../../src/core/tenant/tenant.ts';
import type { Config } from '../../src/config.ts';
import { tenantFiles } from '../../tenants/files.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';

/** Parsed at the start of the isolate: a broken file stops the deployment, not a request. */
const tenants: readonly Tenant[] = tenantFiles.map((file) => {
  const tenant = parseTenant(file);
  if (!tenant.ok) throw new Error(`a tenant's file is not valid: ${tenant.error}`);
  return tenant.value;
});

const indexes = new Map<string, ReadonlyMap<string, Tenant>>();

export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  const token = readToken(c.req.raw.headers);
  if (token === null) throw new RequestFailure({ kind: 'no-key' });
  const tenant = keysOf(c.get('config')).get(await sha256(token));
  if (tenant === undefined) throw new RequestFailure({ kind: 'wrong-key' });
  c.set('tenant', tenant);
  c.get('event').tenant = tenant.id;
  await next();
});

export const authenticateAdmin = createMiddleware<AppEnv>(async (c, next) => {
  const token = readToken(c.req.raw.headers);
  if (token === null) throw new RequestFailure({ kind: 'no-key' });
  const { adminTokenSha256 } = c.get('config');
  if (adminTokenSha256 === null || (await sha256(token)) !== adminTokenSha256) {
    throw new RequestFailure({ kind: 'not-admin' });
  }
  await next();
});

/** `Bearer` and one token, nothing else: several headers arrive joined by a comma, which no token contains. */
function readToken(headers: Headers): string | null {
  const match = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/.exec(headers.get('authorization') ?? '');
  return match?.[1] ?? null;
}

function keysOf(config: Config): ReadonlyMap<string, Tenant> {
  const known = indexes.get(config.environment);
  if (known !== undefined) return known;
  const index = indexKeys(tenants, config.environment);
  if (!index.ok) throw new Error(index.error);
  indexes.set(config.environment, must(index.value, 'an index of keys'));
  return index.value;
}

/** Hex digest. What is compared is the digest of a guess, so that the time it takes says nothing of the key. */
async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  let hex = '';
  for (const byte of digest) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
