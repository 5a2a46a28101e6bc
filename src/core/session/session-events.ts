// What can happen to a session and what it can cause. Owns the words between the decisions and the host. Pure data.
import type { Failure } from '../api/failure.ts';
import type { Result } from '../base/result.ts';
import type { LoggedMessage, SessionHead, SessionState, TurnRecord, TurnServed } from './session-state.ts';
import type { TokenUsage } from '../stream/usage.ts';

/** Where a turn's model call goes: decided by the tenant's rules when the turn begins. */
export interface TurnRoute {
  readonly pool: string;
  readonly version: string;
  /** How much of the log fits into the model's window. */
  readonly contextCharsMax: number;
}

/** A user message as it arrived. `turn` is the id to use if it begins a turn of its own. */
export interface PostedMessage {
  readonly turn: string;
  readonly tenant: string;
  readonly key: string | null;
  readonly bodyHash: string;
  readonly content: string;
  readonly route: Result<TurnRoute, Failure>;
  /** How long one attempt may take. */
  readonly turnMsMax: number;
}

export interface AttemptRef {
  readonly turn: string;
  readonly attempt: number;
}

export type SessionEvent =
  | { readonly kind: 'create'; readonly session: Omit<SessionHead, 'createdMs' | 'tailSeq'> }
  | { readonly kind: 'post'; readonly message: PostedMessage }
  | ({ readonly kind: 'text'; readonly text: string } & AttemptRef)
  | ({
      readonly kind: 'complete';
      readonly text: string;
      readonly usage: TokenUsage | null;
      readonly served: TurnServed;
    } & AttemptRef)
  | ({ readonly kind: 'fail'; readonly failure: Failure } & AttemptRef)
  /** A new life of the object begins: whatever ran in the last one runs no more. */
  | { readonly kind: 'revive' }
  /** The alarm. */
  | { readonly kind: 'tick' };

/** One row to write. All writes of a step are one transaction. */
export type SessionWrite =
  | { readonly kind: 'head'; readonly head: SessionHead }
  | { readonly kind: 'message'; readonly message: LoggedMessage }
  | { readonly kind: 'turn'; readonly turn: TurnRecord }
  | ({ readonly kind: 'text'; readonly index: number; readonly text: string } & AttemptRef)
  | { readonly kind: 'drop-texts'; readonly turn: string }
  | { readonly kind: 'drop-turn'; readonly turn: string };

/** What the host does once the writes are durable. */
export type SessionEffect =
  | ({
      readonly kind: 'start-attempt';
      readonly route: TurnRoute;
      readonly userSeq: number;
      readonly deadlineMs: number;
    } & AttemptRef)
  /** Answers the poster with this attempt, running or ended. */
  | ({ readonly kind: 'follow' } & AttemptRef)
  | { readonly kind: 'refuse'; readonly failure: Failure }
  | ({ readonly kind: 'show-text' } & AttemptRef)
  | ({ readonly kind: 'end-attempt' } & AttemptRef);

export interface SessionStep {
  readonly state: SessionState | null;
  readonly writes: readonly SessionWrite[];
  readonly effects: readonly SessionEffect[];
}
