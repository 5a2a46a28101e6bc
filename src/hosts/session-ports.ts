// What the session host needs of the world: rows, a model, a clock, one alarm. Durable Objects, tests and simulations implement it.
import type { Failure } from '../core/api/failure.ts';
import type { Result } from '../core/base/result.ts';
import type { Criticality } from '../core/resilience/criticality.ts';
import type { ContextMessage } from '../core/session/assemble-context.ts';
import type { LogEvent } from '../core/session/log-event.ts';
import type { SessionWrite, TurnRoute } from '../core/session/session-events.ts';
import type { LoggedMessage, SessionState, TurnServed } from '../core/session/session-state.ts';
import type { TokenUsage } from '../core/stream/usage.ts';

/** The rows of one session. Everything is synchronous, so that no step can be torn by another event. */
export interface SessionStore {
  /** The session as it was last committed; null when it was never created or is gone. */
  load(): SessionState | null;
  /** Writes all rows in one transaction, or throws and writes none. */
  commit(writes: readonly SessionWrite[]): void;
  message(seq: number): LoggedMessage | null;
  /** The log after `afterSeq`, oldest first, read as far as the caller goes. */
  messagesAfter(afterSeq: number): Iterable<LoggedMessage>;
  /** The log up to `seq`, newest first, read as far as the caller goes. */
  messagesUpTo(seq: number): Iterable<LoggedMessage>;
  /** The event stream after `afterSeq`, oldest first, read as far as the caller goes. */
  eventsAfter(afterSeq: number): Iterable<LogEvent>;
}

/** One model call. */
export interface TurnAsk {
  readonly requestId: string;
  readonly tenant: string;
  readonly session: string;
  /** Names the work: asked again with the same pair after a crash, a durable run is found again instead of begun twice. */
  readonly turn: string;
  readonly attempt: number;
  /** Null at the first time; after a crash the run, if its id was known, and how much of its text the session has already. */
  readonly resume: { readonly run: string | null; readonly chars: number } | null;
  /** As the session names it. */
  readonly model: string;
  readonly criticality: Criticality;
  readonly route: TurnRoute;
  readonly messages: readonly ContextMessage[];
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Fires when the turn has been given up; a client that goes away does not fire it. */
  readonly signal: AbortSignal;
  /** May be called once a replica has been found, so that headers can tell of it before the answer is complete. */
  readonly onServed: (served: TurnServed) => void;
  /** Stores the id of the durable run that does the work. */
  readonly onRun: (run: string) => void;
  /** The text goes on after its first `chars` UTF-16 units: what came after them is void, and followers are told why. */
  readonly onSegment: (reason: string, chars: number) => void;
}

export interface TurnReply {
  /** The whole answer, from its first unit. */
  readonly text: string;
  readonly usage: TokenUsage | null;
  readonly served: TurnServed;
}

/** Does the work of a turn; `onText` is awaited for each piece of text, in order. Never throws for an expected failure. */
export type RunTurn = (
  ask: TurnAsk,
  onText: (text: string) => Promise<void>,
) => Promise<Result<TurnReply, Failure>>;

/** Names the run of an attempt: by its id where that was heard of, and always by the work that it was begun for. */
export interface StopAsk {
  readonly tenant: string;
  readonly session: string;
  readonly turn: string;
  readonly attempt: number;
  readonly run: string | null;
}

/** Runs `run` once after `delayMs` unless the returned function is called first. */
export type SetTimer = (delayMs: number, run: () => void) => () => void;

export interface SessionPorts {
  readonly store: SessionStore;
  readonly runTurn: RunTurn;
  /** Ends a durable run that nobody waits for any more. Resolves when it is known to go on no more; else it is asked again. */
  cancelRun(stop: StopAsk): Promise<void>;
  /** Which version the model name means for the tenant now. */
  routeModel(tenant: string, model: string): Result<TurnRoute, Failure>;
  now(): number;
  newTurnId(): string;
  setTimer: SetTimer;
  /** The one alarm; null takes it away. */
  setWake(atMs: number | null): void;
  /** Rows have been committed: who follows by socket can be told. */
  onCommitted(): void;
  /** The session is gone: what is left of its storage goes too, and its sockets are closed. */
  onErased(): void;
  /** Keeps work alive that no request waits for. */
  waitUntil(work: Promise<unknown>): void;
  /** Ends this life of the object: what could not be written must not live on in memory. */
  crash(reason: unknown): void;
}
