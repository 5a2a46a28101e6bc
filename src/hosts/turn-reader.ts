// What a follower of a turn may be told: the text and the end that are durable beyond its cursor. The log itself is the buffer, so a
// slow reader costs no memory. Pure over its store; owns no waiting and no format.
import type { Failure } from '../core/api/failure.ts';
import { must } from '../core/base/assert.ts';
import type { LoggedMessage, SessionState, TurnRecord, TurnServed } from '../core/session/session-state.ts';
import type { LiveTurn } from './live-turn.ts';
import type { SessionStore } from './session-ports.ts';
import type { TokenUsage } from '../core/stream/usage.ts';

/** Rows read at once for a follower that is behind. */
const TEXT_ROWS_MAX = 64;

/** One attempt that somebody waits for; `live` is null when it had ended before, `served` when that is not known yet. */
export interface FollowedTurn {
  readonly turn: string;
  readonly attempt: number;
  readonly live: LiveTurn | null;
  readonly served: TurnServed | null;
}

/** How far a follower has read: text rows, and the UTF-16 units in them. */
export interface TurnCursor {
  readonly rows: number;
  readonly chars: number;
}

export const TURN_START: TurnCursor = { rows: 0, chars: 0 };

/** The answer to a turn, the same at the first time and at every replay. */
export interface TurnAnswer {
  readonly turn: string;
  readonly session: string;
  readonly messages: readonly LoggedMessage[];
  readonly usage: TokenUsage | null;
  readonly served: TurnServed;
}

export type TurnSight =
  | { readonly kind: 'text'; readonly text: string; readonly cursor: TurnCursor }
  | { readonly kind: 'completed'; readonly answer: TurnAnswer }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'nothing-yet' };

export function readTurn(
  state: SessionState,
  store: SessionStore,
  followed: FollowedTurn,
  cursor: TurnCursor,
): TurnSight {
  const turn = state.turns.get(followed.turn);
  // The record of an ended attempt can be overtaken by another attempt or expire while a slow reader still reads.
  if (turn === undefined || turn.attempt !== followed.attempt) {
    return { kind: 'failed', failure: { kind: 'stream-cut' } };
  }
  switch (turn.status.kind) {
    case 'completed':
      return readCompleted(state, store, turn, cursor);
    case 'failed':
      return readText(store, turn, cursor) ?? { kind: 'failed', failure: turn.status.failure };
    case 'interrupted':
      return { kind: 'failed', failure: { kind: 'stream-cut' } };
    case 'running':
      return readText(store, turn, cursor) ?? { kind: 'nothing-yet' };
    default:
      return turn.status satisfies never;
  }
}

function readText(store: SessionStore, turn: TurnRecord, cursor: TurnCursor): TurnSight | null {
  const rows = store.texts(turn.id, turn.attempt, { index: cursor.rows, rowsMax: TEXT_ROWS_MAX });
  if (rows.length === 0) return null;
  const text = rows.join('');
  return {
    kind: 'text',
    text,
    cursor: { rows: cursor.rows + rows.length, chars: cursor.chars + text.length },
  };
}

function readCompleted(
  state: SessionState,
  store: SessionStore,
  turn: TurnRecord,
  cursor: TurnCursor,
): TurnSight {
  if (turn.status.kind !== 'completed') return { kind: 'nothing-yet' };
  const { assistantSeq, usage, served } = turn.status;
  const user = must(store.message(turn.userSeq), 'the user message of a turn');
  const assistant = must(store.message(assistantSeq), 'the answer of a completed turn');
  const text = assistant.content.slice(cursor.chars);
  if (text !== '') {
    return { kind: 'text', text, cursor: { rows: cursor.rows, chars: assistant.content.length } };
  }
  return {
    kind: 'completed',
    answer: { turn: turn.id, session: state.head.id, messages: [user, assistant], usage, served },
  };
}
