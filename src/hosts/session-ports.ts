// What the session host needs of the world: rows, a model, a clock, one alarm. Durable Objects, tests and simulations implement it.
import type { Failure } from '../core/api/failure.ts';
import type { Result } from '../core/base/result.ts';
import type { ContextMessage } from '../core/session/assemble-context.ts';
import type { SessionWrite, TurnRoute } from '../core/session/session-events.ts';
import type { LoggedMessage, SessionState, TurnServed } from '../core/session/session-state.ts';
import type { TokenUsage } from '../core/stream/usage.ts';

/** The rows of one session. Everything is synchronous, so that no step can be torn by another event. */
export interface SessionStore {
  /** The session as it was last committed; null when it was never created. */
  load(): SessionState | null;
  /** Writes all rows in one transaction, or throws and writes none. */
  commit(writes: readonly SessionWrite[]): void;
  message(seq: number): LoggedMessage | null;
  /** The log after `afterSeq`, oldest first, read as far as the caller goes. */
  messagesAfter(afterSeq: number): Iterable<LoggedMessage>;
  /** The log up to `seq`, newest first, read as far as the caller goes. */
  messagesUpTo(seq: number): Iterable<LoggedMessage>;
  /** Text rows of one attempt from `fromIndex` on, at most `rowsMax`. */
  texts(
    turn: string,
    attempt: number,
    from: { readonly index: number; readonly rowsMax: number },
  ): readonly string[];
}

/** One model call. */
export interface TurnAsk {
  readonly requestId: string;
  readonly tenant: string;
  readonly route: TurnRoute;
  readonly messages: readonly ContextMessage[];
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Fires when the turn has been given up; a client that goes away does not fire it. */
  readonly signal: AbortSignal;
  /** May be called once a replica has been found, so that headers can tell of it before the answer is complete. */
  readonly onServed: (served: TurnServed) => void;
}

export interface TurnReply {
  readonly text: string;
  readonly usage: TokenUsage | null;
  readonly served: TurnServed;
}

/** Calls the model; `onText` is awaited for each piece of text, in order. Never throws for an expected failure. */
export type RunTurn = (
  ask: TurnAsk,
  onText: (text: string) => Promise<void>,
) => Promise<Result<TurnReply, Failure>>;

/** Runs `run` once after `delayMs` unless the returned function is called first. */
export type SetTimer = (delayMs: number, run: () => void) => () => void;

export interface SessionPorts {
  readonly store: SessionStore;
  readonly runTurn: RunTurn;
  /** Which version the model name means for the tenant now. */
  routeModel(tenant: string, model: string): Result<TurnRoute, Failure>;
  now(): number;
  newTurnId(): string;
  setTimer: SetTimer;
  /** The one alarm; null takes it away. */
  setWake(atMs: number | null): void;
  /** Keeps work alive that no request waits for. */
  waitUntil(work: Promise<unknown>): void;
  /** Ends this life of the object: what could not be written must not live on in memory. */
  crash(reason: unknown): void;
}
