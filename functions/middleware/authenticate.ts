// Who is asking: a tenant by its key, or the admin by its token. Runs before a body is read and before anybody is told what exists. What is
// compared is the digest of a guess, so that the time it takes says nothing of the key.
import { createMiddleware } from 'hono/factory';
import { parseBearer } from '../../src/core/door/check-headers.ts';
import { findByKey } from '../../tenants/tenants.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';
import { hexDigest } from '../sha256.ts';

export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  const token = orFail(parseBearer(c.req.raw.headers.get('authorization')));
  const holder = findByKey(await hexDigest(token), c.get('config').environment);
  if (holder === undefined) throw new RequestFailure({ kind: 'wrong-key' });
  c.set('tenant', holder.tenant);
  c.set('holder', holder);
  const event = c.get('event');
  event.tenant = holder.tenant.id;
  event.keyId = holder.keyId;
  await next();
});

export const authenticateAdmin = createMiddleware<AppEnv>(async (c, next) => {
  const token = orFail(parseBearer(c.req.raw.headers.get('authorization')));
  const { adminTokenSha256 } = c.get('config');
  if (adminTokenSha256 === null || (await hexDigest(token)) !== adminTokenSha256) {
    throw new RequestFailure({ kind: 'not-admin' });
  }
  await next();
});
