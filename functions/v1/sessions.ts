// Sessions: POST /v1/sessions, POST and GET /v1/sessions/{id}/messages. The edge checks what came and finds the session's object; the
// log and the turns are the object's.
import type { Context } from 'hono';
import {
  parseAfter,
  parseCreateSession,
  parseIdempotencyKey,
  parsePostMessage,
  parseSessionId,
} from '../../src/core/session/session-input.ts';
import { decideRoute } from '../../src/core/routing/decide-route.ts';
import type { Result } from '../../src/core/base/result.ts';
import type { Failure } from '../../src/core/api/failure.ts';
import { readFailure, sessionName, type SessionPost } from '../../durable-objects/session-call.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import type { RouteEntry } from '../route-entry.ts';

export const sessionRoutes: readonly RouteEntry[] = [
  { path: '/v1/sessions', handlers: { POST: createSession } },
  { path: '/v1/sessions/:id/messages', handlers: { POST: postMessage, GET: listMessages } },
];

async function createSession(c: Context<AppEnv>): Promise<Response> {
  const { catalogue, place, bounds } = c.get('config');
  const tenant = c.get('tenant');
  const { model, metadata } = must(parseCreateSession(await readJsonBody(c.req.raw, bounds)));
  must(decideRoute({ catalogue, place, rules: tenant.rules, model, task: 'chat' }));
  const id = `sess_${crypto.randomUUID().replaceAll('-', '')}`;
  const head = await c.env.SESSION.getByName(sessionName(tenant.id, id)).create({
    id,
    tenant: tenant.id,
    model,
    metadata,
  });
  const created = Math.floor(head.createdMs / 1000);
  return c.json({ id, object: 'session', model, metadata, created }, 201, {
    'x-request-id': c.get('requestId'),
  });
}

async function postMessage(c: Context<AppEnv>): Promise<Response> {
  const stub = sessionOf(c);
  const key = must(parseIdempotencyKey(c.req.raw.headers.get('idempotency-key')));
  const { content } = must(parsePostMessage(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const stream = (c.req.raw.headers.get('accept') ?? '').includes('text/event-stream');
  const post: SessionPost = {
    tenant: c.get('tenant').id,
    requestId: c.get('requestId'),
    key,
    bodyHash: await sha256(content),
    content,
    stream,
  };
  const reply = await stub.fetch('https://session/turn', { method: 'POST', body: JSON.stringify(post) });
  const failure = await readFailure(reply);
  if (failure !== null) throw new RequestFailure(failure);
  const response = new Response(reply.body, reply);
  response.headers.set('x-request-id', c.get('requestId'));
  return response;
}

async function listMessages(c: Context<AppEnv>): Promise<Response> {
  const after = must(parseAfter(c.req.query('after') ?? null));
  const page = must<LogPage>(await sessionOf(c).page(c.get('tenant').id, after));
  const data = page.messages.map(({ seq, role, content }) => ({ seq, role, content }));
  return c.json({ object: 'list', data, has_more: page.hasMore }, 200, {
    'x-request-id': c.get('requestId'),
  });
}

interface LogPage {
  readonly messages: readonly { readonly seq: number; readonly role: string; readonly content: string }[];
  readonly hasMore: boolean;
}

/** The tenant is part of the object's name: no tenant can name another's session. */
function sessionOf(c: Context<AppEnv>) {
  const id = must(parseSessionId(c.req.param('id') ?? ''));
  return c.env.SESSION.getByName(sessionName(c.get('tenant').id, id));
}

function must<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new RequestFailure(result.error);
  return result.value;
}

async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
