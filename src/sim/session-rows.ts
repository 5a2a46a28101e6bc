// The rows of a session in memory, with the constraints of the real schema and a fuse: the next commit can be lost whole, or be the
// last thing that happens. Survives the lives of the object over it.
import { assert } from '../core/base/assert.ts';
import type { SessionRows } from '../core/session/check-session.ts';
import { stopName } from '../core/session/draft.ts';
import type { LogEvent } from '../core/session/log-event.ts';
import { restoreSession } from '../core/session/restore-session.ts';
import type { SessionWrite } from '../core/session/session-events.ts';
import type {
  ForkRecord,
  LoggedMessage,
  LogTail,
  RunStop,
  SessionHead,
  SessionState,
  Summary,
  TurnRecord,
} from '../core/session/session-state.ts';
import type { SessionStore } from '../hosts/session-ports.ts';

/** The commit was written, and then the process died. */
export class PowerCut extends Error {}

export class MemorySessionStore implements SessionStore {
  /** What befalls the next commit: nothing of it is written, or all of it and then the power goes. */
  fuse: 'before' | 'after' | null = null;
  #head: SessionHead | null = null;
  #tail: LogTail = { seq: 0, eventSeq: 0, chars: 0, atMs: 0 };
  #messages: LoggedMessage[] = [];
  #events: LogEvent[] = [];
  readonly #turns = new Map<string, TurnRecord>();
  readonly #forks = new Map<string, ForkRecord>();
  readonly #stops = new Map<string, RunStop>();
  #summary: Summary | null = null;

  commit(writes: readonly SessionWrite[]): void {
    const fuse = this.fuse;
    this.fuse = null;
    if (fuse === 'before') throw new Error('lost before the commit');
    // What breaks a constraint here is a bug, which ends the test: nothing has to be rolled back.
    for (const write of writes) this.#write(write);
    if (fuse === 'after') throw new PowerCut('lost after the commit');
  }

  load(): SessionState | null {
    if (this.#head === null) return null;
    return restoreSession({
      head: this.#head,
      tail: this.#tail,
      turns: [...this.#turns.values()],
      summary: this.#summary,
      forks: [...this.#forks.values()],
      stops: [...this.#stops.values()],
      eventsAfter: (seq) => this.eventsAfter(seq),
    });
  }

  message(seq: number): LoggedMessage | null {
    return this.#messages.find((message) => message.seq === seq) ?? null;
  }

  messagesAfter(seq: number): readonly LoggedMessage[] {
    return this.#messages.filter((message) => message.seq > seq);
  }

  messagesUpTo(seq: number): readonly LoggedMessage[] {
    return this.#messages.filter((message) => message.seq <= seq).toReversed();
  }

  eventsAfter(seq: number): readonly LogEvent[] {
    // The place of an event in the array, unless a planted bug has put it elsewhere.
    const isPlain = seq === 0 || this.#events[seq - 1]?.seq === seq;
    return isPlain ? this.#events.slice(seq) : this.#events.filter((event) => event.seq > seq);
  }

  event(seq: number): LogEvent | null {
    const plain = this.#events[seq - 1];
    return plain?.seq === seq ? plain : (this.#events.find((event) => event.seq === seq) ?? null);
  }

  rows(): SessionRows {
    return { messages: this.#messages, events: this.#events };
  }

  #write(write: SessionWrite): void {
    switch (write.kind) {
      case 'head':
        this.#head = write.head;
        return;
      case 'tail':
        this.#tail = write.tail;
        return;
      case 'event':
        assert(this.event(write.event.seq) === null, `a place for event ${write.event.seq}`);
        this.#events.push(write.event);
        return;
      case 'message':
        this.#addMessage(write.message);
        return;
      case 'drop-messages':
        this.#messages = this.#messages.slice(0, write.afterSeq);
        return;
      case 'turn':
        this.#turns.set(write.turn.id, write.turn);
        return;
      case 'drop-turn':
        this.#turns.delete(write.turn);
        return;
      case 'summary':
        this.#summary = write.summary;
        return;
      case 'fork':
        this.#forks.set(write.fork.key, write.fork);
        return;
      case 'drop-fork':
        this.#forks.delete(write.key);
        return;
      case 'stop':
        this.#stops.set(stopName(write.stop), write.stop);
        return;
      case 'drop-stop':
        this.#stops.delete(stopName(write));
        return;
      case 'erase':
        this.#erase();
        return;
      default:
        write satisfies never;
    }
  }

  #addMessage(message: LoggedMessage): void {
    const { seq, turn, role } = message;
    const isTaken = this.#messages.some((row) => row.seq === seq || (row.turn === turn && row.role === role));
    assert(!isTaken, `a place for message ${seq} of ${turn} ${role}`);
    this.#messages.push(message);
  }

  #erase(): void {
    this.#head = null;
    this.#tail = { seq: 0, eventSeq: 0, chars: 0, atMs: 0 };
    this.#messages = [];
    this.#events = [];
    this.#turns.clear();
    this.#forks.clear();
    this.#stops.clear();
    this.#summary = null;
  }
}
