// What can be read of a session: itself, its log, its stream, its turns, in bounded pages. Owns the bounds of a page and the words in
// which a session and a turn are shown. Pure over state and store.
import type { Failure } from '../core/api/failure.ts';
import { renderFailure } from '../core/api/render-failure.ts';
import { err, ok } from '../core/base/result.ts';
import type { Result } from '../core/base/result.ts';
import { endsMs } from '../core/session/decide-session.ts';
import { isVisible } from '../core/session/draft.ts';
import { renderOrigin } from '../core/session/log-event.ts';
import type { LogEvent } from '../core/session/log-event.ts';
import type { LoggedMessage, SessionState, TurnRecord } from '../core/session/session-state.ts';

/** A page stops at this many messages or characters, whichever comes first, but holds at least one message. */
const PAGE_MESSAGES_MAX = 100;
const PAGE_CHARS_MAX = 500_000;

/** A page of the stream, likewise: what one follower holds in memory at a time. */
const PAGE_EVENTS_MAX = 256;
const PAGE_EVENT_CHARS_MAX = 256_000;

export interface LogPage {
  readonly messages: readonly LoggedMessage[];
  readonly hasMore: boolean;
}

export interface EventPage {
  readonly events: readonly LogEvent[];
  readonly hasMore: boolean;
  readonly lastEvent: number;
}

/** The session's state if this tenant may see it. */
export function visible(state: SessionState | null, tenant: string): Result<SessionState, Failure> {
  return isVisible(state, tenant) ? ok(state) : err({ kind: 'unknown-session' });
}

/** A page of the log, read from rows. */
export function readMessages(rows: Iterable<LoggedMessage>, afterSeq: number, tailSeq: number): LogPage {
  const messages = takePage(rows, PAGE_MESSAGES_MAX, PAGE_CHARS_MAX, ({ content }) => content.length);
  return { messages, hasMore: (messages.at(-1)?.seq ?? afterSeq) < tailSeq };
}

/** A page of the stream, read from rows. */
export function readEvents(rows: Iterable<LogEvent>): readonly LogEvent[] {
  return takePage(rows, PAGE_EVENTS_MAX, PAGE_EVENT_CHARS_MAX, sizeOf);
}

/** The session as clients see it. */
export function renderSession(state: SessionState): object {
  const { head, tail, running, waiting } = state;
  return {
    id: head.id,
    object: 'session',
    model: head.model,
    metadata: head.metadata,
    created: seconds(head.createdMs),
    policy: head.policy,
    ttl_seconds: Math.round(head.ttlMs / 1000),
    instructions: head.instructions,
    summaries: head.summaries,
    last_used: seconds(tail.atMs),
    expires_at: seconds(endsMs(state)),
    last_seq: tail.seq,
    last_event: tail.eventSeq,
    running: running?.turn ?? null,
    waiting,
    forked_from: renderOrigin(head.origin),
  };
}

/** A turn's record as clients see it. */
export function renderTurnRecord(session: string, turn: TurnRecord): object {
  const { status } = turn;
  const superseded = status.kind === 'cancelled' && status.by === 'superseded';
  return {
    id: turn.id,
    object: 'session.turn.status',
    session,
    status: superseded ? 'superseded' : status.kind,
    attempt: turn.attempt,
    run: turn.run,
    user_seq: turn.userSeq === 0 ? null : turn.userSeq,
    message_seq: status.kind === 'completed' ? status.assistantSeq : null,
    last_event: turn.endEvent === 0 ? null : turn.endEvent,
    error: status.kind === 'failed' ? renderFailure(status.failure).body.error : null,
  };
}

function takePage<T>(
  rows: Iterable<T>,
  countMax: number,
  charsMax: number,
  size: (row: T) => number,
): readonly T[] {
  const page: T[] = [];
  let chars = 0;
  for (const row of rows) {
    chars += size(row);
    if (page.length > 0 && chars > charsMax) break;
    page.push(row);
    if (page.length >= countMax) break;
  }
  return page;
}

function sizeOf({ fact }: LogEvent): number {
  if (fact.kind === 'text') return fact.text.length;
  return fact.kind === 'message' ? (fact.content?.length ?? 0) : 0;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
