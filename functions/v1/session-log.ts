// What is done to a session's log as a whole: followed, exported, truncated, forked. The edge checks what came; the log is the object's.
import type { Context } from 'hono';
import { followRequest } from '../../durable-objects/session-call.ts';
import type { SessionFollow } from '../../durable-objects/session-call.ts';
import type { RenderedEvent } from '../../src/core/session/log-event.ts';
import {
  parseCursor,
  parseFork,
  parseIdempotencyKey,
  parseTruncate,
} from '../../src/core/session/session-input.ts';
import { performFork } from '../../src/hosts/session-fork.ts';
import type { ForkSource, ForkTarget } from '../../src/hosts/session-fork.ts';
import type { AppEnv } from '../context.ts';
import { orFail } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { answer, newSessionId, relay, sessionOf, stubOf, take } from './session-edge.ts';

/** GET /v1/sessions/{id}/events: a WebSocket, one JSON page, or server-sent events, which a bare client gets. */
export async function followEvents(c: Context<AppEnv>): Promise<Response> {
  const { headers } = c.req.raw;
  const after = orFail(parseCursor(headers.get('last-event-id'), c.req.query('after') ?? null));
  const tenant = c.get('tenant').id;
  const asSocket = (headers.get('upgrade') ?? '').toLowerCase() === 'websocket';
  const accept = headers.get('accept') ?? '';
  if (!asSocket && accept.includes('application/json') && !accept.includes('text/event-stream')) {
    const page = take<EventPage>(await sessionOf(c).events(tenant, after));
    const { data, hasMore, lastEvent } = page;
    return answer(c, { object: 'list', data, has_more: hasMore, last_event: lastEvent });
  }
  return relay(c, await sessionOf(c).fetch(followRequest({ tenant, what: 'events', after }, asSocket)));
}

/** GET /v1/sessions/{id}/export: lines of JSON, or one array of the same entries. */
export async function exportSession(c: Context<AppEnv>): Promise<Response> {
  const accept = c.req.raw.headers.get('accept') ?? '';
  const isArray = accept.includes('application/json') && !accept.includes('ndjson');
  const what: SessionFollow['what'] = isArray ? 'export-array' : 'export-lines';
  const tenant = c.get('tenant').id;
  return relay(c, await sessionOf(c).fetch(followRequest({ tenant, what, after: 0 }, false)));
}

export async function truncateSession(c: Context<AppEnv>): Promise<Response> {
  const { after } = orFail(parseTruncate(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const tenant = c.get('tenant').id;
  take(await sessionOf(c).command({ kind: 'truncate', tenant, afterSeq: after }));
  return answer(c, take<object>(await sessionOf(c).show(tenant)));
}

export async function forkSession(c: Context<AppEnv>): Promise<Response> {
  const key = orFail(parseIdempotencyKey(c.req.raw.headers.get('idempotency-key')));
  const { after } = orFail(parseFork(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const tenant = c.get('tenant').id;
  const source: ForkSource = {
    beginFork: async (ask) => ({ ok: true, value: take(await sessionOf(c).beginFork(ask)) }),
    forkPage: async (fork, afterSeq) => ({
      ok: true,
      value: take(await sessionOf(c).forkPage(tenant, fork, afterSeq)),
    }),
    endFork: async (forkKey) => sessionOf(c).endFork(forkKey),
  };
  const ask = { tenant, key, id: newSessionId(), afterSeq: after };
  const id = orFail(await performFork(source, (fork) => targetOf(c, fork), ask));
  return answer(c, take<object>(await stubOf(c, id).show(tenant)), 201);
}

interface EventPage {
  readonly data: readonly RenderedEvent[];
  readonly hasMore: boolean;
  readonly lastEvent: number;
}

function targetOf(c: Context<AppEnv>, id: string): ForkTarget {
  return {
    open: async (session) => {
      await stubOf(c, id).create(session);
      return stubOf(c, id).filled();
    },
    fill: async (messages) => stubOf(c, id).fill(messages),
    seal: async (summary) => stubOf(c, id).seal(summary),
  };
}
