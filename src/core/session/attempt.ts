// The life of one attempt: it begins, it ends, the next one in the queue begins. Owns the order of turns: nothing else starts or ends
// one. Pure: works on a draft.
import type { Draft } from './draft.ts';
import type { AttemptRef } from './session-events.ts';
import { hasEnded, STOPS_KEPT_MAX, TURN_KEPT_MS, TURN_WATCH_MS, TURNS_KEPT_MAX } from './session-state.ts';
import type { TurnRecord, TurnStatus } from './session-state.ts';
import type { LogFact } from './log-event.ts';

/** Begins the attempt that the record stands for. `content` is its user message if that is not in the log yet. */
export function beginAttempt(draft: Draft, turn: TurnRecord, content: string | null): void {
  const ref = { turn: turn.id, attempt: turn.attempt };
  const attemptAfter = draft.tail.eventSeq;
  const startedSeq = draft.tell({ kind: 'started', ...ref });
  const userSeq =
    content === null ? turn.userSeq : draft.log({ turn: turn.id, role: 'user', content }, false);
  const deadlineMs = Math.min(draft.nowMs + turn.msMax, turn.answerByMs ?? Infinity);
  draft.putTurn({
    ...turn,
    firstEvent: turn.firstEvent === 0 ? startedSeq : turn.firstEvent,
    attemptAfter,
    endEvent: 0,
    userSeq,
    deadlineMs,
    expiresMs: draft.nowMs + TURN_KEPT_MS,
    status: { kind: 'running' },
  });
  draft.running = { ...ref, deadlineMs, watchMs: draft.nowMs + TURN_WATCH_MS, said: '' };
  // Its poster has given up while it waited for its place: the model is not asked for nobody.
  if (deadlineMs <= draft.nowMs)
    return endAttempt(draft, { kind: 'failed', failure: { kind: 'total-timeout' } });
  draft.cause({ kind: 'start-attempt', ...ref, userSeq, deadlineMs, resume: null });
}

type EndStatus = Exclude<TurnStatus, { kind: 'queued' | 'running' | 'truncated' }>;

/** Ends the running attempt, then lets the next turn begin. */
export function endAttempt(draft: Draft, status: EndStatus): void {
  closeAttempt(draft, status);
  beginNext(draft);
}

/** Ends the running attempt and leaves the place free. */
export function closeAttempt(draft: Draft, status: EndStatus): void {
  const ref = draft.running;
  const turn = ref === null ? undefined : draft.turns.get(ref.turn);
  if (ref === null || turn === undefined) return;
  const endEvent = draft.tell(endFact(ref, status));
  draft.putTurn({ ...turn, status, endEvent, deadlineMs: 0 });
  draft.running = null;
  draft.cause({
    kind: 'end-attempt',
    turn: ref.turn,
    attempt: ref.attempt,
    completed: status.kind === 'completed',
  });
  if (turn.resumable && !endsRun(draft, turn, status)) stopRun(draft, turn);
}

/** Whether the end of the turn is the end of the run behind it: what was given up goes on by itself until it is told. */
function endsRun(draft: Draft, turn: TurnRecord, status: EndStatus): boolean {
  if (status.kind === 'completed') return true;
  // A failure of our own says nothing about the run.
  return status.kind === 'failed' && status.failure.kind !== 'internal' && draft.nowMs < turn.deadlineMs;
}

function stopRun(draft: Draft, { id, attempt, run }: TurnRecord): void {
  const excess = Math.max(0, draft.stops.size + 1 - STOPS_KEPT_MAX);
  draft.dropStops([...draft.stops.values()].slice(0, excess));
  draft.putStop({ turn: id, attempt, run, retryMs: draft.nowMs + TURN_WATCH_MS });
  draft.cause({ kind: 'cancel-run', turn: id, attempt, run });
}

/** Takes a waiting turn out of the queue. */
export function leaveQueue(draft: Draft, turn: TurnRecord, by: 'client' | 'superseded'): void {
  draft.waiting = draft.waiting.filter((id) => id !== turn.id);
  const ref = { turn: turn.id, attempt: turn.attempt };
  const endEvent = draft.tell({ kind: 'cancelled', ...ref, by });
  draft.putTurn({ ...turn, endEvent, status: { kind: 'cancelled', by } });
  draft.cause({ kind: 'end-attempt', ...ref, completed: false });
}

/** The records that must go so that one more fits: the oldest that have ended. */
export function makeRoom(draft: Draft): void {
  let excess = draft.turns.size + 1 - TURNS_KEPT_MAX;
  const gone: string[] = [];
  for (const turn of draft.turns.values()) {
    if (excess <= 0) break;
    if (!hasEnded(turn)) continue;
    gone.push(turn.id);
    excess -= 1;
  }
  draft.dropTurns(gone);
}

export function beginNext(draft: Draft): void {
  const [next, ...rest] = draft.waiting;
  const turn = next === undefined ? undefined : draft.turns.get(next);
  if (draft.running !== null || turn?.status.kind !== 'queued') return;
  draft.waiting = rest;
  beginAttempt(draft, turn, turn.status.content);
}

function endFact({ turn, attempt }: AttemptRef, status: EndStatus): LogFact {
  return { ...status, turn, attempt };
}
