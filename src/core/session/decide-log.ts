// What is done to the log as a whole: cut, copied, summarized, erased. Owns no turn: while one runs or waits the log is not cut. Pure.
import { Draft, isVisible, quiet, refuse } from './draft.ts';
import type { SessionEffect, SessionEvent, SessionStep } from './session-events.ts';
import { FORKS_KEPT_MAX, TURN_KEPT_MS } from './session-state.ts';
import type { SessionState, TurnRecord } from './session-state.ts';

type Of<K extends SessionEvent['kind']> = Extract<SessionEvent, { kind: K }>;

export function decideTruncate(
  state: SessionState | null,
  event: Of<'truncate'>,
  nowMs: number,
): SessionStep {
  if (!isVisible(state, event.tenant)) return refuse(state, { kind: 'unknown-session' });
  const { afterSeq } = event;
  if (afterSeq > state.tail.seq) return refuse(state, { kind: 'future-seq', tailSeq: state.tail.seq });
  if (state.running !== null || state.waiting.length > 0) return refuse(state, { kind: 'session-busy' });
  if (afterSeq === state.tail.seq) return quiet(state);
  const draft = new Draft(state, nowMs);
  draft.putHead({ ...state.head, cuts: state.head.cuts + 1 });
  for (const turn of state.turns.values()) {
    if (lastSeqOf(turn) > afterSeq) draft.putTurn({ ...turn, status: { kind: 'truncated' } });
  }
  if ((state.summary?.throughSeq ?? 0) > afterSeq) draft.putSummary(null);
  draft.cut(afterSeq);
  draft.tell({ kind: 'truncated', afterSeq });
  return draft.finish();
}

export function decideBeginFork(
  state: SessionState | null,
  event: Of<'begin-fork'>,
  nowMs: number,
): SessionStep {
  if (!isVisible(state, event.tenant)) return refuse(state, { kind: 'unknown-session' });
  const { key, id } = event;
  const known = key === null ? undefined : state.forks.get(key);
  // A copy that a cut has overtaken can never be finished: it begins anew under another id, and what there is of it expires.
  if (known !== undefined && (known.done || known.cuts === state.head.cuts)) {
    return event.afterSeq === null || event.afterSeq === known.afterSeq
      ? quiet(state, [{ kind: 'fork', fork: known }])
      : refuse(state, { kind: 'idempotency-mismatch' });
  }
  const afterSeq = event.afterSeq ?? state.tail.seq;
  if (afterSeq > state.tail.seq) return refuse(state, { kind: 'future-seq', tailSeq: state.tail.seq });
  const draft = new Draft(state, nowMs);
  const fork = { id, afterSeq, cuts: state.head.cuts, done: false };
  if (key !== null) {
    draft.dropForks([...state.forks.keys()].slice(0, Math.max(0, state.forks.size + 1 - FORKS_KEPT_MAX)));
    draft.putFork({ ...fork, key, expiresMs: nowMs + TURN_KEPT_MS });
  }
  draft.cause({ kind: 'fork', fork });
  return draft.finish();
}

export function decideEndFork(state: SessionState, { key }: Of<'end-fork'>, nowMs: number): SessionStep {
  const known = state.forks.get(key);
  if (known === undefined || known.done) return quiet(state);
  const draft = new Draft(state, nowMs);
  draft.putFork({ ...known, done: true });
  return draft.finish();
}

/** Takes the next messages of the origin. What came before comes again after a lost answer, and is passed over. */
export function decideFill(state: SessionState, { messages }: Of<'fill'>, nowMs: number): SessionStep {
  if (!state.head.filling) return quiet(state);
  const draft = new Draft(state, nowMs);
  for (const { seq, turn, role, content } of messages) {
    if (seq === draft.tail.seq + 1) draft.log({ turn, role, content }, false);
  }
  return draft.finish();
}

export function decideSeal(state: SessionState, { summary }: Of<'seal'>, nowMs: number): SessionStep {
  if (!state.head.filling) return quiet(state);
  const draft = new Draft(state, nowMs);
  draft.putHead({ ...state.head, filling: false });
  if (summary !== null && summary.throughSeq <= state.tail.seq) draft.putSummary(summary);
  return draft.finish();
}

/** A summary of a log that was cut meanwhile, or of less than the last one covers, is void. */
export function decideSummarized(state: SessionState, event: Of<'summarized'>, nowMs: number): SessionStep {
  const { summary, cuts } = event;
  const covered = state.summary?.throughSeq ?? 0;
  const isValid = summary.throughSeq > covered && summary.throughSeq <= state.tail.seq;
  if (cuts !== state.head.cuts || !isValid) return quiet(state);
  const draft = new Draft(state, nowMs);
  draft.putSummary(summary);
  draft.tell({ kind: 'summarized', throughSeq: summary.throughSeq, by: summary.by });
  return draft.finish();
}

export function decideDelete(state: SessionState | null, { tenant }: Of<'delete'>): SessionStep {
  return isVisible(state, tenant) ? erase(state) : refuse(state, { kind: 'unknown-session' });
}

/** Everything goes, in one step; runs that still work for the session are told, once: nobody is left to tell them again. */
export function erase(state: SessionState): SessionStep {
  const stops = [...state.stops.values()].map(({ turn, attempt, run }) => ({ turn, attempt, run }));
  const turn = state.running === null ? undefined : state.turns.get(state.running.turn);
  if (turn?.resumable === true) stops.push({ turn: turn.id, attempt: turn.attempt, run: turn.run });
  const cancels = stops.map(({ turn, attempt, run }): SessionEffect => ({
    kind: 'cancel-run',
    turn,
    attempt,
    run,
  }));
  return { state: null, writes: [{ kind: 'erase' }], effects: [...cancels, { kind: 'erased' }] };
}

/** The newest place in the log that the turn stands for; 0 when it stands for none, or may not be attempted again anyway. */
function lastSeqOf(turn: TurnRecord): number {
  switch (turn.status.kind) {
    case 'completed':
      return turn.status.assistantSeq;
    case 'failed':
    case 'interrupted':
      return turn.userSeq;
    default:
      return 0;
  }
}
