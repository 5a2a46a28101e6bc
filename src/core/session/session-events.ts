// What can happen to a session and what it can cause. Owns the words between the decisions and the host. Pure data.
import type { Failure } from '../api/failure.ts';
import type { Criticality } from '../resilience/criticality.ts';
import type { TokenUsage } from '../stream/usage.ts';
import type { LogEvent } from './log-event.ts';
import type {
  ForkRecord,
  LoggedMessage,
  LogTail,
  NewSession,
  RunStop,
  SessionHead,
  SessionState,
  Summary,
  TurnRecord,
  TurnServed,
} from './session-state.ts';
import type { TokenGauge } from './estimate-tokens.ts';

/** Where a turn's work goes: decided by the tenant's rules when the turn begins. */
export type TurnRoute = {
  readonly version: string;
  /** How much of the log fits into the window, beside the answer. */
  readonly contextTokensMax: number;
  readonly gauge: TokenGauge;
} & (
  | { readonly kind: 'model'; readonly pool: string }
  /** A compound function: its run is durable and outlives the session's object. */
  | { readonly kind: 'function'; readonly function: string }
);

/** A user message as it arrived. `turn` is the id to use if it begins a turn of its own. */
export interface PostedMessage {
  readonly turn: string;
  readonly tenant: string;
  readonly key: string | null;
  readonly bodyHash: string;
  readonly content: string;
  /** The log's last seq as the client knows it: another one refuses the message. Null = append wherever the end is. */
  readonly expectedSeq: number | null;
  /** Why the model cannot be asked now; null when it can. */
  readonly refusal: Failure | null;
  /** Whether the work outlives this object. */
  readonly resumable: boolean;
  /** How long one attempt may take. */
  readonly turnMsMax: number;
  /** Of the key that posts it; `default` where it is left out. */
  readonly criticality?: Criticality;
  /** How long its poster waits, from now on; null or left out: it has not said. */
  readonly waitsMs?: number | null;
}

export interface AttemptRef {
  readonly turn: string;
  readonly attempt: number;
}

export type SessionEvent =
  | { readonly kind: 'create'; readonly session: NewSession }
  | { readonly kind: 'post'; readonly message: PostedMessage }
  | { readonly kind: 'cancel'; readonly tenant: string; readonly turn: string }
  | { readonly kind: 'truncate'; readonly tenant: string; readonly afterSeq: number }
  | { readonly kind: 'delete'; readonly tenant: string }
  | {
      readonly kind: 'begin-fork';
      readonly tenant: string;
      readonly key: string | null;
      readonly id: string;
      /** Null = all that the log holds. */
      readonly afterSeq: number | null;
    }
  | { readonly kind: 'end-fork'; readonly key: string }
  /** Messages of the origin for a fork that is being filled. */
  | { readonly kind: 'fill'; readonly messages: readonly LoggedMessage[] }
  | { readonly kind: 'seal'; readonly summary: Summary | null }
  | ({ readonly kind: 'text'; readonly text: string } & AttemptRef)
  | ({ readonly kind: 'segment'; readonly reason: string; readonly chars: number } & AttemptRef)
  | ({ readonly kind: 'run'; readonly run: string } & AttemptRef)
  | ({
      readonly kind: 'complete';
      readonly text: string;
      readonly usage: TokenUsage | null;
      readonly served: TurnServed;
    } & AttemptRef)
  | ({ readonly kind: 'fail'; readonly failure: Failure } & AttemptRef)
  /** The run of a turn that ended without it is known to go on no more. */
  | ({ readonly kind: 'run-cancelled' } & AttemptRef)
  | { readonly kind: 'summarized'; readonly summary: Summary; readonly cuts: number }
  /** A new life of the object begins: whatever ran in the last one runs no more, unless its work is alive elsewhere. */
  | { readonly kind: 'revive' }
  /** The alarm. */
  | { readonly kind: 'tick' };

/** One row to write. All writes of a step are one transaction. */
export type SessionWrite =
  | { readonly kind: 'head'; readonly head: SessionHead }
  | { readonly kind: 'tail'; readonly tail: LogTail }
  | { readonly kind: 'event'; readonly event: LogEvent }
  | { readonly kind: 'message'; readonly message: LoggedMessage }
  | { readonly kind: 'drop-messages'; readonly afterSeq: number }
  | { readonly kind: 'turn'; readonly turn: TurnRecord }
  | { readonly kind: 'drop-turn'; readonly turn: string }
  /** Null takes it away. */
  | { readonly kind: 'summary'; readonly summary: Summary | null }
  | { readonly kind: 'stop'; readonly stop: RunStop }
  | ({ readonly kind: 'drop-stop' } & AttemptRef)
  | { readonly kind: 'fork'; readonly fork: ForkRecord }
  | { readonly kind: 'drop-fork'; readonly key: string }
  /** Everything goes. The only write of its step. */
  | { readonly kind: 'erase' };

/** What the host does once the writes are durable. */
export type SessionEffect =
  | ({
      readonly kind: 'start-attempt';
      readonly userSeq: number;
      readonly deadlineMs: number;
      /** What a former life of the object has left: its run, and how much of its text is in the stream. */
      readonly resume: { readonly run: string | null; readonly chars: number } | null;
    } & AttemptRef)
  /** Answers the poster with this attempt, waiting, running or ended. */
  | ({ readonly kind: 'follow'; readonly afterEvent: number } & AttemptRef)
  | { readonly kind: 'refuse'; readonly failure: Failure }
  | ({ readonly kind: 'end-attempt'; readonly completed: boolean } & AttemptRef)
  | ({ readonly kind: 'cancel-run'; readonly run: string | null } & AttemptRef)
  /** Answers who asked for a fork: copy the log up to `afterSeq` into `id`. */
  | { readonly kind: 'fork'; readonly fork: Omit<ForkRecord, 'key' | 'expiresMs'> }
  /** The session is gone. */
  | { readonly kind: 'erased' };

export interface SessionStep {
  readonly state: SessionState | null;
  readonly writes: readonly SessionWrite[];
  readonly effects: readonly SessionEffect[];
}
