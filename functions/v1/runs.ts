// Runs: GET /v1/runs, GET /v1/runs/{id}, its events from any position on, and its end by command.
import type { Context } from 'hono';
import type { Failure } from '../../src/core/api/failure.ts';
import type { Result } from '../../src/core/base/result.ts';
import type { RunView } from '../../src/core/run/view-run.ts';
import { parseCursor } from '../../src/core/session/session-input.ts';
import {
  AFTER_HEADER,
  cancelRunOf,
  followRunOf,
  pageOfRun,
  viewRunOf,
  type RunRef,
} from '../../durable-objects/run-call.ts';
import type { ListedRun } from '../../durable-objects/run-list-object.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';
import type { RouteEntry } from '../route-entry.ts';
import { parseRunId } from '../start-run.ts';
import { eventStreamHeaders } from './functions.ts';

export const runRoutes: readonly RouteEntry[] = [
  { path: '/v1/runs', handlers: { GET: listRuns } },
  { path: '/v1/runs/:id', handlers: { GET: showRun } },
  { path: '/v1/runs/:id/events', handlers: { GET: followRun } },
  { path: '/v1/runs/:id/cancel', handlers: { POST: cancelRun } },
];

/** Runs in one answer of the list. */
const LIST_MAX = 100;
const LIST_DEFAULT = 20;

async function listRuns(c: Context<AppEnv>): Promise<Response> {
  const limit = parseLimit(c.req.query('limit'));
  const data = (await c.env.RUN_LIST.getByName(c.get('tenant').id).list(limit)) as readonly ListedRun[];
  return c.json({ object: 'list', data }, 200, { 'x-request-id': c.get('requestId') });
}

async function showRun(c: Context<AppEnv>): Promise<Response> {
  return answer(c, await viewRunOf(c.env, refOf(c)));
}

async function cancelRun(c: Context<AppEnv>): Promise<Response> {
  return answer(c, await cancelRunOf(c.env, refOf(c)));
}

async function followRun(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c);
  const after = orFail(parseCursor(c.req.header('last-event-id') ?? null, c.req.query('after') ?? null));
  // Asked first, so that an error is a status and not a broken stream.
  const page = orFail(await pageOfRun(c.env, ref, after));
  const headers = { 'x-request-id': c.get('requestId') };
  if ((c.req.header('accept') ?? '').includes('application/json')) {
    const body = { object: 'list', data: page, last_event: page.at(-1)?.seq ?? after };
    return c.json(body, 200, headers);
  }
  const reply = await followRunOf(c.env, ref, { [AFTER_HEADER]: String(after) });
  return new Response(reply.body, { headers: { ...headers, ...eventStreamHeaders } });
}

function answer(c: Context<AppEnv>, run: Result<RunView, Failure>): Response {
  return c.json(orFail(run), 200, { 'x-request-id': c.get('requestId') });
}

/** The tenant is part of the object's name: no tenant can name another's run. */
function refOf(c: Context<AppEnv>): RunRef {
  return { tenant: c.get('tenant').id, id: orFail(parseRunId(c.req.param('id') ?? '')) };
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return LIST_DEFAULT;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIST_MAX) return limit;
  throw new RequestFailure({
    kind: 'invalid',
    message: `limit must be an integer from 1 to ${LIST_MAX}.`,
    param: 'limit',
  });
}
