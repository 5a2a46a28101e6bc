// Relays one streamed answer: reads what the replica sends, has it checked, hands on whole events. A plain loop with one read and one
// write at a time, so that a slow taker slows the replica down and nothing piles up. Owns the clocks between chunks and the verdict
// on how the stream ended; where the events go is the sink's business.
import type { Failure } from '../core/api/failure.ts';
import { type ChatStreamChecker, makeChatStreamChecker } from '../core/stream/chat-stream.ts';
import { callReplica, outcomeOf, type ReplicaCall, type Turn } from './call-replica.ts';
import { type BodyReader, makeDecoder, openBody, openReader } from './relay-head.ts';

/** Where the checked events go. */
export interface StreamSink {
  /** Takes whole events and the text that they add; rejects when the taker is gone. */
  take(forward: string, text: string): Promise<void>;
}

/** No event of a chat comes near this; a longer one is held back at the cost of memory that others need. */
const EVENT_CHARS_MAX = 1024 * 1024;

/** After `[DONE]` the replica only has to end its reply; a connection that it leaves open is closed for it. */
const END_MS_MAX = 1_000;

/** Null when the answer is complete: its terminal event came and nothing behind it. The slot is given back before this returns. */
export async function performStream(turn: Turn, sink: StreamSink): Promise<Failure | null> {
  const called = await callReplica(turn);
  if (!called.ok) return called.error;
  let failure: Failure | null = { kind: 'internal' };
  try {
    failure = await relay(turn, called.value, sink);
  } finally {
    called.value.settle(outcomeOf(failure));
  }
  return failure;
}

async function relay(turn: Turn, call: ReplicaCall, sink: StreamSink): Promise<Failure | null> {
  const { watch, record, limits } = turn;
  const body = await openBody(call.response, 'text/event-stream', watch);
  if (!body.ok) return body.error;
  const checker = makeChatStreamChecker(Math.min(EVENT_CHARS_MAX, limits.replyBytesMax));
  const reader = openReader(body.value, watch);
  try {
    return await pump(turn, reader, checker, sink);
  } finally {
    reader.close();
    Object.assign(record, checker.totals());
  }
}

async function pump(
  turn: Turn,
  reader: BodyReader,
  checker: ChatStreamChecker,
  sink: StreamSink,
): Promise<Failure | null> {
  const { watch, record } = turn;
  const decode = makeDecoder();
  for (;;) {
    const bytes = await reader.next();
    if (watch.stopped() !== null) return endAfterStop(turn);
    // A broken connection and an early end are the same: only the terminal event says that the answer is whole.
    if (bytes === null || bytes === 'cut') return record.isAnswered ? null : { kind: 'stream-cut' };
    record.bytes += bytes.byteLength;
    const text = decode(bytes);
    if (text === null) return { kind: 'bad-reply' };
    const step = checker.push(text);
    if (step.fault === null && checker.isDone()) expectEnd(turn);
    if (step.forward !== '') {
      if (record.firstContentMs === null && checker.totals().chunks > 0)
        record.firstContentMs = turn.ports.now();
      await handOn(turn, sink, step);
      if (watch.stopped() !== null) return endAfterStop(turn);
      if (!record.isAnswered) expectNext(turn);
    }
    if (step.fault !== null) return { kind: step.fault };
  }
}

async function handOn(
  turn: Turn,
  sink: StreamSink,
  step: { readonly forward: string; readonly text: string },
): Promise<void> {
  const { ports, watch, record, limits } = turn;
  // While the client does not read, the replica's silence is not its own; a client that takes nothing for so long is gone.
  if (!record.isAnswered) watch.expect('client-gone', ports.now() + limits.idleMs);
  try {
    await sink.take(step.forward, step.text);
  } catch {
    watch.stop({ kind: 'client-gone' });
  }
}

/** Called after events only: comments keep a connection alive, not an answer. */
function expectNext(turn: Turn): void {
  const { ports, watch, record, limits } = turn;
  const now = ports.now();
  if (record.firstContentMs !== null) watch.expect('idle-timeout', now + limits.idleMs);
  else watch.expect('first-token-timeout', (record.leasedMs ?? now) + limits.firstTokenMs);
}

function expectEnd(turn: Turn): void {
  const { ports, watch, record, limits } = turn;
  if (record.isAnswered) return;
  record.isAnswered = true;
  watch.expect('idle-timeout', ports.now() + Math.min(END_MS_MAX, limits.idleMs));
}

/** What comes after the terminal event cannot spoil the answer, but a client that is gone did not get it. */
function endAfterStop(turn: Turn): Failure | null {
  const stopped = turn.watch.stopped();
  return turn.record.isAnswered && stopped?.kind !== 'client-gone' ? null : stopped;
}
