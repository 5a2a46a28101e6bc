// The session routes: created, shown and deleted; messages posted and listed; turns shown and cancelled. The edge checks what came and
// finds the session's object; the log and the turns are the object's. What is done to the log as a whole: session-log.ts.
import type { Context } from 'hono';
import type { SessionPost } from '../../durable-objects/session-call.ts';
import { routeSession } from '../../durable-objects/session-outside.ts';
import {
  parseAfter,
  parseCreateSession,
  parseIdempotencyKey,
  parseIfMatch,
  parsePostMessage,
  parseTurnId,
} from '../../src/core/session/session-input.ts';
import type { NewSession } from '../../src/core/session/session-state.ts';
import type { AppEnv } from '../context.ts';
import { orFail } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { readTerms, timeLeft } from '../request-terms.ts';
import type { RouteEntry } from '../route-entry.ts';
import { answer, newSessionId, relay, sessionOf, sha256, stubOf, take } from './session-edge.ts';
import { exportSession, followEvents, forkSession, truncateSession } from './session-log.ts';

export const sessionRoutes: readonly RouteEntry[] = [
  { path: '/v1/sessions', handlers: { POST: createSession } },
  { path: '/v1/sessions/:id', handlers: { GET: showSession, DELETE: deleteSession } },
  { path: '/v1/sessions/:id/messages', handlers: { POST: postMessage, GET: listMessages } },
  { path: '/v1/sessions/:id/events', handlers: { GET: followEvents } },
  { path: '/v1/sessions/:id/export', handlers: { GET: exportSession } },
  { path: '/v1/sessions/:id/truncate', handlers: { POST: truncateSession } },
  { path: '/v1/sessions/:id/fork', handlers: { POST: forkSession } },
  { path: '/v1/sessions/:id/turns/:turn', handlers: { GET: showTurn } },
  { path: '/v1/sessions/:id/turns/:turn/cancel', handlers: { POST: cancelTurn } },
];

async function createSession(c: Context<AppEnv>): Promise<Response> {
  const config = c.get('config');
  const tenant = c.get('tenant');
  const body = orFail(parseCreateSession(await readJsonBody(c.req.raw, config.bounds)));
  orFail(routeSession(c.env, c.executionCtx, { tenant: tenant.id, model: body.model }));
  const { ttl_seconds: ttlSeconds, ...asked } = body;
  const session: NewSession = {
    ...asked,
    id: newSessionId(),
    tenant: tenant.id,
    ttlMs: ttlSeconds * 1000,
    origin: null,
    filling: false,
  };
  return answer(c, await stubOf(c, session.id).create(session), 201);
}

async function showSession(c: Context<AppEnv>): Promise<Response> {
  return answer(c, take<object>(await sessionOf(c).show(c.get('tenant').id)));
}

async function deleteSession(c: Context<AppEnv>): Promise<Response> {
  take(await sessionOf(c).command({ kind: 'delete', tenant: c.get('tenant').id }));
  return answer(c, { id: c.req.param('id'), object: 'session.deleted', deleted: true });
}

async function postMessage(c: Context<AppEnv>): Promise<Response> {
  const stub = sessionOf(c);
  const { headers } = c.req.raw;
  const { criticality, time } = readTerms(c);
  const key = orFail(parseIdempotencyKey(headers.get('idempotency-key')));
  const expected = orFail(parseIfMatch(headers.get('if-match')));
  const body = orFail(parsePostMessage(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const post: SessionPost = {
    tenant: c.get('tenant').id,
    requestId: c.get('requestId'),
    key,
    bodyHash: await sha256(body.content),
    content: body.content,
    expectedSeq: body.expected_seq ?? expected,
    criticality,
    // The answer stays in the log, where a client that has stopped waiting finds it: its own timeout bounds nothing.
    waitsMs: timeLeft(c, time, false),
    stream: (headers.get('accept') ?? '').includes('text/event-stream'),
  };
  const reply = await stub.fetch('https://session/turn', { method: 'POST', body: JSON.stringify(post) });
  return relay(c, reply);
}

async function listMessages(c: Context<AppEnv>): Promise<Response> {
  const after = orFail(parseAfter(c.req.query('after') ?? null));
  const page = take<LogPage>(await sessionOf(c).page(c.get('tenant').id, after));
  const data = page.messages.map(({ seq, role, content }) => ({ seq, role, content }));
  return answer(c, { object: 'list', data, has_more: page.hasMore });
}

async function showTurn(c: Context<AppEnv>): Promise<Response> {
  const turn = orFail(parseTurnId(c.req.param('turn') ?? ''));
  return answer(c, take<object>(await sessionOf(c).showTurn(c.get('tenant').id, turn)));
}

/** A durable command: it holds from any connection, and is the same a second time. */
async function cancelTurn(c: Context<AppEnv>): Promise<Response> {
  const turn = orFail(parseTurnId(c.req.param('turn') ?? ''));
  const tenant = c.get('tenant').id;
  take(await sessionOf(c).command({ kind: 'cancel', tenant, turn }));
  return answer(c, take<object>(await sessionOf(c).showTurn(tenant, turn)));
}

interface LogPage {
  readonly messages: readonly { readonly seq: number; readonly role: string; readonly content: string }[];
  readonly hasMore: boolean;
}
