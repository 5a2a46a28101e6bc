// Whether a tenant may ask for one more: requests that begin work count against its rate, looking does not. Runs before a body is read. Owns
// which requests count; how a rate is held is in src/hosts/rate-gate.ts.
import { createMiddleware } from 'hono/factory';
import { renderFailure } from '../../src/core/api/render-failure.ts';
import { RateGate } from '../../src/hosts/rate-gate.ts';
import type { AppEnv } from '../context.ts';
import { emitRefusal } from '../emit-refusal.ts';
import { RequestFailure } from '../http-errors.ts';

/** Shared by every request of this isolate; holds plain data only. */
const gate = new RateGate();
const windowMs = 60_000;

export const limitRate = createMiddleware<AppEnv>(async (c, next) => {
  const { id, rate } = c.get('tenant');
  if (rate === null || c.req.method !== 'POST') return next();
  const deps = c.get('deps');
  const limit = { limit: rate.requestsPerMinute, windowMs };
  const admission = await gate.admit(id, limit, {
    store: deps.storeFor(c.env, c.executionCtx),
    now: () => deps.now(),
    sleep: (ms) => scheduler.wait(ms),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
  const event = c.get('event');
  event.rate = admission.by;
  if (admission.kind === 'admitted') return next();
  const failure = { kind: 'rate-limited', retryAfterMs: admission.retryAfterMs } as const;
  const { status, body } = renderFailure(failure);
  // Many alike are one event: a flood must not become a flood of lines.
  c.set('eventIsDispatchs', true);
  const durationMs = deps.now() - c.get('startedMs');
  emitRefusal({ ...event, status, error: body.error.code, durationMs }, deps, c.executionCtx);
  throw new RequestFailure(failure);
});
