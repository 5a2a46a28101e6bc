// What comes from the running turn and from those who stop it: text, the run behind it, its end. Owns the fence: what an older attempt
// reports changes nothing. Pure.
import { endAttempt, leaveQueue } from './attempt.ts';
import { Draft, isVisible, quiet, refuse } from './draft.ts';
import type { AttemptRef, SessionEvent, SessionStep } from './session-events.ts';
import { ANSWER_CHARS_MAX, TEXT_CHARS_MAX } from './session-state.ts';
import type { RunningTurn, SessionState } from './session-state.ts';

type Of<K extends SessionEvent['kind']> = Extract<SessionEvent, { kind: K }>;

/** What arrives while an attempt runs. */
export type AttemptEvent = Of<'text' | 'segment' | 'run' | 'complete' | 'fail'>;

export function decideAttempt(state: SessionState, event: AttemptEvent, nowMs: number): SessionStep {
  if (!isRunning(state, event)) return quiet(state);
  const draft = new Draft(state, nowMs);
  switch (event.kind) {
    case 'text':
      addText(draft, state.running, event.text);
      break;
    case 'segment':
      beginSegment(draft, state.running, event);
      break;
    case 'run':
      noteRun(draft, event);
      break;
    case 'complete':
      complete(draft, state.running, event);
      break;
    default:
      endAttempt(draft, { kind: 'failed', failure: event.failure });
  }
  return draft.finish();
}

/** A durable command: it holds from any connection, and a turn that has ended stays as it ended. */
export function decideCancel(state: SessionState | null, event: Of<'cancel'>, nowMs: number): SessionStep {
  if (!isVisible(state, event.tenant)) return refuse(state, { kind: 'unknown-session' });
  const turn = state.turns.get(event.turn);
  if (turn === undefined) return refuse(state, { kind: 'unknown-turn' });
  const draft = new Draft(state, nowMs);
  if (turn.status.kind === 'running') endAttempt(draft, { kind: 'cancelled', by: 'client' });
  else if (turn.status.kind === 'queued') leaveQueue(draft, turn, 'client');
  return draft.finish();
}

function addText(draft: Draft, running: RunningTurn, piece: string): void {
  const text = piece.toWellFormed();
  const { turn, attempt } = running;
  if (running.said.length + text.length > ANSWER_CHARS_MAX) {
    return endAttempt(draft, { kind: 'failed', failure: { kind: 'bad-reply' } });
  }
  tellText(draft, { turn, attempt }, text);
  draft.running = { ...running, said: running.said + text };
}

/** One event, or several where one row could become too large: JSON takes up to six bytes a unit, a row two million. */
function tellText(draft: Draft, ref: AttemptRef, text: string): void {
  let from = 0;
  while (from < text.length) {
    let to = Math.min(text.length, from + TEXT_CHARS_MAX);
    const last = text.charCodeAt(to - 1);
    if (to < text.length && last >= 0xd800 && last <= 0xdbff) to -= 1;
    draft.tell({ kind: 'text', ...ref, text: text.slice(from, to) });
    from = to;
  }
}

function beginSegment(draft: Draft, running: RunningTurn, event: Of<'segment'>): void {
  const { turn, attempt, reason } = event;
  const chars = Math.min(event.chars, running.said.length);
  draft.tell({ kind: 'segment', turn, attempt, reason, chars });
  draft.running = { ...running, said: running.said.slice(0, chars) };
}

function noteRun(draft: Draft, { turn, attempt, run }: Of<'run'>): void {
  const record = draft.turns.get(turn);
  if (record === undefined || record.run === run) return;
  draft.tell({ kind: 'run', turn, attempt, run });
  draft.putTurn({ ...record, run });
}

function complete(draft: Draft, running: RunningTurn, event: Of<'complete'>): void {
  const content = event.text.toWellFormed();
  // An answer that does not begin with the text that clients have already seen cannot be the answer that they saw.
  if (!content.startsWith(running.said) || content.length > ANSWER_CHARS_MAX) {
    return endAttempt(draft, { kind: 'failed', failure: { kind: 'bad-reply' } });
  }
  const { turn, attempt, usage, served } = event;
  const rest = content.slice(running.said.length);
  tellText(draft, { turn, attempt }, rest);
  const assistantSeq = draft.log({ turn, role: 'assistant', content }, true);
  endAttempt(draft, { kind: 'completed', assistantSeq, usage, served });
}

function isRunning(state: SessionState, ref: AttemptRef): state is SessionState & { running: RunningTurn } {
  return state.running !== null && state.running.turn === ref.turn && state.running.attempt === ref.attempt;
}
