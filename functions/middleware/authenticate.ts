// Who is asking: a tenant by its key, or the admin by its token. Runs before a body is read and before anybody is told what exists.
import { createMiddleware } from 'hono/factory';
import { findByKey } from '../../tenants/tenants.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';

export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  const token = readToken(c.req.raw.headers);
  if (token === null) throw new RequestFailure({ kind: 'no-key' });
  const tenant = findByKey(await sha256(token), c.get('config').environment);
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

/** Hex digest. What is compared is the digest of a guess, so that the time it takes says nothing of the key. */
async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  let hex = '';
  for (const byte of digest) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
