// The loop of one session: feeds events into decide-session, commits its rows, then carries out its effects. Owns the order
// "decide, commit, then do"; decides nothing itself. Memory is a cache: the state here is what the rows say.
import type { Failure } from '../core/api/failure.ts';
import { must } from '../core/base/assert.ts';
import { err, ok } from '../core/base/result.ts';
import type { Result } from '../core/base/result.ts';
import { decideSession, nextWakeMs } from '../core/session/decide-session.ts';
import type { LogEvent } from '../core/session/log-event.ts';
import type { PostedMessage, SessionEffect, SessionEvent } from '../core/session/session-events.ts';
import { hasEnded } from '../core/session/session-state.ts';
import type { NewSession, SessionHead, SessionState, TurnRecord } from '../core/session/session-state.ts';
import { LiveTurn } from './live-turn.ts';
import type { SessionPorts } from './session-ports.ts';
import { readEvents, readMessages, visible } from './session-reads.ts';
import type { EventPage, LogPage } from './session-reads.ts';
import { RecentEvents } from './session-recent.ts';
import { SessionSummarizer } from './session-summarizer.ts';
import { driveTurn } from './turn-driver.ts';
import type { StartEffect } from './turn-driver.ts';
import { readOutcome, readTurn } from './turn-reader.ts';
import type { FollowedTurn, TurnAnswer, TurnSight, TurnView } from './turn-reader.ts';

/** Readers of one session at one time, of turns and of the stream. A storm beyond it is refused instead of held in memory. */
export const FOLLOWERS_MAX = 256;

export type PostRequest = Omit<PostedMessage, 'turn' | 'refusal' | 'resumable'> & {
  readonly requestId: string;
};

export type ForkStart = Extract<SessionEffect, { kind: 'fork' }>['fork'];

/** What a client may do to a session as a whole. */
export type SessionCommand = Extract<SessionEvent, { kind: 'cancel' | 'truncate' | 'delete' | 'begin-fork' }>;

export class SessionHost {
  readonly #ports: SessionPorts;
  readonly recent: RecentEvents;
  readonly #summarizer: SessionSummarizer;
  #state: SessionState | null;
  /** Outlives the state: a session that was erased still tells its runs. */
  #head: SessionHead | null = null;
  #live: LiveTurn | null = null;
  #followers = 0;
  /** By turn: the request that asked for it, for whoever reads the logs of a replica. */
  readonly #requestIds = new Map<string, string>();
  /** The alarm as this life has set it; null while it has set none and an older one may stand. */
  #armed: { readonly atMs: number | null } | null = null;

  /** A new life: what the rows call running was left behind by the last one. */
  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.recent = new RecentEvents(ports.setTimer);
    this.#summarizer = new SessionSummarizer(ports, (event) => this.#applyOrCrash(event));
    this.#state = ports.store.load();
    this.#head = this.#state?.head ?? null;
    if (this.#state !== null) this.apply({ kind: 'revive' });
  }

  get state(): SessionState | null {
    return this.#state;
  }

  create(session: NewSession): SessionHead {
    this.apply({ kind: 'create', session });
    return must(this.#state, 'a session that was just created').head;
  }

  /** Takes a user message. From the key check to the commit there is no await, so no other request comes between. */
  post(request: PostRequest): Result<FollowedTurn, Failure> {
    const { requestId, ...message } = request;
    if (this.#followers >= FOLLOWERS_MAX) return err(tooMany());
    const route = this.#ports.routeModel(request.tenant, this.#state?.head.model ?? '');
    const posted: PostedMessage = {
      ...message,
      turn: this.#ports.newTurnId(),
      refusal: route.ok ? null : route.error,
      resumable: route.ok && route.value.kind === 'function',
    };
    const effects = this.#commit({ kind: 'post', message: posted });
    const follow = effects.find((effect) => effect.kind === 'follow');
    if (follow !== undefined) this.#noteRequest(follow.turn, requestId);
    this.#perform(effects);
    const refusal = effects.find((effect) => effect.kind === 'refuse');
    if (refusal !== undefined) return err(refusal.failure);
    if (follow === undefined) return err({ kind: 'internal' });
    this.#followers += 1;
    const { turn, attempt, afterEvent } = follow;
    return ok({ turn, attempt, afterEvent, served: this.#servedOf(turn, attempt) });
  }

  /** Carries out a command of a client. Null = done. */
  command(command: SessionCommand): Result<ForkStart | null, Failure> {
    const effects = this.apply(command);
    const refusal = effects.find((effect) => effect.kind === 'refuse');
    if (refusal !== undefined) return err(refusal.failure);
    return ok(effects.find((effect) => effect.kind === 'fork')?.fork ?? null);
  }

  turn(tenant: string, id: string): Result<TurnRecord, Failure> {
    const state = visible(this.#state, tenant);
    if (!state.ok) return state;
    const turn = state.value.turns.get(id);
    return turn === undefined ? err({ kind: 'unknown-turn' }) : ok(turn);
  }

  page(tenant: string, afterSeq: number): Result<LogPage, Failure> {
    const state = visible(this.#state, tenant);
    if (!state.ok) return state;
    return ok(readMessages(this.#ports.store.messagesAfter(afterSeq), afterSeq, state.value.tail.seq));
  }

  eventPage(tenant: string, afterSeq: number): Result<EventPage, Failure> {
    const state = visible(this.#state, tenant);
    if (!state.ok) return state;
    const lastEvent = state.value.tail.eventSeq;
    if (afterSeq > lastEvent) return err({ kind: 'future-seq', tailSeq: lastEvent });
    const events = readEvents(this.#ports.store.eventsAfter(afterSeq));
    return ok({ events, hasMore: (events.at(-1)?.seq ?? afterSeq) < lastEvent, lastEvent });
  }

  /** Begins to follow the stream: refused where it cannot be followed from. */
  join(tenant: string, afterSeq: number): Result<null, Failure> {
    const page = this.eventPage(tenant, afterSeq);
    if (!page.ok) return page;
    if (this.#followers >= FOLLOWERS_MAX) return err(tooMany());
    this.#followers += 1;
    return ok(null);
  }

  leave(): void {
    this.#followers -= 1;
  }

  /** A bounded page of what is durable after `seq`; null when the session is gone. */
  eventsAfter(seq: number): readonly LogEvent[] | null {
    if (this.#state === null) return null;
    return this.recent.after(seq) ?? readEvents(this.#ports.store.eventsAfter(seq));
  }

  /** What there is to tell a follower beyond its cursor. */
  read(followed: FollowedTurn, afterSeq: number): TurnSight {
    return readTurn(this.#view(), followed, afterSeq);
  }

  outcome(followed: FollowedTurn): Result<TurnAnswer, Failure> | null {
    return readOutcome(this.#view(), followed);
  }

  tick(): void {
    this.#armed = null;
    this.apply({ kind: 'tick' });
  }

  /** One step and what it causes. */
  apply(event: SessionEvent): readonly SessionEffect[] {
    const effects = this.#commit(event);
    this.#perform(effects);
    return effects;
  }

  /** The rows and the alarm change in one synchronous turn; a commit that throws leaves everything as it was. */
  #commit(event: SessionEvent): readonly SessionEffect[] {
    const step = decideSession(this.#state, event, this.#ports.now());
    if (step.writes.length > 0) this.#ports.store.commit(step.writes);
    const isErased = this.#state !== null && step.state === null;
    this.#state = step.state;
    this.#head = step.state?.head ?? this.#head;
    const wakeMs = nextWakeMs(step.state);
    if ((this.#state !== null || isErased) && this.#armed?.atMs !== wakeMs) {
      this.#ports.setWake(wakeMs);
      this.#armed = { atMs: wakeMs };
    }
    const events = step.writes.flatMap((write) => (write.kind === 'event' ? [write.event] : []));
    this.recent.push(events);
    if (events.length > 0 || isErased) {
      this.#ports.onCommitted();
      this.recent.notify();
    }
    return step.effects;
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'start-attempt':
          this.#start(effect);
          break;
        case 'end-attempt':
          this.#endLive(effect);
          if (effect.completed) this.#summarize(effect.turn);
          break;
        case 'cancel-run':
          this.#ports.waitUntil(this.#cancelRun(effect));
          break;
        case 'erased':
          this.#live?.end();
          this.#live = null;
          this.recent.clear();
          this.#ports.onErased();
          break;
        default:
        // Answers, which belong to whoever asked.
      }
    }
  }

  #summarize(turn: string): void {
    const state = this.#state;
    if (state !== null) this.#summarizer.consider(state, state.turns.get(turn)?.criticality ?? 'default');
  }

  /** Kept until the attempt ends; who joins it later does not rename it. */
  #noteRequest(turn: string, requestId: string): void {
    const record = this.#state?.turns.get(turn);
    if (record === undefined || hasEnded(record) || this.#requestIds.has(turn)) return;
    this.#requestIds.set(turn, requestId);
  }

  #start(effect: StartEffect): void {
    const ref = { turn: effect.turn, attempt: effect.attempt };
    const commit = (text: string): void => this.#applyOrCrash({ kind: 'text', ...ref, text });
    const live = new LiveTurn(ref, commit, this.#ports.setTimer);
    this.#live = live;
    const drive = driveTurn({
      ports: this.#ports,
      effect,
      live,
      state: must(this.#state, 'the session of a turn that begins'),
      requestId: this.#requestIds.get(effect.turn) ?? effect.turn,
      report: (event) => this.#applyOrCrash(event),
    });
    this.#ports.waitUntil(drive);
  }

  #endLive({ turn, attempt }: { readonly turn: string; readonly attempt: number }): void {
    this.#requestIds.delete(turn);
    if (this.#live?.turn !== turn || this.#live.attempt !== attempt) return;
    this.#live.end();
    this.#live = null;
  }

  /** The command is given again by the alarm until it is confirmed. */
  async #cancelRun({ turn, attempt, run }: Extract<SessionEffect, { kind: 'cancel-run' }>): Promise<void> {
    if (this.#head === null) return;
    const { tenant, id: session } = this.#head;
    try {
      await this.#ports.cancelRun({ tenant, session, turn, attempt, run });
    } catch {
      return;
    }
    this.#applyOrCrash({ kind: 'run-cancelled', turn, attempt });
  }

  #servedOf(turn: string, attempt: number): FollowedTurn['served'] {
    const status = this.#state?.turns.get(turn)?.status;
    if (status?.kind === 'completed') return status.served;
    return this.#live?.turn === turn && this.#live.attempt === attempt ? this.#live.served : null;
  }

  /** How the attempt is served, as far as it is known by now. */
  servedOf(followed: FollowedTurn): FollowedTurn['served'] {
    return followed.served ?? this.#servedOf(followed.turn, followed.attempt);
  }

  #view(): TurnView {
    return {
      state: this.#state,
      store: this.#ports.store,
      eventsAfter: (seq) => this.eventsAfter(seq) ?? [],
    };
  }

  #applyOrCrash(event: SessionEvent): void {
    try {
      this.apply(event);
    } catch (reason) {
      this.#ports.crash(reason);
    }
  }
}

function tooMany(): Failure {
  return { kind: 'too-many-followers', followersMax: FOLLOWERS_MAX };
}
