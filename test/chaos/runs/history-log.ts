// One recorded history of one session log: what each client asked, what it was told, and when, in the form that check-append-log.ts judges.
// Owns the names of entries: a question is named by its words, an answer by the question that the log's own events say it belongs to.
import type { HistoryOp } from '../../../src/core/session/append-log-history.ts';
import type { SessionEvent } from './judge-turns.ts';
import type { LoggedMessage } from '../writers.ts';

export interface Asked {
  readonly client: number;
  readonly invokeMs: number;
  readonly returnMs: number | null;
  readonly outcome: HistoryOp['outcome'];
}

export type RecordedOp = Asked &
  (
    | {
        readonly op: 'append';
        readonly content: string;
        readonly expectedSeq: number | null;
        readonly messages: readonly LoggedMessage[];
        readonly tailSeq: number | null;
      }
    | {
        readonly op: 'read';
        readonly afterSeq: number;
        readonly messages: readonly LoggedMessage[];
        readonly hasMore: boolean;
        /** The fork that was read; null for the log itself. */
        readonly fork: string | null;
      }
    | { readonly op: 'fork'; readonly afterSeq: number; readonly into: string }
  );

/** Clock with fractions of a millisecond, so that what one client did after another's answer is not taken to be at the same time. */
export function clockMs(): number {
  return performance.now();
}

/** The history of message logs: a session and its forks. `final` and `events` are the session's whole log, read at the end. */
export function nameHistory(
  session: string,
  ops: readonly RecordedOp[],
  { final, events }: { final: readonly LoggedMessage[]; events: readonly SessionEvent[] },
): readonly HistoryOp[] {
  const names = namesOf(final, events);
  const nameOf = ({ role, content }: LoggedMessage): string =>
    role === 'user' ? `question ${content}` : (names.get(content) ?? `unknown ${content}`);
  const entriesOf = (messages: readonly LoggedMessage[]) =>
    messages.map((message) => ({ seq: message.seq, id: nameOf(message) }));
  return ops.map((recorded): HistoryOp => {
    const { client, invokeMs, returnMs, outcome } = recorded;
    const asked = { client, invokeMs, returnMs, outcome, log: session };
    switch (recorded.op) {
      case 'append': {
        const { content, expectedSeq, messages, tailSeq } = recorded;
        const ids = [`question ${content}`, `answer ${content}`];
        const args = expectedSeq === null ? { ids } : { ids, expectedSeq };
        if (outcome === 'ok')
          return { ...asked, op: 'append', args, result: { entries: entriesOf(messages) } };
        return { ...asked, op: 'append', args, ...(tailSeq === null ? {} : { result: { tailSeq } }) };
      }
      case 'read': {
        const { afterSeq, messages, hasMore, fork } = recorded;
        const result = { entries: entriesOf(messages), hasMore };
        return { ...asked, log: fork ?? session, op: 'read', args: { afterSeq }, result };
      }
      case 'fork': {
        const { afterSeq, into } = recorded;
        return { ...asked, op: 'fork', args: { afterSeq, into } };
      }
      default:
        return recorded satisfies never;
    }
  });
}

/** Answer -> its name, by way of the turn that the events tell. */
function namesOf(
  final: readonly LoggedMessage[],
  events: readonly SessionEvent[],
): ReadonlyMap<string, string> {
  const bySeq = new Map(final.map((message) => [message.seq, message]));
  const questions = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { turn = '', message } of events) {
    if (message === undefined) continue;
    const content = bySeq.get(message.seq)?.content ?? '';
    if (message.role === 'user') questions.set(turn, content);
    else names.set(content, `answer ${questions.get(turn)}`);
  }
  return names;
}
