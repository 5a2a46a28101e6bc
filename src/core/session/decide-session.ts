// The state machine of a session: (state, event, now) -> (state, rows to write, effects). Owns the life of a turn after it has
// begun and the end of everything that expires; a posted message is decided in decide-post.ts. Pure: no clock, no storage.
import type { Failure } from '../api/failure.ts';
import { unreachable } from '../base/assert.ts';
import { decidePost } from './decide-post.ts';
import type { AttemptRef, SessionEvent, SessionStep, SessionWrite } from './session-events.ts';
import { ANSWER_CHARS_MAX, TURN_WATCH_MS } from './session-state.ts';
import type { LoggedMessage, RunningTurn, SessionState, TurnRecord, TurnStatus } from './session-state.ts';

/** One step. The same state, event and time give the same step on every machine. */
export function decideSession(state: SessionState | null, event: SessionEvent, nowMs: number): SessionStep {
  if (event.kind === 'create') return decideCreate(state, event, nowMs);
  if (event.kind === 'post') return decidePost(state, event.message, nowMs);
  if (state === null) return quiet(null);
  switch (event.kind) {
    case 'text':
      return decideText(state, event);
    case 'complete':
      return decideComplete(state, event);
    case 'fail':
      return isRunning(state, event)
        ? endAttempt(state, event, { kind: 'failed', failure: event.failure })
        : quiet(state);
    case 'revive':
      return state.running === null
        ? quiet(state)
        : endAttempt(state, state.running, { kind: 'interrupted' });
    case 'tick':
      return decideTick(state, nowMs);
    default:
      return unreachable(event);
  }
}

/** When the session wants to be woken: a running turn to watch, or the first record to expire. Null = at rest. */
export function nextWakeMs(state: SessionState | null): number | null {
  if (state === null) return null;
  let wakeMs = state.running === null ? Infinity : Math.min(state.running.deadlineMs, state.running.watchMs);
  for (const turn of state.turns.values()) {
    if (turn.status.kind !== 'running') wakeMs = Math.min(wakeMs, turn.expiresMs);
  }
  return wakeMs === Infinity ? null : wakeMs;
}

function decideCreate(
  state: SessionState | null,
  event: Extract<SessionEvent, { kind: 'create' }>,
  nowMs: number,
): SessionStep {
  // Ids are random, so a second creation is the same request arriving twice; the first one stands.
  if (state !== null) return quiet(state);
  const head = { ...event.session, createdMs: nowMs, tailSeq: 0 };
  return { state: { head, turns: new Map(), running: null }, writes: [{ kind: 'head', head }], effects: [] };
}

function decideText(state: SessionState, event: Extract<SessionEvent, { kind: 'text' }>): SessionStep {
  if (!isRunning(state, event)) return quiet(state);
  const chars = state.running.chars + event.text.length;
  if (chars > ANSWER_CHARS_MAX) return endAttempt(state, event, failed({ kind: 'bad-reply' }));
  const running: RunningTurn = { ...state.running, texts: state.running.texts + 1, chars };
  const ref = { turn: event.turn, attempt: event.attempt };
  return {
    state: { ...state, running },
    writes: [{ kind: 'text', ...ref, index: state.running.texts, text: event.text.toWellFormed() }],
    effects: [{ kind: 'show-text', ...ref }],
  };
}

function decideComplete(
  state: SessionState,
  event: Extract<SessionEvent, { kind: 'complete' }>,
): SessionStep {
  if (!isRunning(state, event)) return quiet(state);
  // An answer shorter than the text that clients have already seen cannot be the answer that they saw.
  if (event.text.length < state.running.chars || event.text.length > ANSWER_CHARS_MAX) {
    return endAttempt(state, event, failed({ kind: 'bad-reply' }));
  }
  const assistantSeq = state.head.tailSeq + 1;
  const head = { ...state.head, tailSeq: assistantSeq };
  const message: LoggedMessage = {
    seq: assistantSeq,
    turn: event.turn,
    role: 'assistant',
    content: event.text.toWellFormed(),
  };
  const step = endAttempt({ ...state, head }, event, {
    kind: 'completed',
    assistantSeq,
    usage: event.usage,
    served: event.served,
  });
  return {
    ...step,
    writes: [
      { kind: 'head', head },
      { kind: 'message', message },
      ...step.writes,
      { kind: 'drop-texts', turn: event.turn },
    ],
  };
}

function decideTick(state: SessionState, nowMs: number): SessionStep {
  const running = state.running;
  if (running !== null && running.deadlineMs <= nowMs) {
    return thenExpire(endAttempt(state, running, failed({ kind: 'total-timeout' })), nowMs);
  }
  const watched =
    running !== null && running.watchMs <= nowMs
      ? { ...state, running: { ...running, watchMs: nowMs + TURN_WATCH_MS } }
      : state;
  return thenExpire(quiet(watched), nowMs);
}

function thenExpire(step: SessionStep, nowMs: number): SessionStep {
  if (step.state === null) return step;
  const turns = new Map<string, TurnRecord>();
  const gone: SessionWrite[] = [];
  for (const turn of step.state.turns.values()) {
    if (turn.status.kind !== 'running' && turn.expiresMs <= nowMs) {
      gone.push({ kind: 'drop-turn', turn: turn.id });
    } else turns.set(turn.id, turn);
  }
  return { ...step, state: { ...step.state, turns }, writes: [...step.writes, ...gone] };
}

function endAttempt(state: SessionState, ref: AttemptRef, status: TurnStatus): SessionStep {
  const before = state.turns.get(ref.turn);
  if (before === undefined) return quiet({ ...state, running: null });
  const turn: TurnRecord = { ...before, status };
  return {
    state: { ...state, turns: new Map(state.turns).set(turn.id, turn), running: null },
    writes: [{ kind: 'turn', turn }],
    effects: [{ kind: 'end-attempt', turn: ref.turn, attempt: ref.attempt }],
  };
}

function isRunning(state: SessionState, ref: AttemptRef): state is SessionState & { running: RunningTurn } {
  return state.running !== null && state.running.turn === ref.turn && state.running.attempt === ref.attempt;
}

function failed(failure: Failure): TurnStatus {
  return { kind: 'failed', failure };
}

function quiet(state: SessionState | null): SessionStep {
  return { state, writes: [], effects: [] };
}
