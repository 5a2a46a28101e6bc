// A step while it is being decided: the state as it will be, the rows that make it so, and the effects. Owns the bookkeeping that
// every decision shares: an event gets the next seq here and nowhere else. Local to one decision; nothing of it escapes but the step.
import type { Failure } from '../api/failure.ts';
import type { LogFact } from './log-event.ts';
import type { AttemptRef, SessionEffect, SessionStep, SessionWrite } from './session-events.ts';
import type {
  ForkRecord,
  LoggedMessage,
  LogTail,
  RunningTurn,
  RunStop,
  SessionHead,
  SessionState,
  Summary,
  TurnRecord,
} from './session-state.ts';

export class Draft {
  readonly nowMs: number;
  running: RunningTurn | null;
  waiting: readonly string[];
  #head: SessionHead;
  #tail: LogTail;
  #turns: ReadonlyMap<string, TurnRecord>;
  #forks: ReadonlyMap<string, ForkRecord>;
  #stops: ReadonlyMap<string, RunStop>;
  #summary: Summary | null;
  #tailChanged = false;
  readonly #writes: SessionWrite[] = [];
  readonly #effects: SessionEffect[] = [];

  constructor(state: SessionState, nowMs: number) {
    this.nowMs = nowMs;
    this.running = state.running;
    this.waiting = state.waiting;
    this.#head = state.head;
    this.#tail = state.tail;
    this.#turns = state.turns;
    this.#forks = state.forks;
    this.#stops = state.stops;
    this.#summary = state.summary;
  }

  get head(): SessionHead {
    return this.#head;
  }

  get tail(): LogTail {
    return this.#tail;
  }

  get turns(): ReadonlyMap<string, TurnRecord> {
    return this.#turns;
  }

  get forks(): ReadonlyMap<string, ForkRecord> {
    return this.#forks;
  }

  get stops(): ReadonlyMap<string, RunStop> {
    return this.#stops;
  }

  get summary(): Summary | null {
    return this.#summary;
  }

  /** Appends to the event stream and gives the event's seq. */
  tell(fact: LogFact): number {
    const seq = this.#tail.eventSeq + 1;
    const chars = this.#tail.chars + charsOf(fact);
    this.#tail = { ...this.#tail, eventSeq: seq, chars, atMs: this.nowMs };
    this.#tailChanged = true;
    this.#writes.push({ kind: 'event', event: { seq, atMs: this.nowMs, fact } });
    return seq;
  }

  /** Appends to the log and tells it. `isTold` = the text events before it are its content. */
  log(message: Omit<LoggedMessage, 'seq'>, isTold: boolean): number {
    const seq = this.#tail.seq + 1;
    const { turn, role, content } = message;
    this.#tail = { ...this.#tail, seq };
    this.#writes.push({ kind: 'message', message: { seq, turn, role, content } });
    this.tell({ kind: 'message', turn, seq, role, content: isTold ? null : content });
    return seq;
  }

  /** Drops the log's messages after `afterSeq`; their events stay. */
  cut(afterSeq: number): void {
    this.#tail = { ...this.#tail, seq: afterSeq };
    this.#tailChanged = true;
    this.#writes.push({ kind: 'drop-messages', afterSeq });
  }

  putHead(head: SessionHead): void {
    this.#head = head;
    this.#writes.push({ kind: 'head', head });
  }

  putTurn(turn: TurnRecord): void {
    this.#turns = new Map(this.#turns).set(turn.id, turn);
    this.#writes.push({ kind: 'turn', turn });
  }

  dropTurns(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const turns = new Map(this.#turns);
    for (const turn of ids) {
      turns.delete(turn);
      this.#writes.push({ kind: 'drop-turn', turn });
    }
    this.#turns = turns;
  }

  putFork(fork: ForkRecord): void {
    this.#forks = new Map(this.#forks).set(fork.key, fork);
    this.#writes.push({ kind: 'fork', fork });
  }

  dropForks(keys: readonly string[]): void {
    if (keys.length === 0) return;
    const forks = new Map(this.#forks);
    for (const key of keys) {
      forks.delete(key);
      this.#writes.push({ kind: 'drop-fork', key });
    }
    this.#forks = forks;
  }

  putStop(stop: RunStop): void {
    this.#stops = new Map(this.#stops).set(stopName(stop), stop);
    this.#writes.push({ kind: 'stop', stop });
  }

  dropStops(gone: Iterable<RunStop>): void {
    const stops = new Map(this.#stops);
    for (const { turn, attempt } of gone) {
      stops.delete(stopName({ turn, attempt }));
      this.#writes.push({ kind: 'drop-stop', turn, attempt });
    }
    this.#stops = stops;
  }

  putSummary(summary: Summary | null): void {
    this.#summary = summary;
    this.#writes.push({ kind: 'summary', summary });
  }

  cause(effect: SessionEffect): void {
    this.#effects.push(effect);
  }

  refuse(failure: Failure): void {
    this.cause({ kind: 'refuse', failure });
  }

  finish(): SessionStep {
    const writes: readonly SessionWrite[] = this.#tailChanged
      ? [...this.#writes, { kind: 'tail', tail: this.#tail }]
      : this.#writes;
    return {
      state: {
        head: this.#head,
        tail: this.#tail,
        turns: this.#turns,
        waiting: this.waiting,
        running: this.running,
        summary: this.#summary,
        forks: this.#forks,
        stops: this.#stops,
      },
      writes,
      effects: this.#effects,
    };
  }
}

/** What a command to cancel is known by. */
export function stopName({ turn, attempt }: AttemptRef): string {
  return `${turn} ${attempt}`;
}

/** A step that changes nothing. */
export function quiet(state: SessionState | null, effects: readonly SessionEffect[] = []): SessionStep {
  return { state, writes: [], effects };
}

export function refuse(state: SessionState | null, failure: Failure): SessionStep {
  return quiet(state, [{ kind: 'refuse', failure }]);
}

/** A session of another tenant, or one that is still being filled, is answered exactly like one that does not exist. */
export function isVisible(state: SessionState | null, tenant: string): state is SessionState {
  return state !== null && state.head.tenant === tenant && !state.head.filling;
}

function charsOf(fact: LogFact): number {
  if (fact.kind === 'text') return fact.text.length;
  return fact.kind === 'message' ? (fact.content?.length ?? 0) : 0;
}
