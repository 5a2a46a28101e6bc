// One session: gives the session host its rows, its alarm and its clock, and turns its answers into responses. Owns no decision.
// Name: `tenant/sessionId`. Tables: session-store.ts. Alarm: a running turn's watch, or the first record to expire.
import { DurableObject } from 'cloudflare:workers';
import type { Failure } from '../src/core/api/failure.ts';
import type { Result } from '../src/core/base/result.ts';
import { err, ok } from '../src/core/base/result.ts';
import type { SessionHead } from '../src/core/session/session-state.ts';
import { SessionHost } from '../src/hosts/session-host.ts';
import type { LogPage } from '../src/hosts/session-host.ts';
import type { SetTimer } from '../src/hosts/session-ports.ts';
import type { FollowedTurn } from '../src/hosts/turn-reader.ts';
import { awaitFirstSight, awaitTurn, renderTurn, streamTurn } from '../src/hosts/turn-stream.ts';
import type { TurnSink, TurnSource } from '../src/hosts/turn-stream.ts';
import { failureResponse, servedHeaders } from './session-call.ts';
import type { SessionPost } from './session-call.ts';
import { sessionOutside } from './session-outside.ts';
import type { SessionEnv, SessionOutside } from './session-outside.ts';
import { openSessionStore } from './session-store.ts';

/** Longer than any model call may take, so that the call's own deadline speaks first. */
const TURN_MS_MAX = 11 * 60 * 1000;

/** Headers wait this long for the first text, so that an early failure is a status; then the stream begins with comments. */
const GRACE_MS = 10_000;
const KEEP_ALIVE_MS = 5000;

/** After an alarm that failed (a full disk, say) the next try comes this much later; the platform would give up after six. */
const ALARM_RETRY_MS = 60_000;

export class SessionObject extends DurableObject<SessionEnv> {
  readonly #host: SessionHost;
  readonly #source: TurnSource;

  constructor(ctx: DurableObjectState, env: SessionEnv) {
    super(ctx, env);
    const outside = this.outside();
    this.#host = new SessionHost({
      ...outside,
      store: openSessionStore(ctx.storage),
      now: () => Date.now(),
      newTurnId: () => `turn_${crypto.randomUUID().replaceAll('-', '')}`,
      setTimer,
      setWake: (atMs) =>
        ctx.waitUntil(atMs === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(atMs)),
      waitUntil: (work) => ctx.waitUntil(work),
      crash: (reason) => ctx.abort(String(reason)),
    });
    this.#source = { read: (followed, cursor) => this.#host.read(followed, cursor), setTimer };
  }

  /** Creates the session; a second call with the same id changes nothing. */
  create(session: Omit<SessionHead, 'createdMs' | 'tailSeq'>): SessionHead {
    return this.#host.create(session);
  }

  /** A page of the log after `afterSeq`. */
  page(tenant: string, afterSeq: number): Result<LogPage, Failure> {
    const page = this.#host.page(tenant, afterSeq);
    return page.ok ? ok(page.value) : err(page.error);
  }

  /** Posts a message and answers with its turn. The turn goes on when the reader of the response goes away. */
  override async fetch(request: Request): Promise<Response> {
    const post = await request.json<SessionPost>();
    const followed = this.#host.post({ ...post, turnMsMax: TURN_MS_MAX });
    if (!followed.ok) return failureResponse(followed.error);
    return post.stream ? await this.#stream(followed.value) : await this.#answer(followed.value);
  }

  override async alarm(): Promise<void> {
    try {
      this.#host.tick();
    } catch {
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  /** How turns reach a model from this object. */
  protected outside(): SessionOutside {
    return sessionOutside(this.env, this.ctx);
  }

  async #answer(followed: FollowedTurn): Promise<Response> {
    const answer = await awaitTurn(this.#source, followed);
    if (!answer.ok) return failureResponse(answer.error);
    return Response.json(renderTurn(answer.value), { headers: servedHeaders(answer.value.served) });
  }

  async #stream(followed: FollowedTurn): Promise<Response> {
    const first = await awaitFirstSight(this.#source, followed, GRACE_MS);
    if (first.kind === 'failed') return failureResponse(first.failure);
    const served = followed.served ?? followed.live?.served ?? null;
    // Only this kind of stream waits at the output gate for the rows that its bytes were read from.
    const { readable, writable } = new IdentityTransformStream();
    this.ctx.waitUntil(streamTurn(this.#source, followed, textSink(writable), KEEP_ALIVE_MS));
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };
    return new Response(readable, {
      headers: { ...headers, ...(served === null ? {} : servedHeaders(served)) },
    });
  }
}

function textSink(writable: WritableStream<Uint8Array>): TurnSink {
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  return {
    write: (text) => writer.write(encoder.encode(text)),
    close: () => writer.close(),
    abort: () => void writer.abort().catch(() => {}),
  };
}

const setTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};
