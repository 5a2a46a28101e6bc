// The rows of a session in memory, with the constraints of the real schema and a fuse: the next commit can be lost whole, or be the
// last thing that happens. Survives the "process" that a test kills.
import type { SessionRows } from '../../../src/core/session/check-session.ts';
import type { SessionWrite } from '../../../src/core/session/session-events.ts';
import type {
  LoggedMessage,
  SessionHead,
  SessionState,
  TurnRecord,
} from '../../../src/core/session/session-state.ts';
import type { SessionStore } from '../../../src/hosts/session-ports.ts';

interface Rows {
  head: SessionHead | null;
  messages: LoggedMessage[];
  turns: TurnRecord[];
  texts: { turn: string; attempt: number; index: number; text: string }[];
}

/** The commit was written, and then the process died. */
export class PowerCut extends Error {}

export class MemoryStore implements SessionStore {
  /** What befalls the next commit: nothing of it is written, or all of it and then the power goes. */
  fuse: 'before' | 'after' | null = null;
  #rows: Rows = { head: null, messages: [], turns: [], texts: [] };

  commit(writes: readonly SessionWrite[]): void {
    const fuse = this.fuse;
    this.fuse = null;
    if (fuse === 'before') throw new Error('lost before the commit');
    const rows = structuredClone(this.#rows);
    for (const write of structuredClone(writes)) writeRow(rows, write);
    this.#rows = rows;
    if (fuse === 'after') throw new PowerCut('lost after the commit');
  }

  load(): SessionState | null {
    const { head, turns } = structuredClone(this.#rows);
    if (head === null) return null;
    const records = turns.toSorted((a, b) => a.userSeq - b.userSeq);
    const running = records.find((turn) => turn.status.kind === 'running');
    return {
      head,
      turns: new Map(records.map((turn) => [turn.id, turn])),
      running:
        running === undefined
          ? null
          : { turn: running.id, attempt: running.attempt, deadlineMs: 0, watchMs: 0, texts: 0, chars: 0 },
    };
  }

  message(seq: number): LoggedMessage | null {
    return this.#rows.messages.find((message) => message.seq === seq) ?? null;
  }

  messagesAfter(seq: number): readonly LoggedMessage[] {
    return this.#rows.messages.filter((message) => message.seq > seq);
  }

  messagesUpTo(seq: number): readonly LoggedMessage[] {
    return this.#rows.messages.filter((message) => message.seq <= seq).toReversed();
  }

  texts(turn: string, attempt: number, from: { index: number; rowsMax: number }): readonly string[] {
    return this.#rows.texts
      .filter((row) => row.turn === turn && row.attempt === attempt && row.index >= from.index)
      .slice(0, from.rowsMax)
      .map((row) => row.text);
  }

  rows(): SessionRows {
    return this.#rows;
  }
}

function writeRow(rows: Rows, write: SessionWrite): void {
  switch (write.kind) {
    case 'head':
      rows.head = write.head;
      return;
    case 'message': {
      const { seq, turn, role } = write.message;
      const taken = rows.messages.some((row) => row.seq === seq || (row.turn === turn && row.role === role));
      if (taken) throw new Error(`constraint: message ${seq} of ${turn} ${role}`);
      rows.messages.push(write.message);
      return;
    }
    case 'turn':
      rows.turns = [...rows.turns.filter((row) => row.id !== write.turn.id), write.turn];
      return;
    case 'text':
      rows.texts.push({ turn: write.turn, attempt: write.attempt, index: write.index, text: write.text });
      return;
    case 'drop-texts':
      rows.texts = rows.texts.filter((row) => row.turn !== write.turn);
      return;
    case 'drop-turn':
      rows.texts = rows.texts.filter((row) => row.turn !== write.turn);
      rows.turns = rows.turns.filter((row) => row.id !== write.turn);
      return;
    default:
      throw new Error(`unknown write ${JSON.stringify(write satisfies never)}`);
  }
}
