// The state machine of a session: (state, event, now) -> (state, rows to write, effects). Owns creation, new lives and everything that
// expires; the rest is decided beside it: decide-post.ts, decide-turn.ts, decide-log.ts. Pure: no clock, no storage.
import { unreachable } from '../base/assert.ts';
import { beginNext, endAttempt } from './attempt.ts';
import {
  decideBeginFork,
  decideDelete,
  decideEndFork,
  decideFill,
  decideSeal,
  decideSummarized,
  decideTruncate,
  erase,
} from './decide-log.ts';
import { decidePost } from './decide-post.ts';
import { decideAttempt, decideCancel } from './decide-turn.ts';
import { Draft, quiet, stopName } from './draft.ts';
import type { AttemptRef, SessionEvent, SessionStep } from './session-events.ts';
import { FILLING_MS, hasEnded, RESUMES_MAX, TURN_WATCH_MS } from './session-state.ts';
import type { NewSession, RunStop, SessionState, TurnRecord } from './session-state.ts';

/** One step. The same state, event and time give the same step on every machine. */
export function decideSession(state: SessionState | null, event: SessionEvent, nowMs: number): SessionStep {
  switch (event.kind) {
    case 'create':
      return decideCreate(state, event.session, nowMs);
    case 'post':
      return decidePost(state, event.message, nowMs);
    case 'cancel':
      return decideCancel(state, event, nowMs);
    case 'truncate':
      return decideTruncate(state, event, nowMs);
    case 'delete':
      return decideDelete(state, event);
    case 'begin-fork':
      return decideBeginFork(state, event, nowMs);
    default:
      return state === null ? quiet(null) : decideWithin(state, event, nowMs);
  }
}

type InnerEvent = Exclude<
  SessionEvent,
  { kind: 'create' | 'post' | 'cancel' | 'truncate' | 'delete' | 'begin-fork' }
>;

function decideWithin(state: SessionState, event: InnerEvent, nowMs: number): SessionStep {
  switch (event.kind) {
    case 'text':
    case 'segment':
    case 'run':
    case 'complete':
    case 'fail':
      return decideAttempt(state, event, nowMs);
    case 'run-cancelled':
      return decideRunCancelled(state, event, nowMs);
    case 'summarized':
      return decideSummarized(state, event, nowMs);
    case 'end-fork':
      return decideEndFork(state, event, nowMs);
    case 'fill':
      return decideFill(state, event, nowMs);
    case 'seal':
      return decideSeal(state, event, nowMs);
    case 'revive':
      return decideRevive(state, nowMs);
    case 'tick':
      return decideTick(state, nowMs);
    default:
      return unreachable(event);
  }
}

/** When the session wants to be woken: a running turn to watch, a run to cancel, a record to expire, or its own end. */
export function nextWakeMs(state: SessionState | null): number | null {
  if (state === null) return null;
  const { running, turns, forks } = state;
  let wakeMs = running === null ? endsMs(state) : Math.min(running.deadlineMs, running.watchMs);
  for (const turn of turns.values()) {
    if (hasEnded(turn)) wakeMs = Math.min(wakeMs, turn.expiresMs);
  }
  for (const stop of state.stops.values()) wakeMs = Math.min(wakeMs, stop.retryMs);
  for (const fork of forks.values()) wakeMs = Math.min(wakeMs, fork.expiresMs);
  return wakeMs;
}

/** When a session that is not used any more is erased. */
export function endsMs({ head, tail }: SessionState): number {
  return tail.atMs + (head.filling ? Math.min(FILLING_MS, head.ttlMs) : head.ttlMs);
}

function decideCreate(state: SessionState | null, session: NewSession, nowMs: number): SessionStep {
  // Ids are random, so a second creation is the same request arriving twice; the first one stands.
  if (state !== null) return quiet(state);
  const head = { ...session, createdMs: nowMs, cuts: 0 };
  const draft = new Draft(
    {
      head,
      tail: { seq: 0, eventSeq: 0, chars: 0, atMs: nowMs },
      turns: new Map(),
      waiting: [],
      running: null,
      summary: null,
      stops: new Map(),
      forks: new Map(),
    },
    nowMs,
  );
  draft.putHead(head);
  draft.tell({ kind: 'created', model: head.model, origin: head.origin });
  return draft.finish();
}

function decideRevive(state: SessionState, nowMs: number): SessionStep {
  const draft = new Draft(state, nowMs);
  const turn = state.running === null ? undefined : state.turns.get(state.running.turn);
  if (state.running !== null && turn !== undefined) {
    if (turn.resumable && turn.resumes < RESUMES_MAX && turn.deadlineMs > nowMs) {
      const { deadlineMs, userSeq, run, attempt } = turn;
      draft.putTurn({ ...turn, resumes: turn.resumes + 1 });
      draft.running = { ...state.running, deadlineMs, watchMs: nowMs + TURN_WATCH_MS };
      const resume = { run, chars: state.running.said.length };
      draft.cause({ kind: 'start-attempt', turn: turn.id, attempt, userSeq, deadlineMs, resume });
    } else endAttempt(draft, { kind: 'interrupted' });
  } else beginNext(draft);
  for (const stop of state.stops.values()) giveCommand(draft, stop);
  return draft.finish();
}

function decideTick(state: SessionState, nowMs: number): SessionStep {
  if (state.running === null && endsMs(state) <= nowMs) return erase(state);
  const draft = new Draft(state, nowMs);
  const running = state.running;
  if (running !== null && running.deadlineMs <= nowMs) {
    endAttempt(draft, { kind: 'failed', failure: { kind: 'total-timeout' } });
  } else if (running !== null && running.watchMs <= nowMs) {
    draft.running = { ...running, watchMs: nowMs + TURN_WATCH_MS };
  }
  const before = [...state.turns.values()];
  for (const stop of state.stops.values()) {
    if (stop.retryMs > nowMs) continue;
    giveCommand(draft, stop);
    draft.putStop({ ...stop, retryMs: nowMs + TURN_WATCH_MS });
  }
  const isOver = (turn: TurnRecord): boolean => hasEnded(turn) && turn.expiresMs <= nowMs;
  draft.dropTurns(before.filter(isOver).map(({ id }) => id));
  draft.dropForks([...state.forks.values()].filter((fork) => fork.expiresMs <= nowMs).map(({ key }) => key));
  return draft.finish();
}

/** The command to cancel may have been lost with a life of the object: it is given again until it is confirmed. */
function giveCommand(draft: Draft, { turn, attempt, run }: RunStop): void {
  draft.cause({ kind: 'cancel-run', turn, attempt, run });
}

function decideRunCancelled(state: SessionState, ref: AttemptRef, nowMs: number): SessionStep {
  const stop = state.stops.get(stopName(ref));
  if (stop === undefined) return quiet(state);
  const draft = new Draft(state, nowMs);
  draft.dropStops([stop]);
  return draft.finish();
}
