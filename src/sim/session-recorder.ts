// What the clients of a simulated session saw of its log, as a history for the linearizability checker. Owns the recording: however often
// a message is sent again under its key, it is one operation, from its first sending to its answer.
import { checkAppendLog } from '../core/session/check-append-log.ts';
import type { HistoryOp } from '../core/session/append-log-history.ts';
import type { LoggedMessage } from '../core/session/session-state.ts';

const log = 'sess_1';

export class SessionRecorder {
  readonly #open = new Map<string, number>();
  readonly #answered = new Set<string>();
  readonly #done: HistoryOp[] = [];
  /** A cut makes places come again, which no append log knows. */
  #wasCut = false;

  sent(content: string, nowMs: number): void {
    if (!this.#open.has(content) && !this.#answered.has(content)) this.#open.set(content, nowMs);
  }

  told(content: string, seqs: readonly number[], nowMs: number): void {
    const invokeMs = this.#open.get(content);
    if (invokeMs === undefined) return;
    this.#open.delete(content);
    this.#answered.add(content);
    const ids = idsOf(content);
    const entries = seqs.map((seq, at) => ({ seq, id: ids[at] ?? '' }));
    const op = { client: content, log, op: 'append', args: { ids }, invokeMs, returnMs: nowMs } as const;
    this.#done.push({ ...op, outcome: 'ok', result: { entries } });
  }

  read(messages: readonly LoggedMessage[], nowMs: number): void {
    const asked = new Map(messages.filter(isQuestion).map(({ turn, content }) => [turn, content]));
    const entries = messages.map(({ seq, turn, role }) => {
      const [question = '', answer = ''] = idsOf(asked.get(turn) ?? '');
      return { seq, id: role === 'user' ? question : answer };
    });
    this.#done.push({
      client: 'reader',
      log,
      op: 'read',
      args: { afterSeq: 0 },
      invokeMs: nowMs,
      returnMs: nowMs,
      outcome: 'ok',
      result: { entries, hasMore: false },
    });
  }

  cut(): void {
    this.#wasCut = true;
  }

  check(): readonly string[] {
    if (this.#wasCut) return [];
    // What was never answered may have happened.
    const unknown = [...this.#open].map(([content, invokeMs]): HistoryOp => ({
      client: content,
      log,
      op: 'append',
      args: { ids: idsOf(content) },
      invokeMs,
      returnMs: null,
      outcome: 'info',
    }));
    return checkAppendLog([...this.#done, ...unknown]).map(
      ({ rule, message }) => `RC-03(${rule}): ${message}`,
    );
  }
}

function idsOf(content: string): string[] {
  return [`question ${content}`, `answer ${content}`];
}

function isQuestion({ role }: LoggedMessage): boolean {
  return role === 'user';
}
