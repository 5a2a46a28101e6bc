// What a session is: an ordered message log, the turns that wrote it, and the one turn that may be running. Owns the shapes and
// the bounds; decides nothing (decide-session.ts) and stores nothing (the host's store). Pure data.
//
// Invariants, checked by check-session.ts in every test that runs a session:
// S1  The log's seq numbers are 1..tailSeq without a gap.
// S2  At most one turn runs, and it is the one that `running` names.
// S3  Each turn owns exactly one user message, however often it is attempted.
// S4  A completed turn owns exactly one assistant message, after its user message; any other turn owns none.
// S5  An idempotency key names at most one turn.
// S6  Nothing that an older attempt reports changes anything: the attempt number is the fence.
// S7  Text rows belong to turns that are not completed, and are gapless per attempt.
// S8  At most TURNS_KEPT_MAX records of ended turns are kept.
import type { Failure } from '../api/failure.ts';
import type { TokenUsage } from '../stream/usage.ts';

/** A key is honoured this long after its last attempt began: the promise of every API that clients know. */
export const TURN_KEPT_MS = 24 * 60 * 60 * 1000;

/** Turns run one after another, so a retry that comes 2,000 turns late is no retry; the oldest record makes room. */
export const TURNS_KEPT_MAX = 2000;

/** The longest log of one session; at two messages a turn it is far beyond any conversation that a model can use. */
export const LOG_MESSAGES_MAX = 100_000;

/** The longest answer. A row holds 2 MB, and no UTF-16 unit takes more than 3 bytes. */
export const ANSWER_CHARS_MAX = 400_000;

/** While a turn runs the object wakes this often: it stays in memory, and after a crash it notices the orphan this soon. */
export const TURN_WATCH_MS = 30_000;

export interface SessionHead {
  readonly id: string;
  readonly tenant: string;
  /** The name that the client asked for; which version it means is decided again for each turn. */
  readonly model: string;
  readonly createdMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Seq of the newest message, 0 when there is none. */
  readonly tailSeq: number;
}

export interface LoggedMessage {
  readonly seq: number;
  readonly turn: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** How the answer came about; told to the client in the `x-pilotlight-*` headers, on replay as on the first answer. */
export interface TurnServed {
  readonly version: string;
  readonly warmth: 'hot' | 'parked' | 'cold' | null;
  readonly waitMs: number | null;
}

export type TurnStatus =
  | { readonly kind: 'running' }
  | {
      readonly kind: 'completed';
      readonly assistantSeq: number;
      readonly usage: TokenUsage | null;
      readonly served: TurnServed;
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The object's life ended in mid-turn. The user message stays; a retry with the same key attempts the turn again. */
  | { readonly kind: 'interrupted' };

export interface TurnRecord {
  readonly id: string;
  readonly key: string | null;
  readonly bodyHash: string;
  readonly userSeq: number;
  /** 1 for the first try; each further try is a new attempt, and only the newest may write. */
  readonly attempt: number;
  readonly expiresMs: number;
  readonly status: TurnStatus;
}

/** What only the present life of the object knows of its running turn. */
export interface RunningTurn {
  readonly turn: string;
  readonly attempt: number;
  readonly deadlineMs: number;
  readonly watchMs: number;
  /** Text committed so far: rows and UTF-16 units. */
  readonly texts: number;
  readonly chars: number;
}

export interface SessionState {
  readonly head: SessionHead;
  /** In order of their first attempt, the running one included. */
  readonly turns: ReadonlyMap<string, TurnRecord>;
  readonly running: RunningTurn | null;
}
