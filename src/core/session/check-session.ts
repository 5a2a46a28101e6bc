// The checkers of the invariants S1..S9 of session-state.ts. Owns no repair: a finding is a bug. Pure.
import type { LogEvent, LogFact } from './log-event.ts';
import { waitingChars } from './decide-post.ts';
import { replayText } from './log-event.ts';
import {
  FORKS_KEPT_MAX,
  hasEnded,
  STOPS_KEPT_MAX,
  TURNS_KEPT_MAX,
  WAITING_CHARS_MAX,
  WAITING_TURNS_MAX,
} from './session-state.ts';
import type { LoggedMessage, SessionState, TurnRecord } from './session-state.ts';

/** Everything durable of one session beside its records. */
export interface SessionRows {
  readonly messages: readonly LoggedMessage[];
  readonly events: readonly LogEvent[];
}

/** Every broken invariant, in words; empty when all hold. */
export function checkSession(state: SessionState, rows: SessionRows): readonly string[] {
  const turns = [...state.turns.values()];
  return [
    ...checkTails(state, rows),
    ...checkRunning(state),
    ...turns.flatMap((turn) => checkTurn(turn, rows.messages)),
    ...checkOwners(rows.messages),
    ...checkKeys(turns),
    ...checkAttempts(state, rows),
    ...checkBounds(state),
    ...checkWaiting(state),
  ];
}

function checkTails({ tail }: SessionState, { messages, events }: SessionRows): readonly string[] {
  const found = [
    ...messages.flatMap(({ seq }, at) => (seq === at + 1 ? [] : [`S1: message ${at + 1} has seq ${seq}`])),
    ...events.flatMap(({ seq }, at) => (seq === at + 1 ? [] : [`S1: event ${at + 1} has seq ${seq}`])),
  ];
  if (messages.length !== tail.seq) found.push(`S1: ${messages.length} messages, tail ${tail.seq}`);
  if (events.length !== tail.eventSeq) found.push(`S1: ${events.length} events, tail ${tail.eventSeq}`);
  return found;
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
  const begun = turn.userSeq > 0;
  // A cancelled or truncated turn may have lost its message to a cut.
  const mayLack = turn.status.kind === 'truncated' || turn.status.kind === 'cancelled';
  const due = begun ? 1 : 0;
  if (users.length > due || (users.length < due && !mayLack)) {
    found.push(`S3: ${turn.status.kind} turn ${turn.id} owns ${users.length} user messages`);
  }
  if (users[0] !== undefined && users[0].seq !== turn.userSeq) found.push(`S3: ${turn.id} is elsewhere`);
  const dueAnswers = turn.status.kind === 'completed' ? 1 : 0;
  if (answers.length !== dueAnswers)
    found.push(`S4: ${turn.status.kind} turn ${turn.id} has ${answers.length} answers`);
  if (turn.status.kind === 'completed') {
    const at = turn.status.assistantSeq;
    if (answers[0]?.seq !== at || at <= turn.userSeq) found.push(`S4: answer of ${turn.id} is not at ${at}`);
  }
  return found;
}

/** S3 and S4 for turns whose record has expired: their messages stay. */
function checkOwners(messages: readonly LoggedMessage[]): readonly string[] {
  const seen = new Set<string>();
  return messages.flatMap((message) => {
    const owner = `${message.turn} ${message.role}`;
    if (seen.has(owner)) return [`S3/S4: ${owner} owns a second message, ${message.seq}`];
    seen.add(owner);
    return [];
  });
}

function checkKeys(turns: readonly TurnRecord[]): readonly string[] {
  const keys = turns.flatMap((turn) => (turn.key === null ? [] : [turn.key]));
  return new Set(keys).size === keys.length ? [] : ['S5: a key names two turns'];
}

interface AttemptFacts {
  readonly facts: LogFact[];
}

function checkAttempts(state: SessionState, { events, messages }: SessionRows): readonly string[] {
  const attempts = new Map<string, AttemptFacts>();
  for (const { fact } of events) {
    if (!('attempt' in fact)) continue;
    const name = `${fact.turn} ${fact.attempt}`;
    const known = attempts.get(name) ?? { facts: [] };
    known.facts.push(fact);
    attempts.set(name, known);
  }
  const answers = new Map(messages.filter(isAnswer).map((message) => [message.turn, message.content]));
  return [...attempts].flatMap(([name, { facts }]) => {
    const found = checkOrder(name, facts);
    const last = facts.at(-1);
    if (last !== undefined && 'attempt' in last && !isEnd(last) && !isOpen(state, last)) {
      found.push(`S7: attempt ${name} has no end and is not open`);
    }
    if (last?.kind === 'completed') {
      const answer = answers.get(last.turn);
      if (answer !== undefined && replayText(facts, last) !== answer)
        found.push(`S7: text of ${name} differs`);
    }
    return found;
  });
}

function checkOrder(name: string, facts: readonly LogFact[]): string[] {
  const found: string[] = [];
  let stage: 'new' | 'queued' | 'started' | 'ended' = 'new';
  for (const fact of facts) {
    if (stage === 'ended') found.push(`S7: ${fact.kind} of ${name} after its end`);
    if (fact.kind === 'queued' && stage !== 'new') found.push(`S7: ${name} is queued late`);
    if (fact.kind === 'started' && stage === 'started') found.push(`S7: ${name} starts twice`);
    if (fact.kind === 'queued') stage = 'queued';
    else if (fact.kind === 'started') stage = 'started';
    else if (isEnd(fact)) stage = 'ended';
    else if (stage !== 'started') found.push(`S7: ${fact.kind} of ${name} before its start`);
  }
  return found;
}

function isOpen(state: SessionState, ref: { readonly turn: string; readonly attempt: number }): boolean {
  const turn = state.turns.get(ref.turn);
  return turn !== undefined && turn.attempt === ref.attempt && !hasEnded(turn);
}

function isEnd(fact: LogFact): boolean {
  return ['completed', 'failed', 'cancelled', 'interrupted'].includes(fact.kind);
}

function isAnswer(message: LoggedMessage): boolean {
  return message.role === 'assistant';
}

function checkBounds(state: SessionState): readonly string[] {
  const found: string[] = [];
  if (state.turns.size > TURNS_KEPT_MAX) found.push(`S8: ${state.turns.size} records kept`);
  if (state.waiting.length > WAITING_TURNS_MAX) found.push(`S8: ${state.waiting.length} turns wait`);
  if (waitingChars(state) > WAITING_CHARS_MAX) found.push('S8: too much text waits');
  if (state.forks.size > FORKS_KEPT_MAX) found.push(`S8: ${state.forks.size} forks kept`);
  if (state.stops.size > STOPS_KEPT_MAX) found.push(`S8: ${state.stops.size} commands kept`);
  return found;
}

function checkWaiting(state: SessionState): readonly string[] {
  const { waiting, running } = state;
  const queued = [...state.turns.values()].filter((turn) => turn.status.kind === 'queued');
  const found: string[] = [];
  if (waiting.length > 0 && running === null) found.push('S9: turns wait while none runs');
  if (queued.length !== waiting.length) found.push(`S9: ${queued.length} turns are queued`);
  let last = 0;
  for (const id of waiting) {
    const status = state.turns.get(id)?.status;
    const ticket = status?.kind === 'queued' ? status.ticket : 0;
    if (ticket <= last) found.push(`S9: ${id} is out of order`);
    last = ticket;
  }
  return found;
}
