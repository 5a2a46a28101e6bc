// What a posted message means: a new turn, a running one to join, an ended one to replay, one to attempt again, or a refusal.
// Owns idempotency. The key check and the rows that it leads to are one step, so nothing can come between them. Pure.
import type { Failure } from '../api/failure.ts';
import { unreachable } from '../base/assert.ts';
import { err, ok } from '../base/result.ts';
import type { Result } from '../base/result.ts';
import type { PostedMessage, SessionEffect, SessionStep, SessionWrite, TurnRoute } from './session-events.ts';
import { LOG_MESSAGES_MAX, TURN_KEPT_MS, TURN_WATCH_MS, TURNS_KEPT_MAX } from './session-state.ts';
import type { LoggedMessage, SessionState, TurnRecord } from './session-state.ts';

/** Decides on a user message. Holds S2, S3, S5 and S8. */
export function decidePost(state: SessionState | null, message: PostedMessage, nowMs: number): SessionStep {
  // A session of another tenant is answered exactly like one that does not exist.
  if (state === null || state.head.tenant !== message.tenant)
    return refuse(state, { kind: 'unknown-session' });
  const known = message.key === null ? undefined : findByKey(state, message.key);
  if (known !== undefined) return decideKnown(state, known, message, nowMs);
  const route = admit(state, message);
  return route.ok ? begin(state, message, route.value, nowMs) : refuse(state, route.error);
}

function decideKnown(
  state: SessionState,
  known: TurnRecord,
  message: PostedMessage,
  nowMs: number,
): SessionStep {
  if (known.bodyHash !== message.bodyHash) return refuse(state, { kind: 'idempotency-mismatch' });
  switch (known.status.kind) {
    case 'running':
    case 'completed':
      return { state, writes: [], effects: [{ kind: 'follow', turn: known.id, attempt: known.attempt }] };
    case 'failed':
    case 'interrupted': {
      const route = admit(state, message);
      return route.ok
        ? attemptAgain(state, known, message, { route: route.value, nowMs })
        : refuse(state, route.error);
    }
    default:
      return unreachable(known.status);
  }
}

function admit(state: SessionState, message: PostedMessage): Result<TurnRoute, Failure> {
  if (state.running !== null) return err({ kind: 'session-busy' });
  if (!message.route.ok) return err(message.route.error);
  if (state.head.tailSeq + 2 > LOG_MESSAGES_MAX) {
    return err({
      kind: 'invalid',
      message: `This session holds ${LOG_MESSAGES_MAX} messages, the most it can; create a new one.`,
      param: null,
    });
  }
  return ok(message.route.value);
}

function begin(state: SessionState, message: PostedMessage, route: TurnRoute, nowMs: number): SessionStep {
  const userSeq = state.head.tailSeq + 1;
  const head = { ...state.head, tailSeq: userSeq };
  const turn: TurnRecord = {
    id: message.turn,
    key: message.key,
    bodyHash: message.bodyHash,
    userSeq,
    attempt: 1,
    expiresMs: nowMs + TURN_KEPT_MS,
    status: { kind: 'running' },
  };
  const user: LoggedMessage = { seq: userSeq, turn: turn.id, role: 'user', content: message.content };
  const dropped = oldestBeyondBound(state);
  const writes: SessionWrite[] = [
    { kind: 'head', head },
    { kind: 'message', message: user },
    ...dropped.map((id): SessionWrite => ({ kind: 'drop-turn', turn: id })),
  ];
  const turns = new Map(state.turns);
  for (const id of dropped) turns.delete(id);
  return start({ head, turns, running: null }, turn, writes, { route, nowMs, turnMsMax: message.turnMsMax });
}

function attemptAgain(
  state: SessionState,
  known: TurnRecord,
  message: PostedMessage,
  at: { readonly route: TurnRoute; readonly nowMs: number },
): SessionStep {
  const turn: TurnRecord = {
    ...known,
    attempt: known.attempt + 1,
    expiresMs: at.nowMs + TURN_KEPT_MS,
    status: { kind: 'running' },
  };
  return start(state, turn, [], { ...at, turnMsMax: message.turnMsMax });
}

interface StartTerms {
  readonly route: TurnRoute;
  readonly nowMs: number;
  readonly turnMsMax: number;
}

function start(
  state: SessionState,
  turn: TurnRecord,
  writes: readonly SessionWrite[],
  terms: StartTerms,
): SessionStep {
  const deadlineMs = terms.nowMs + terms.turnMsMax;
  const ref = { turn: turn.id, attempt: turn.attempt };
  const watchMs = terms.nowMs + TURN_WATCH_MS;
  return {
    state: {
      head: state.head,
      turns: new Map(state.turns).set(turn.id, turn),
      running: { ...ref, deadlineMs, watchMs, texts: 0, chars: 0 },
    },
    writes: [...writes, { kind: 'turn', turn }],
    effects: [
      { kind: 'start-attempt', ...ref, route: terms.route, userSeq: turn.userSeq, deadlineMs },
      { kind: 'follow', ...ref },
    ],
  };
}

/** The records that must go so that one more fits. Only called while no turn runs, so all of them have ended. */
function oldestBeyondBound(state: SessionState): readonly string[] {
  const excess = state.turns.size + 1 - TURNS_KEPT_MAX;
  return excess > 0 ? [...state.turns.keys()].slice(0, excess) : [];
}

function findByKey(state: SessionState, key: string): TurnRecord | undefined {
  for (const turn of state.turns.values()) if (turn.key === key) return turn;
  return undefined;
}

function refuse(state: SessionState | null, failure: Failure): SessionStep {
  const effects: readonly SessionEffect[] = [{ kind: 'refuse', failure }];
  return { state, writes: [], effects };
}
