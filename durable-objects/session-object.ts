// One session: gives the session host its rows, its alarm and its clock, and turns its answers into responses. Owns no decision.
// Name: `tenant/sessionId`. Tables: session-schema.ts. Alarm: a running turn's watch, a record to expire, or the session's own end.
import { DurableObject } from 'cloudflare:workers';
import type { Failure } from '../src/core/api/failure.ts';
import type { Result } from '../src/core/base/result.ts';
import { err, ok } from '../src/core/base/result.ts';
import { must } from '../src/core/base/assert.ts';
import { CLOSE } from '../src/core/session/follower-frame.ts';
import { renderLogEvent } from '../src/core/session/log-event.ts';
import type { RenderedEvent } from '../src/core/session/log-event.ts';
import type { LoggedMessage, NewSession, Summary } from '../src/core/session/session-state.ts';
import type { BegunFork, ForkAsk } from '../src/hosts/session-fork.ts';
import { SessionHost } from '../src/hosts/session-host.ts';
import type { ForkStart, SessionCommand } from '../src/hosts/session-host.ts';
import type { SetTimer } from '../src/hosts/session-ports.ts';
import { renderSession, renderTurnRecord, visible } from '../src/hosts/session-reads.ts';
import type { LogPage } from '../src/hosts/session-reads.ts';
import { SessionSockets } from '../src/hosts/session-sockets.ts';
import { failureResponse, readFollow } from './session-call.ts';
import type { SessionPost } from './session-call.ts';
import { answerFollow, answerTurn, answerTurnStream, socketOf } from './session-door.ts';
import type { SessionDoor } from './session-door.ts';
import { sessionOutside } from './session-outside.ts';
import type { SessionEnv, SessionOutside } from './session-outside.ts';
import { openSessionStore } from './session-store.ts';

/** Longer than any model call may take, so that the call's own deadline speaks first. */
const TURN_MS_MAX = 11 * 60 * 1000;

/** After an alarm that failed (a full disk, say) the next try comes this much later; the platform would give up after six. */
const ALARM_RETRY_MS = 60_000;

export class SessionObject extends DurableObject<SessionEnv> {
  readonly #host: SessionHost;
  readonly #door: SessionDoor;
  #wiped: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: SessionEnv) {
    super(ctx, env);
    // Answered by the platform, so that a follower who asks whether the line is alive wakes nobody.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}'));
    const sockets = new SessionSockets({
      eventsAfter: (seq) => this.#host.eventsAfter(seq),
      sockets: () => ctx.getWebSockets().map(socketOf),
      now: () => Date.now(),
      setTimer,
    });
    this.#host = this.#openHost(ctx, sockets);
    this.#door = { ctx, host: this.#host, sockets, setTimer };
    sockets.pump();
  }

  /** Creates the session; a second call with the same id changes nothing. Gives what clients are shown. */
  create(session: NewSession): object {
    this.#host.create(session);
    return renderSession(must(this.#host.state, 'a session that was just created'));
  }

  show(tenant: string): Result<object, Failure> {
    const state = visible(this.#host.state, tenant);
    return state.ok ? ok(renderSession(state.value)) : err(state.error);
  }

  /** A page of the log after `afterSeq`. */
  page(tenant: string, afterSeq: number): Result<LogPage, Failure> {
    return this.#host.page(tenant, afterSeq);
  }

  /** A page of the event stream after `afterSeq`. */
  events(
    tenant: string,
    afterSeq: number,
  ): Result<{ data: readonly RenderedEvent[]; hasMore: boolean; lastEvent: number }, Failure> {
    const page = this.#host.eventPage(tenant, afterSeq);
    if (!page.ok) return page;
    const { events, hasMore, lastEvent } = page.value;
    return ok({ data: events.map(renderLogEvent), hasMore, lastEvent });
  }

  showTurn(tenant: string, turn: string): Result<object, Failure> {
    const record = this.#host.turn(tenant, turn);
    return record.ok
      ? ok(renderTurnRecord(must(this.#host.state, 'its session').head.id, record.value))
      : record;
  }

  /** Cancels, truncates or deletes; done when it resolves. */
  async command(command: SessionCommand): Promise<Result<null, Failure>> {
    const done = this.#host.command(command);
    await this.#wiped;
    return done.ok ? ok(null) : done;
  }

  beginFork({ tenant, ...ask }: ForkAsk): Result<BegunFork, Failure> {
    const begun = this.#host.command({ kind: 'begin-fork', tenant, ...ask });
    if (!begun.ok) return begun;
    const { head, summary } = must(this.#host.state, 'a session that is copied');
    const fork = must(begun.value, 'a fork that has begun');
    const { createdMs: _created, cuts: _cuts, ...session } = head;
    const origin = { session: head.id, afterSeq: fork.afterSeq };
    return ok({ fork, session: { ...session, id: fork.id, origin, filling: true }, summary });
  }

  forkPage(tenant: string, fork: ForkStart, afterSeq: number): Result<readonly LoggedMessage[], Failure> {
    const page = this.#host.page(tenant, afterSeq);
    if (!page.ok) return page;
    const state = must(this.#host.state, 'a session that is copied');
    if (state.head.cuts !== fork.cuts) return err({ kind: 'seq-mismatch', tailSeq: state.tail.seq });
    return ok(page.value.messages.filter(({ seq }) => seq <= fork.afterSeq));
  }

  endFork(key: string): void {
    this.#host.apply({ kind: 'end-fork', key });
  }

  /** The last seq of a fork that is being filled. */
  filled(): number {
    return this.#host.state?.tail.seq ?? 0;
  }

  /** The same after its next messages. */
  fill(messages: readonly LoggedMessage[]): number {
    this.#host.apply({ kind: 'fill', messages });
    return this.filled();
  }

  seal(summary: Summary | null): void {
    this.#host.apply({ kind: 'seal', summary });
  }

  /** Posts a message and answers with its turn, or follows the stream. The turn goes on when the reader of the response goes away. */
  override async fetch(request: Request): Promise<Response> {
    const follow = readFollow(request);
    if (follow !== null) return answerFollow(this.#door, follow);
    const { stream, ...post } = await request.json<SessionPost>();
    const followed = this.#host.post({ ...post, turnMsMax: TURN_MS_MAX });
    if (!followed.ok) return failureResponse(followed.error);
    return stream
      ? await answerTurnStream(this.#door, followed.value)
      : await answerTurn(this.#door, followed.value);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#door.sockets.receive(socketOf(socket), data);
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

  #openHost(ctx: DurableObjectState, sockets: SessionSockets): SessionHost {
    return new SessionHost({
      ...this.outside(),
      store: openSessionStore(ctx.storage),
      now: () => Date.now(),
      newTurnId: () => `turn_${crypto.randomUUID().replaceAll('-', '')}`,
      setTimer,
      setWake: (atMs) =>
        ctx.waitUntil(atMs === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(atMs)),
      onCommitted: () => this.#door?.sockets.pump(),
      onErased: () => {
        sockets.closeAll(CLOSE.gone);
        this.#wiped = ctx.storage.deleteAll();
        ctx.waitUntil(this.#wiped);
      },
      waitUntil: (work) => ctx.waitUntil(work),
      crash: (reason) => ctx.abort(String(reason)),
    });
  }
}

const setTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};
