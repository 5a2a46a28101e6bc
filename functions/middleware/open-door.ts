// First of all: a request id, the configuration, one canonical host and path. Nothing that is not canonical goes further.
import { createMiddleware } from 'hono/factory';
import { configOf, type Config } from '../../src/config.ts';
import { isLoopback, parseTarget } from '../../src/core/door/canonical-target.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';

/** Bytes of all headers together; the runtime's own limit is far above. */
const headerBytesMax = 16_384;

export const openDoor = createMiddleware<AppEnv>(async (c, next) => {
  c.set('config', configOf(c.env));
  const target = parseTarget(c.req.raw.url);
  if (!target.ok) throw new RequestFailure({ kind: 'bad-target', message: target.error });
  if (!isServedHost(c.get('config'), target.value.host)) {
    throw new RequestFailure({ kind: 'bad-target', message: 'This host is not served here.' });
  }
  let bytes = 0;
  for (const [name, value] of c.req.raw.headers) bytes += name.length + value.length;
  if (bytes > headerBytesMax)
    throw new RequestFailure({ kind: 'headers-too-large', bytesMax: headerBytesMax });
  c.set('target', target.value);
  await next();
});

/** Minted here, never taken from the caller: an id that a client chooses could be another's. */
export function mintRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`;
}

function isServedHost(config: Config, host: string): boolean {
  if (config.environment === 'dev') return isLoopback(host);
  return config.allowedHosts.length === 0 || config.allowedHosts.includes(host);
}
