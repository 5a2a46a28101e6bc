// Relays one streamed answer: reads what the replica sends, has it checked, hands on whole events. A plain loop with one read and one
// write at a time, so that a slow taker slows the replica down and nothing piles up. Nothing of an attempt is shown before its first
// content, so that another may take its place until then. Owns the clocks between chunks and the verdict on how the stream ended; where
// the events go is the sink's business.
import type { Failure } from '../core/api/failure.ts';
import {
  type ChatStreamChecker,
  makeChatStreamChecker,
  type StreamStep,
} from '../core/stream/chat-stream.ts';
import type { Attempt } from './attempt-lane.ts';
import { callReplica, type ReplicaCall } from './call-replica.ts';
import { type BodyReader, makeDecoder, openBody, openReader } from './relay-head.ts';

/** Where the checked events go. */
export interface StreamSink {
  /** Takes whole events and the text that they add; rejects when the taker is gone. */
  take(forward: string, text: string): Promise<void>;
}

/** No event of a chat comes near this; a longer one is held back at the cost of memory that others need. */
const EVENT_CHARS_MAX = 1024 * 1024;

/** Events without content that are held back: a role, a filter's verdict on the prompt. More of them are shown as they come. */
const HELD_CHARS_MAX = 64 * 1024;

/** Text that is kept for going on after a break: far above the longest answers, far below what an isolate can hold. */
const KEPT_CHARS_MAX = 256 * 1024;

/** After `[DONE]` the replica only has to end its reply; a connection that it leaves open is closed for it. */
const END_MS_MAX = 1_000;

/** After the model's own word that it has ended, only the usage and `[DONE]` are to come; some servers send neither. */
const FINISH_MS_MAX = 2_000;

/** What a filtered answer without a word is, when another model may give a better one. */
export const FILTERED: Failure = {
  kind: 'replica-refused',
  status: 400,
  message: 'The answer was filtered.',
  param: null,
  code: 'content_filter',
};

/**
 * Null when the answer is complete: its terminal event came and nothing behind it, or the model said that it had ended and its server only
 * left out the terminal event. The slot is given back before this returns.
 */
export async function performStream(attempt: Attempt, sink: StreamSink): Promise<Failure | null> {
  const called = await callReplica(attempt);
  if (!called.ok) return called.error;
  let failure: Failure | null = { kind: 'internal' };
  try {
    failure = await relay(attempt, called.value, sink);
  } finally {
    called.value.settle(failure);
  }
  return failure;
}

async function relay(attempt: Attempt, call: ReplicaCall, sink: StreamSink): Promise<Failure | null> {
  const { watch, record, run, edit } = attempt;
  const body = await openBody(call.response, 'text/event-stream', watch, run.ports.now());
  if (!body.ok) return body.error;
  const checker = makeChatStreamChecker(Math.min(EVENT_CHARS_MAX, run.limits.replyBytesMax), edit);
  const reader = openReader(body.value, watch);
  try {
    return await pump(attempt, reader, checker, sink);
  } finally {
    reader.close();
    const { chunks, finishReason, usage } = checker.totals();
    Object.assign(record, { chunks, finishReason, usage });
  }
}

async function pump(
  attempt: Attempt,
  reader: BodyReader,
  checker: ChatStreamChecker,
  sink: StreamSink,
): Promise<Failure | null> {
  const { watch, record } = attempt;
  const decode = makeDecoder();
  const gate = makeGate(attempt, checker);
  for (;;) {
    const bytes = await reader.next();
    if (watch.stopped() !== null) return endAfterStop(attempt);
    // A broken connection and an early end are the same: only the terminal event, or the model itself, says that the answer is whole.
    if (bytes === null || bytes === 'cut')
      return record.isAnswered || record.isFinished ? null : { kind: 'stream-cut' };
    record.bytes += bytes.byteLength;
    const text = decode(bytes);
    if (text === null) return { kind: 'bad-reply' };
    const step = checker.push(text);
    const hasMoved = noteProgress(attempt, checker, step);
    const shown = gate.open(step);
    if (shown.failure !== null) return shown.failure;
    if (shown.forward !== '') {
      await handOn(attempt, sink, shown);
      if (watch.stopped() !== null) return endAfterStop(attempt);
    }
    if (hasMoved && !record.isAnswered) expectNext(attempt);
    if (step.fault === null) continue;
    record.hasDiverged = checker.hasRefused();
    return { kind: step.fault };
  }
}

/** Whether an event came: comments keep a connection alive, not an answer. */
function noteProgress(attempt: Attempt, checker: ChatStreamChecker, step: StreamStep): boolean {
  const { record, run } = attempt;
  const { chunks, finishReason } = checker.totals();
  if (chunks > record.chunks) {
    record.lastContentMs = run.ports.now();
    if (record.firstContentMs === null) tellFirstToken(attempt, record.lastContentMs);
  }
  const hasMoved = step.forward !== '' || chunks > record.chunks;
  record.chunks = chunks;
  record.isFinished = finishReason !== null;
  if (step.fault === null && checker.isDone()) expectEnd(attempt);
  return hasMoved;
}

function tellFirstToken({ record, run }: Attempt, nowMs: number): void {
  const { grant, leasedMs } = record;
  record.firstContentMs = nowMs;
  if (grant !== null && leasedMs !== null) run.ports.health?.firstToken(grant, nowMs - leasedMs);
}

interface Shown {
  readonly forward: string;
  readonly text: string;
  /** Content events in it. */
  readonly tokens: number;
  /** Whether these are text and nothing else. */
  readonly isText: boolean;
  readonly failure: Failure | null;
}

/** Holds back what an attempt sends until there is content in it, and asks then whether the attempt may be shown at all. */
function makeGate(attempt: Attempt, checker: ChatStreamChecker): { open(step: StreamStep): Shown } {
  let isOpen = false;
  let held = '';
  let heldText = '';
  let tokensShown = 0;
  const open = (step: StreamStep): Shown => {
    const { shown, finishReason, isText } = checker.totals();
    const tokens = shown - tokensShown;
    if (isOpen) {
      tokensShown = shown;
      return { ...step, tokens, isText, failure: null };
    }
    held += step.forward;
    heldText += step.text;
    if (shown === 0 && !checker.isDone() && held.length <= HELD_CHARS_MAX) return NOTHING;
    if (finishReason === 'content_filter' && heldText === '' && attempt.canPassOn)
      return { ...NOTHING, failure: FILTERED };
    const opening = attempt.claim();
    if (opening === null) return { ...NOTHING, failure: { kind: 'client-gone' } };
    isOpen = true;
    tokensShown = shown;
    return { forward: opening + held, text: heldText, tokens, isText, failure: null };
  };
  return { open };
}

const NOTHING: Shown = { forward: '', text: '', tokens: 0, isText: true, failure: null };

async function handOn(attempt: Attempt, sink: StreamSink, shown: Shown): Promise<void> {
  const { watch, record, run } = attempt;
  const now = run.ports.now();
  if (shown.tokens > 0) run.record.firstContentMs ??= now;
  keep(attempt, shown);
  // While the client does not read, the replica's silence is not its own; a client that takes nothing for so long is gone.
  if (!record.isAnswered) watch.expect('client-gone', now + run.limits.idleMs);
  try {
    await sink.take(shown.forward, shown.text);
  } catch {
    watch.leave();
  }
}

function keep({ run }: Attempt, shown: Shown): void {
  const { record, policy } = run;
  record.tokens += shown.tokens;
  if (policy.midStream !== 'continue' || !record.isTextAll) return;
  record.text += shown.text;
  if (shown.isText && record.text.length <= KEPT_CHARS_MAX) return;
  record.text = '';
  record.isTextAll = false;
}

function expectNext({ run, watch, record, settings }: Attempt): void {
  const { target } = settings;
  const now = run.ports.now();
  const idleMs = target.limits?.idleMs ?? run.limits.idleMs;
  const firstTokenMs = target.limits?.firstTokenMs ?? run.limits.firstTokenMs;
  if (record.isFinished) watch.expect('idle-timeout', now + Math.min(FINISH_MS_MAX, idleMs));
  else if (record.firstContentMs !== null) watch.expect('idle-timeout', now + idleMs);
  else watch.expect('first-token-timeout', (record.leasedMs ?? now) + firstTokenMs);
}

function expectEnd({ run, watch, record }: Attempt): void {
  if (record.isAnswered) return;
  record.isAnswered = true;
  watch.expect('idle-timeout', run.ports.now() + Math.min(END_MS_MAX, run.limits.idleMs));
}

/** What comes, or does not come, after the end of the words cannot spoil the answer, but a client that is gone did not get it. */
function endAfterStop({ watch, record }: Attempt): Failure | null {
  const stopped = watch.stopped();
  if (stopped === null || stopped.kind === 'client-gone') return stopped;
  if (record.isAnswered) return null;
  return record.isFinished && stopped.kind === 'idle-timeout' ? null : stopped;
}
