// What a session is: an ordered message log, an event stream that tells everything that ever happened to it, the turns that wrote
// both, and the one turn that may be running. Owns the shapes and the bounds; decides and stores nothing. Pure data.
//
// Invariants, checked by check-session.ts in every test and simulation that runs a session:
// S1  The log's seq numbers are 1..tail.seq without a gap; the events' are 1..tail.eventSeq.
// S2  At most one turn runs, and it is the one that `running` names.
// S3  Each turn that has begun owns one user message, however often it is attempted; a waiting one that never began owns none.
// S4  A completed turn owns exactly one assistant message, after its user message; any other turn owns none.
// S5  An idempotency key names at most one turn.
// S6  Nothing that an older attempt reports changes anything: the attempt number is the fence.
// S7  The events of an attempt are: its start, its text, one end; the text of a completed attempt is its answer, unit for unit.
// S8  Records of ended turns, waiting turns, waiting text and fork records stay within their bounds.
// S9  Turns wait only while one runs, in the order of their tickets.
import type { Failure } from '../api/failure.ts';
import type { Criticality } from '../resilience/criticality.ts';
import type { TokenUsage } from '../stream/usage.ts';

/** A key is honoured this long after its last attempt began: the promise of every API that clients know. */
export const TURN_KEPT_MS = 24 * 60 * 60 * 1000;

/** Turns run one after another, so a retry that comes 2,000 turns late is no retry; the oldest record makes room. */
export const TURNS_KEPT_MAX = 2000;

/** The longest log of one session; at two messages a turn it is far beyond any conversation that a model can use. */
export const LOG_MESSAGES_MAX = 100_000;

/** Ten events a message, for as many messages: truncated, failed and cancelled turns keep their events too. */
export const LOG_EVENTS_MAX = 2_000_000;

/** All text that a session may ever take up: at 3 bytes a unit and stored twice it stays below the 10 GB of one object. */
export const LOG_CHARS_MAX = 1_000_000_000;

/** The longest answer. A row holds 2 MB, and no UTF-16 unit takes more than 3 bytes. */
export const ANSWER_CHARS_MAX = 400_000;

/** The longest piece of text in one event. */
export const TEXT_CHARS_MAX = 100_000;

/** Turns that may wait behind the running one, and the text they may hold in memory: beyond it the client must slow down. */
export const WAITING_TURNS_MAX = 32;
export const WAITING_CHARS_MAX = 1_000_000;

/** While a turn runs the object wakes this often: it stays in memory, and after a crash it notices the orphan this soon. */
export const TURN_WATCH_MS = 30_000;

/** A turn that brings its object down each time it is resumed must end some time. */
export const RESUMES_MAX = 20;

/** Commands to cancel that are kept; beyond it the oldest is given up, and its run ends by its own budget. */
export const STOPS_KEPT_MAX = 256;

/** Fork requests whose keys are remembered. */
export const FORKS_KEPT_MAX = 64;

/** A fork whose copying stops for this long is abandoned: nobody has been told its id. */
export const FILLING_MS = 60 * 60 * 1000;

/** What happens to a message that arrives while a turn runs. */
export type BusyPolicy = 'queue' | 'reject' | 'supersede';

/** Who writes the summary of what no longer fits: the session's own model, the extract of the messages, nobody. */
export type SummaryMode = 'model' | 'extract' | 'off';

/** What a session is created with. */
export interface NewSession {
  readonly id: string;
  readonly tenant: string;
  /** The name that the client asked for; which version it means is decided again for each turn. */
  readonly model: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly policy: BusyPolicy;
  /** Time after the last write when the session is erased. */
  readonly ttlMs: number;
  /** The system message of every turn. */
  readonly instructions: string | null;
  readonly summaries: SummaryMode;
  readonly origin: SessionOrigin | null;
  /** A fork that is still being copied: nobody may see it. */
  readonly filling: boolean;
}

export interface SessionOrigin {
  readonly session: string;
  readonly afterSeq: number;
}

export interface SessionHead extends NewSession {
  readonly createdMs: number;
  /** How often the log was truncated: a copy or a summary that began before a cut is void. */
  readonly cuts: number;
}

/** Where log and stream end. */
export interface LogTail {
  /** Seq of the newest message, 0 when there is none. */
  readonly seq: number;
  /** Seq of the newest event. */
  readonly eventSeq: number;
  /** UTF-16 units of all text that ever went into the stream. */
  readonly chars: number;
  /** Time of the newest event: when the session was last used. */
  readonly atMs: number;
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
  /** Waits for its place; `content` is the user message, null when an earlier attempt has logged it. */
  | { readonly kind: 'queued'; readonly ticket: number; readonly content: string | null }
  | { readonly kind: 'running' }
  | {
      readonly kind: 'completed';
      readonly assistantSeq: number;
      readonly usage: TokenUsage | null;
      readonly served: TurnServed;
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The object's life ended in mid-turn. The user message stays; a retry with the same key attempts the turn again. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'cancelled'; readonly by: 'client' | 'superseded' }
  /** Its answer or its message was cut off the log; its key is remembered, so that a late retry does not append it again. */
  | { readonly kind: 'truncated' };

export interface TurnRecord {
  readonly id: string;
  readonly key: string | null;
  readonly bodyHash: string;
  /** Seq of its first event: the order in which turns arrived. */
  readonly firstEvent: number;
  /** The events of the newest attempt come after this seq. */
  readonly attemptAfter: number;
  /** Seq of the event that ended the newest attempt; 0 while it waits or runs. */
  readonly endEvent: number;
  /** 0 until the turn has begun. */
  readonly userSeq: number;
  /** 1 for the first try; each further try is a new attempt, and only the newest may write. */
  readonly attempt: number;
  /** How long one attempt may take. */
  readonly msMax: number;
  readonly expiresMs: number;
  /** When the running attempt is given up; 0 when none runs. */
  readonly deadlineMs: number;
  /** Whether a crash of the object leaves the work alive elsewhere, to be taken up again. */
  readonly resumable: boolean;
  readonly resumes: number;
  /** The durable run that does the work, once it is known. */
  readonly run: string | null;
  /** How much it matters when not all can be served. Rows of an earlier version have none: `default`. */
  readonly criticality?: Criticality;
  /** When its poster waits no more, waiting for its place included: no attempt goes on for longer. Null or none: it has not said. */
  readonly answerByMs?: number | null;
  readonly status: TurnStatus;
}

/** The work of an attempt that ended without it: to be cancelled, again and again until it is known to go on no more. */
export interface RunStop {
  readonly turn: string;
  readonly attempt: number;
  /** Null when the run's id was never heard: turn and attempt name it as well. */
  readonly run: string | null;
  /** When the command is given again. */
  readonly retryMs: number;
}

/** What only the present life of the object knows of its running turn. */
export interface RunningTurn {
  readonly turn: string;
  readonly attempt: number;
  readonly deadlineMs: number;
  readonly watchMs: number;
  /** Text of this attempt that is in the stream. */
  readonly said: string;
}

/** What stands for the messages 1..throughSeq in the context of later turns. */
export interface Summary {
  readonly throughSeq: number;
  readonly by: 'model' | 'extract';
  readonly text: string;
}

/** A fork that was asked for under a key. */
export interface ForkRecord {
  readonly key: string;
  readonly id: string;
  readonly afterSeq: number;
  readonly cuts: number;
  readonly done: boolean;
  readonly expiresMs: number;
}

export interface SessionState {
  readonly head: SessionHead;
  readonly tail: LogTail;
  /** In order of arrival, the running and the waiting ones included. */
  readonly turns: ReadonlyMap<string, TurnRecord>;
  /** Ids of the turns that wait, the next one first. */
  readonly waiting: readonly string[];
  readonly running: RunningTurn | null;
  readonly summary: Summary | null;
  /** By `turn attempt`, in order of arrival. */
  readonly stops: ReadonlyMap<string, RunStop>;
  /** By key, in order of arrival. */
  readonly forks: ReadonlyMap<string, ForkRecord>;
}

/** True for a turn that runs no more and waits no more. */
export function hasEnded(turn: TurnRecord): boolean {
  return turn.status.kind !== 'running' && turn.status.kind !== 'queued';
}
