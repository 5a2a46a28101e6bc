// The checkers of the invariants S1..S8 of session-state.ts. Owns no repair: a finding is a bug. Pure.
import { TURNS_KEPT_MAX } from './session-state.ts';
import type { LoggedMessage, SessionState, TurnRecord } from './session-state.ts';

export interface TextRow {
  readonly turn: string;
  readonly attempt: number;
  readonly index: number;
  readonly text: string;
}

/** Everything durable of one session. */
export interface SessionRows {
  readonly messages: readonly LoggedMessage[];
  readonly texts: readonly TextRow[];
}

/** Every broken invariant, in words; empty when all hold. */
export function checkSession(state: SessionState, rows: SessionRows): readonly string[] {
  return [
    ...checkLog(state, rows.messages),
    ...checkRunning(state),
    ...[...state.turns.values()].flatMap((turn) => checkTurn(turn, rows.messages)),
    ...checkOwners(rows.messages),
    ...checkKeys(state),
    ...checkTexts(state, rows.texts),
  ];
}

function checkLog(state: SessionState, messages: readonly LoggedMessage[]): readonly string[] {
  const gaps = messages.flatMap((message, at) =>
    message.seq === at + 1 ? [] : [`S1: message ${at + 1} has seq ${message.seq}`],
  );
  return messages.length === state.head.tailSeq
    ? gaps
    : [...gaps, `S1: ${messages.length} messages, tail ${state.head.tailSeq}`];
}

function checkRunning(state: SessionState): readonly string[] {
  const running = [...state.turns.values()].filter((turn) => turn.status.kind === 'running');
  const named = state.running;
  if (running.length > 1) return [`S2: ${running.length} turns run`];
  if (running.length === 0) return named === null ? [] : [`S2: no turn runs, ${named.turn} is named`];
  return running[0]?.id === named?.turn && running[0]?.attempt === named?.attempt
    ? []
    : [`S2: ${running[0]?.id} runs, ${named?.turn} is named`];
}

function checkTurn(turn: TurnRecord, messages: readonly LoggedMessage[]): readonly string[] {
  const own = messages.filter((message) => message.turn === turn.id);
  const users = own.filter((message) => message.role === 'user');
  const answers = own.filter((message) => message.role === 'assistant');
  const found: string[] = [];
  if (users.length !== 1 || users[0]?.seq !== turn.userSeq) {
    found.push(`S3: turn ${turn.id} owns ${users.length} user messages`);
  }
  const due = turn.status.kind === 'completed' ? 1 : 0;
  if (answers.length !== due)
    found.push(`S4: ${turn.status.kind} turn ${turn.id} has ${answers.length} answers`);
  if (turn.status.kind === 'completed') {
    const at = turn.status.assistantSeq;
    if (answers[0]?.seq !== at || at <= turn.userSeq) found.push(`S4: answer of ${turn.id} is not at ${at}`);
  }
  return found;
}

/** S3 and S4 for turns whose record has expired: their messages stay for ever. */
function checkOwners(messages: readonly LoggedMessage[]): readonly string[] {
  const seen = new Set<string>();
  return messages.flatMap((message) => {
    const owner = `${message.turn} ${message.role}`;
    if (seen.has(owner)) return [`S3/S4: ${owner} owns a second message, ${message.seq}`];
    seen.add(owner);
    return [];
  });
}

function checkKeys(state: SessionState): readonly string[] {
  const keys = [...state.turns.values()].flatMap((turn) => (turn.key === null ? [] : [turn.key]));
  const found = new Set(keys).size === keys.length ? [] : ['S5: a key names two turns'];
  return state.turns.size <= TURNS_KEPT_MAX ? found : [...found, `S8: ${state.turns.size} records kept`];
}

function checkTexts(state: SessionState, texts: readonly TextRow[]): readonly string[] {
  const next = new Map<string, number>();
  return texts.flatMap((row) => {
    const owner = `${row.turn} ${row.attempt}`;
    const due = next.get(owner) ?? 0;
    next.set(owner, due + 1);
    const turn = state.turns.get(row.turn);
    if (turn === undefined || turn.status.kind === 'completed' || row.attempt > turn.attempt) {
      return [`S7: text of ${owner} belongs to no open turn`];
    }
    return row.index === due ? [] : [`S7: text ${row.index} of ${owner} where ${due} is due`];
  });
}
