// GET /v1/runs/{id}/trace: where the time of a run went, also while it goes on.
import type { Context } from 'hono';
import { makeTrace } from '../../src/core/run-trace/make-trace.ts';
import { renderTrace } from '../../src/core/run-trace/render-trace.ts';
import { timeRun } from '../../src/core/run-trace/time-run.ts';
import { journalOf } from '../../durable-objects/run-call.ts';
import type { AppEnv } from '../context.ts';
import { orFail } from '../http-errors.ts';
import type { RouteEntry } from '../route-entry.ts';
import { parseRunId } from '../start-run.ts';

export const runTraceRoutes: readonly RouteEntry[] = [
  { path: '/v1/runs/:id/trace', handlers: { GET: showTrace } },
];

async function showTrace(c: Context<AppEnv>): Promise<Response> {
  const id = orFail(parseRunId(c.req.param('id') ?? ''));
  const state = orFail(await journalOf(c.env, { tenant: c.get('tenant').id, id }));
  const trace = renderTrace(makeTrace(timeRun(state), c.get('deps').now()));
  return c.json(trace, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}
