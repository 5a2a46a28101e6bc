// What a posted message means: a new turn, one to join, an ended one to replay, one to attempt again, or a refusal. Owns idempotency,
// the queue's bounds and append-if. The key check and the rows that it leads to are one step, so nothing can come between them. Pure.
import type { Failure } from '../api/failure.ts';
import { unreachable } from '../base/assert.ts';
import { beginAttempt, closeAttempt, leaveQueue, makeRoom } from './attempt.ts';
import { Draft, isVisible, quiet, refuse } from './draft.ts';
import type { PostedMessage, SessionStep } from './session-events.ts';
import {
  LOG_CHARS_MAX,
  LOG_EVENTS_MAX,
  LOG_MESSAGES_MAX,
  TURN_KEPT_MS,
  WAITING_CHARS_MAX,
  WAITING_TURNS_MAX,
} from './session-state.ts';
import type { SessionState, TurnRecord } from './session-state.ts';

/** A client that is refused because the queue is full may come again this much later. */
const QUEUE_RETRY_MS = 2_000;

/** Decides on a user message. Holds S2, S3, S5, S8 and S9. */
export function decidePost(state: SessionState | null, message: PostedMessage, nowMs: number): SessionStep {
  if (!isVisible(state, message.tenant)) return refuse(state, { kind: 'unknown-session' });
  const known = message.key === null ? undefined : findByKey(state, message.key);
  if (known !== undefined) return decideKnown(state, known, message, nowMs);
  if (message.expectedSeq !== null && message.expectedSeq !== state.tail.seq) {
    return refuse(state, { kind: 'seq-mismatch', tailSeq: state.tail.seq });
  }
  const refusal = findRefusal(state, message);
  if (refusal !== null) return refuse(state, refusal);
  const draft = new Draft(state, nowMs);
  makeRoom(draft);
  place(draft, newTurn(message, nowMs), message.content);
  return draft.finish();
}

function decideKnown(
  state: SessionState,
  known: TurnRecord,
  message: PostedMessage,
  nowMs: number,
): SessionStep {
  if (known.bodyHash !== message.bodyHash) return refuse(state, { kind: 'idempotency-mismatch' });
  switch (known.status.kind) {
    case 'queued':
    case 'running':
    case 'completed':
      return quiet(state, [
        { kind: 'follow', turn: known.id, attempt: known.attempt, afterEvent: known.attemptAfter },
      ]);
    case 'cancelled':
      return refuse(state, { kind: 'turn-cancelled', by: known.status.by });
    case 'truncated':
      return refuse(state, { kind: 'turn-truncated' });
    case 'failed':
    case 'interrupted': {
      const refusal = findRefusal(state, message);
      if (refusal !== null) return refuse(state, refusal);
      const draft = new Draft(state, nowMs);
      place(draft, again(known, message, nowMs), null);
      return draft.finish();
    }
    default:
      return unreachable(known.status);
  }
}

/** Why the message cannot be taken now; null when it can. */
function findRefusal(state: SessionState, message: PostedMessage): Failure | null {
  const { policy } = state.head;
  if (state.running !== null && policy === 'reject') return { kind: 'session-busy' };
  // The running turn will append its answer, so that the end that the client saw cannot stay the end.
  if (state.running !== null && policy === 'queue' && message.expectedSeq !== null) {
    return { kind: 'session-busy' };
  }
  if (message.refusal !== null) return message.refusal;
  const { seq, eventSeq, chars } = state.tail;
  const due = 2 * (state.waiting.length + (state.running === null ? 0 : 1));
  if (seq + due + 2 > LOG_MESSAGES_MAX) return full(`${LOG_MESSAGES_MAX} messages`);
  if (eventSeq > LOG_EVENTS_MAX) return full(`${LOG_EVENTS_MAX} events`);
  if (chars > LOG_CHARS_MAX) return full(`${LOG_CHARS_MAX} characters`);
  const waits = state.running !== null && policy === 'queue';
  return waits && !fitsQueue(state, message.content.length)
    ? { kind: 'session-queue-full', turnsMax: WAITING_TURNS_MAX, retryAfterMs: QUEUE_RETRY_MS }
    : null;
}

function fitsQueue(state: SessionState, chars: number): boolean {
  if (state.waiting.length >= WAITING_TURNS_MAX) return false;
  return waitingChars(state) + chars <= WAITING_CHARS_MAX;
}

/** Text that the waiting turns hold in memory. */
export function waitingChars(state: SessionState): number {
  return state.waiting.reduce((sum, id) => {
    const status = state.turns.get(id)?.status;
    return sum + (status?.kind === 'queued' ? (status.content?.length ?? 0) : 0);
  }, 0);
}

/** Lets the turn begin, or wait, as the session's policy has it, and lets its poster follow it. */
function place(draft: Draft, turn: TurnRecord, content: string | null): void {
  const ref = { turn: turn.id, attempt: turn.attempt };
  const afterEvent = draft.tail.eventSeq;
  if (draft.running !== null && draft.head.policy === 'queue') {
    draft.waiting = [...draft.waiting, turn.id];
    const ticket = draft.tell({ kind: 'queued', ...ref, position: draft.waiting.length });
    draft.putTurn({
      ...turn,
      firstEvent: turn.firstEvent === 0 ? ticket : turn.firstEvent,
      attemptAfter: afterEvent,
      endEvent: 0,
      status: { kind: 'queued', ticket, content },
    });
  } else {
    supersede(draft);
    beginAttempt(draft, turn, content);
  }
  draft.cause({ kind: 'follow', ...ref, afterEvent });
}

function supersede(draft: Draft): void {
  for (const id of draft.waiting) {
    const turn = draft.turns.get(id);
    if (turn !== undefined) leaveQueue(draft, turn, 'superseded');
  }
  closeAttempt(draft, { kind: 'cancelled', by: 'superseded' });
}

function newTurn(message: PostedMessage, nowMs: number): TurnRecord {
  return {
    id: message.turn,
    key: message.key,
    bodyHash: message.bodyHash,
    firstEvent: 0,
    attemptAfter: 0,
    endEvent: 0,
    userSeq: 0,
    attempt: 1,
    deadlineMs: 0,
    ...attemptOf(message, nowMs),
    status: { kind: 'running' },
  };
}

/** The next attempt of a turn whose user message is in the log already. */
function again(known: TurnRecord, message: PostedMessage, nowMs: number): TurnRecord {
  return { ...known, attempt: known.attempt + 1, ...attemptOf(message, nowMs) };
}

/** What a new attempt owes to the message that asks for it, be it the first one or a repetition. */
function attemptOf(
  { turnMsMax, resumable, criticality = 'default', waitsMs = null }: PostedMessage,
  nowMs: number,
) {
  return {
    msMax: turnMsMax,
    expiresMs: nowMs + TURN_KEPT_MS,
    resumable,
    resumes: 0,
    run: null,
    criticality,
    answerByMs: waitsMs === null ? null : nowMs + waitsMs,
  };
}

function findByKey(state: SessionState, key: string): TurnRecord | undefined {
  for (const turn of state.turns.values()) if (turn.key === key) return turn;
  return undefined;
}

function full(what: string): Failure {
  return {
    kind: 'invalid',
    message: `This session holds ${what}, the most it can; create a new one.`,
    param: null,
  };
}
