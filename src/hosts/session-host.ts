// The loop of one session: feeds events into decide-session, commits its rows, then carries out its effects. Owns the order
// "decide, commit, then do"; decides nothing itself. Memory is a cache: the state here is what the rows say.
import type { Failure } from '../core/api/failure.ts';
import { must } from '../core/base/assert.ts';
import { err, ok } from '../core/base/result.ts';
import type { Result } from '../core/base/result.ts';
import { assembleContext } from '../core/session/assemble-context.ts';
import { decideSession, nextWakeMs } from '../core/session/decide-session.ts';
import type { PostedMessage, SessionEffect, SessionEvent } from '../core/session/session-events.ts';
import type { LoggedMessage, SessionHead, SessionState, TurnServed } from '../core/session/session-state.ts';
import { FOLLOWERS_MAX, LiveTurn } from './live-turn.ts';
import type { SessionPorts } from './session-ports.ts';
import { readTurn } from './turn-reader.ts';
import type { FollowedTurn, TurnCursor, TurnSight } from './turn-reader.ts';

/** A page of the log stops at this many messages or characters, whichever comes first, but holds at least one message. */
const PAGE_MESSAGES_MAX = 100;
const PAGE_CHARS_MAX = 500_000;

/** A client that is refused because too many follow the same turn may ask again this much later. */
const FOLLOW_RETRY_MS = 1000;

export interface LogPage {
  readonly messages: readonly LoggedMessage[];
  readonly hasMore: boolean;
}

export type PostRequest = Omit<PostedMessage, 'turn' | 'route'> & { readonly requestId: string };

export class SessionHost {
  readonly #ports: SessionPorts;
  #state: SessionState | null;
  #live: LiveTurn | null = null;
  /** The alarm as this life has set it; null while it has set none and an older one may stand. */
  #armed: { readonly atMs: number | null } | null = null;

  /** A new life: what the rows call running was left behind by the last one. */
  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#state = ports.store.load();
    if (this.#state !== null) this.#apply({ kind: 'revive' });
  }

  create(session: Omit<SessionHead, 'createdMs' | 'tailSeq'>): SessionHead {
    this.#apply({ kind: 'create', session });
    return must(this.#state, 'a session that was just created').head;
  }

  /** Takes a user message. From the key check to the commit there is no await, so no other request comes between. */
  post(request: PostRequest): Result<FollowedTurn, Failure> {
    const { requestId, ...message } = request;
    const route = this.#ports.routeModel(request.tenant, this.#state?.head.model ?? '');
    const effects = this.#apply({
      kind: 'post',
      message: { ...message, turn: this.#ports.newTurnId(), route },
    });
    let answer: Result<FollowedTurn, Failure> = err({ kind: 'internal' });
    for (const effect of effects) {
      if (effect.kind === 'start-attempt') this.#start(effect, requestId);
      else if (effect.kind === 'refuse') answer = err(effect.failure);
      else if (effect.kind === 'follow') answer = this.#follow(effect.turn, effect.attempt);
    }
    return answer;
  }

  page(tenant: string, afterSeq: number): Result<LogPage, Failure> {
    if (this.#state === null || this.#state.head.tenant !== tenant) return err({ kind: 'unknown-session' });
    const messages: LoggedMessage[] = [];
    let chars = 0;
    for (const message of this.#ports.store.messagesAfter(afterSeq)) {
      chars += message.content.length;
      if (messages.length > 0 && chars > PAGE_CHARS_MAX) break;
      messages.push(message);
      if (messages.length >= PAGE_MESSAGES_MAX) break;
    }
    const last = messages.at(-1)?.seq ?? afterSeq;
    return ok({ messages, hasMore: last < this.#state.head.tailSeq });
  }

  /** What there is to tell a follower beyond its cursor. Reads rows each time, so it can only tell what is durable. */
  read(followed: FollowedTurn, cursor: TurnCursor): TurnSight {
    return readTurn(must(this.#state, 'a followed session'), this.#ports.store, followed, cursor);
  }

  tick(): void {
    this.#armed = null;
    this.#apply({ kind: 'tick' });
  }

  /** One step. The rows and the alarm change in one synchronous turn; a commit that throws leaves everything as it was. */
  #apply(event: SessionEvent): readonly SessionEffect[] {
    const step = decideSession(this.#state, event, this.#ports.now());
    if (step.writes.length > 0) this.#ports.store.commit(step.writes);
    this.#state = step.state;
    const wakeMs = nextWakeMs(step.state);
    if (this.#state !== null && this.#armed?.atMs !== wakeMs) {
      this.#ports.setWake(wakeMs);
      this.#armed = { atMs: wakeMs };
    }
    for (const effect of step.effects) {
      if (effect.kind === 'show-text') this.#live?.notify();
      if (effect.kind === 'end-attempt') this.#endLive(effect.turn, effect.attempt);
    }
    return step.effects;
  }

  #follow(turn: string, attempt: number): Result<FollowedTurn, Failure> {
    const live = this.#live?.turn === turn && this.#live.attempt === attempt ? this.#live : null;
    if (live !== null && live.followers >= FOLLOWERS_MAX) {
      return err({ kind: 'queue-full', retryAfterMs: FOLLOW_RETRY_MS });
    }
    if (live !== null) live.followers += 1;
    const status = this.#state?.turns.get(turn)?.status;
    return ok({ turn, attempt, live, served: status?.kind === 'completed' ? status.served : null });
  }

  #start(effect: Extract<SessionEffect, { kind: 'start-attempt' }>, requestId: string): void {
    const ref = { turn: effect.turn, attempt: effect.attempt };
    const commit = (text: string): void => this.#applyOrCrash({ kind: 'text', ...ref, text });
    const live = new LiveTurn({ ...ref, version: effect.route.version }, commit, this.#ports.setTimer);
    this.#live = live;
    this.#ports.waitUntil(this.#drive(effect, live, requestId));
  }

  /** Runs the model to its end whether or not anybody still reads: the turn belongs to the session, not to a connection. */
  async #drive(
    effect: Extract<SessionEffect, { kind: 'start-attempt' }>,
    live: LiveTurn,
    requestId: string,
  ): Promise<void> {
    const { store, runTurn, now } = this.#ports;
    const ref = { turn: effect.turn, attempt: effect.attempt };
    try {
      const ask = {
        requestId,
        tenant: must(this.#state, 'the session of a running turn').head.tenant,
        route: effect.route,
        messages: assembleContext(store.messagesUpTo(effect.userSeq), effect.route.contextCharsMax),
        startedMs: now(),
        deadlineMs: effect.deadlineMs,
        signal: live.abort.signal,
        onServed: (served: TurnServed): void => {
          live.served = served;
        },
      };
      const reply = await runTurn(ask, async (text) => live.add(text));
      live.discard();
      this.#applyOrCrash(
        reply.ok
          ? { kind: 'complete', ...ref, ...reply.value }
          : { kind: 'fail', ...ref, failure: reply.error },
      );
    } catch {
      live.discard();
      this.#applyOrCrash({ kind: 'fail', ...ref, failure: { kind: 'internal' } });
    }
  }

  #endLive(turn: string, attempt: number): void {
    if (this.#live?.turn !== turn || this.#live.attempt !== attempt) return;
    this.#live.end();
    this.#live = null;
  }

  #applyOrCrash(event: SessionEvent): void {
    try {
      this.#apply(event);
    } catch (reason) {
      this.#ports.crash(reason);
    }
  }
}
