// The door: a valid configuration, one canonical host and path, headers within bounds. Nothing else goes further.
import { createMiddleware } from 'hono/factory';
import { readConfig } from '../../src/config.ts';
import { isServedHost, parseTarget } from '../../src/core/door/canonical-target.ts';
import { checkHeaderSize } from '../../src/core/door/check-headers.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';

export const openDoor = createMiddleware<AppEnv>(async (c, next) => {
  const config = readConfig(c.env);
  if (!config.ok) {
    throw new RequestFailure({ kind: 'misconfigured', variables: config.error.variables });
  }
  const { hosts, bounds } = config.value;
  const target = parseTarget(c.req.raw.url);
  if (!target.ok) throw new RequestFailure({ kind: 'bad-target', message: target.error });
  if (!isServedHost(hosts, target.value.host)) {
    throw new RequestFailure({ kind: 'bad-target', message: 'This host is not served here.' });
  }
  orFail(checkHeaderSize(c.req.raw.headers, bounds));
  c.set('config', config.value);
  await next();
});
