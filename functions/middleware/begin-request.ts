// Opens and closes the books of a request: its id, its start, its one event. The id is minted here and never taken from the caller: an
// id that a client chooses could be another's.
import type { MiddlewareHandler } from 'hono';
import { beginEvent } from '../../src/telemetry/request-event.ts';
import type { AppDeps } from '../app-deps.ts';
import type { AppEnv } from '../context.ts';

/** A path is a column, not a place for a client to store text in. */
const pathCharsMax = 200;

export function beginRequest(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const requestId = `req_${deps.newId()}`;
    const startedMs = deps.now();
    // The path alone: a query could carry a secret that somebody put there by mistake.
    const event = beginEvent(requestId, c.req.method, c.req.path.slice(0, pathCharsMax));
    c.set('deps', deps);
    c.set('requestId', requestId);
    c.set('startedMs', startedMs);
    c.set('event', event);
    await next();
    if (c.get('eventIsDispatchs')) return;
    deps.emit({ ...event, status: c.res.status, durationMs: deps.now() - startedMs });
  };
}
