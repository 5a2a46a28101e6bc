// What every session route does first and last: finds the session's object, and puts the request's id on what comes back. The tenant is
// part of the object's name: no tenant can name another's session.
import type { Context } from 'hono';
import { readFailure, sessionName } from '../../durable-objects/session-call.ts';
import type { Failure } from '../../src/core/api/failure.ts';
import type { Result } from '../../src/core/base/result.ts';
import { parseSessionId } from '../../src/core/session/session-input.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';

/** A new stub for each call: one that has failed stays broken. */
export function sessionOf(c: Context<AppEnv>) {
  return stubOf(c, orFail(parseSessionId(c.req.param('id') ?? '')));
}

export function stubOf(c: Context<AppEnv>, id: string) {
  return c.env.SESSION.getByName(sessionName(c.get('tenant').id, id));
}

export function newSessionId(): string {
  return `sess_${crypto.randomUUID().replaceAll('-', '')}`;
}

export function answer(c: Context<AppEnv>, body: object, status: 200 | 201 = 200): Response {
  return c.json(body, status, { 'x-request-id': c.get('requestId') });
}

/** The value of what a session object answered, or the end of the request. Remote types say less of a failure, hence the cast. */
export function take<T>(reply: Reply<T>): T {
  return orFail(reply as Result<T, Failure>);
}

/** What a remote call makes of a `Result`. */
type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Hands on what the object streams. */
export async function relay(c: Context<AppEnv>, reply: Response): Promise<Response> {
  const failure = await readFailure(reply);
  if (failure !== null) throw new RequestFailure(failure);
  if (reply.webSocket !== null) return reply;
  const response = new Response(reply.body, reply);
  response.headers.set('x-request-id', c.get('requestId'));
  return response;
}

export async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
