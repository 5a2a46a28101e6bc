// What a follower of one turn may be told: the text and the end that are durable beyond its cursor, which is a place in the session's
// event stream. The stream itself is the buffer, so a slow reader costs no memory. Pure over its store; owns no waiting and no format.
import type { Failure } from '../core/api/failure.ts';
import { err, ok } from '../core/base/result.ts';
import type { Result } from '../core/base/result.ts';
import type { LogEvent, LogFact } from '../core/session/log-event.ts';

import type { LoggedMessage, SessionState, TurnServed } from '../core/session/session-state.ts';
import type { SessionStore } from './session-ports.ts';
import type { TokenUsage } from '../core/stream/usage.ts';

/** One attempt that somebody waits for. */
export interface FollowedTurn {
  readonly turn: string;
  readonly attempt: number;
  /** Its events come after this seq. */
  readonly afterEvent: number;
  /** How it is served, where that is known already. */
  readonly served: TurnServed | null;
}

/** The answer to a turn, the same at the first time and at every replay. */
export interface TurnAnswer {
  readonly turn: string;
  readonly session: string;
  readonly messages: readonly LoggedMessage[];
  readonly usage: TokenUsage | null;
  readonly served: TurnServed;
  readonly lastEvent: number;
}

/** `seq` is the cursor to go on from. */
export type TurnSight =
  | { readonly kind: 'text'; readonly text: string; readonly seq: number }
  | { readonly kind: 'segment'; readonly reason: string; readonly chars: number; readonly seq: number }
  | { readonly kind: 'completed'; readonly answer: TurnAnswer; readonly seq: number }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly seq: number }
  | { readonly kind: 'nothing-yet'; readonly seq: number };

/** What there is to read: the session as it is, and its stream in bounded pages. */
export interface TurnView {
  readonly state: SessionState | null;
  readonly store: SessionStore;
  eventsAfter(seq: number): readonly LogEvent[];
}

/** How the attempt ended; null while it waits or runs. */
export function readOutcome(view: TurnView, followed: FollowedTurn): Result<TurnAnswer, Failure> | null {
  const { state, store } = view;
  if (state === null) return err({ kind: 'unknown-session' });
  const turn = state.turns.get(followed.turn);
  // The record of an ended attempt can be overtaken by another attempt or expire while a slow reader still reads.
  if (turn === undefined || turn.attempt !== followed.attempt) return err({ kind: 'stream-cut' });
  const { status } = turn;
  switch (status.kind) {
    case 'queued':
    case 'running':
      return null;
    case 'completed': {
      const messages = [store.message(turn.userSeq), store.message(status.assistantSeq)].filter(isThere);
      const { usage, served } = status;
      return ok({
        turn: turn.id,
        session: state.head.id,
        messages,
        usage,
        served,
        lastEvent: turn.endEvent,
      });
    }
    case 'failed':
      return err(status.failure);
    case 'interrupted':
      return err({ kind: 'stream-cut' });
    case 'cancelled':
      return err({ kind: 'turn-cancelled', by: status.by });
    case 'truncated':
      return err({ kind: 'turn-truncated' });
    default:
      return status satisfies never;
  }
}

/** The next thing to tell beyond the cursor `seq`. */
export function readTurn(view: TurnView, followed: FollowedTurn, after: number): TurnSight {
  const { state } = view;
  if (state === null) return { kind: 'failed', failure: { kind: 'unknown-session' }, seq: after };
  if (waits(state, followed)) return { kind: 'nothing-yet', seq: state.tail.eventSeq };
  let text = '';
  let seq = after;
  for (;;) {
    const events = view.eventsAfter(seq);
    for (const event of events) {
      const piece = textOf(event.fact, followed);
      const end = piece === null && isOf(event.fact, followed) ? sightOf(view, followed, event) : null;
      if (end !== null && text !== '') return { kind: 'text', text, seq };
      if (end !== null) return end;
      seq = event.seq;
      text += piece ?? '';
    }
    if (text !== '') return { kind: 'text', text, seq };
    if (events.length === 0) return atTheEnd(view, followed, seq);
  }
}

function atTheEnd(view: TurnView, followed: FollowedTurn, seq: number): TurnSight {
  const outcome = readOutcome(view, followed);
  if (outcome === null) return { kind: 'nothing-yet', seq };
  return outcome.ok
    ? { kind: 'completed', answer: outcome.value, seq }
    : { kind: 'failed', failure: outcome.error, seq };
}

function waits(state: SessionState, { turn, attempt }: FollowedTurn): boolean {
  const record = state.turns.get(turn);
  return record?.attempt === attempt && record.status.kind === 'queued';
}

/** The end or the boundary that the event is for this attempt; null for anything else. */
function sightOf(view: TurnView, followed: FollowedTurn, { fact, seq }: LogEvent): TurnSight | null {
  switch (fact.kind) {
    case 'segment':
      return { kind: 'segment', reason: fact.reason, chars: fact.chars, seq };
    case 'failed':
      return { kind: 'failed', failure: fact.failure, seq };
    case 'cancelled':
      return { kind: 'failed', failure: { kind: 'turn-cancelled', by: fact.by }, seq };
    case 'interrupted':
      return { kind: 'failed', failure: { kind: 'stream-cut' }, seq };
    case 'completed':
      return { ...atTheEnd(view, followed, seq), seq };
    default:
      return null;
  }
}

/** A piece of the answer; a session of an older schema tells a whole answer as one message. */
function textOf(fact: LogFact, followed: FollowedTurn): string | null {
  if (fact.kind === 'text') return isOf(fact, followed) ? fact.text : null;
  const isAnswer = fact.kind === 'message' && fact.turn === followed.turn && fact.role === 'assistant';
  return isAnswer ? fact.content : null;
}

function isOf(fact: LogFact, { turn, attempt }: FollowedTurn): boolean {
  return 'attempt' in fact && fact.turn === turn && fact.attempt === attempt;
}

function isThere(message: LoggedMessage | null): message is LoggedMessage {
  return message !== null;
}
