// Serves one request by one replica and tells the truth about how that went: an answer that is whole, an HTTP failure, or a stream that
// ends in an error event. Owns the shape of the outcome and that every request is summed up once; the parts are in relay-*.ts.
import type { Failure } from '../core/api/failure.ts';
import type { Result } from '../core/base/result.ts';
import type { TokenUsage } from '../core/stream/usage.ts';
import type { Turn } from './call-replica.ts';
import type { SlotGrant, SlotOutcome, SlotRefusal, SlotRequest, Warmth } from './ports.ts';
import { performJson } from './relay-json.ts';
import { makeOutlet } from './relay-outlet.ts';
import { newRecord, summarize } from './relay-record.ts';
import { performStream } from './relay-stream.ts';
import { makeWatch } from './relay-watch.ts';

/** A byte stream to the client: what is written on one side is read on the other. */
export interface BytePipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** What dispatch needs of the world. */
export interface DispatchPorts {
  /** Waits for a slot until one is free, the deadline passes or `signal` fires. Never throws. */
  acquire(request: SlotRequest, signal: AbortSignal): Promise<Result<SlotGrant, SlotRefusal>>;
  /** Gives the slot back; returns at once. Called exactly once per grant. */
  release(grant: SlotGrant, outcome: SlotOutcome): void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  now(): number;
  /** Keeps work alive after the response has been returned. */
  waitUntil(work: Promise<unknown>): void;
  /** Makes the pipe to the client: `new IdentityTransformStream()` in workerd; without it a `TransformStream` is used. */
  pipe?(): BytePipe;
}

export interface DispatchRequest {
  readonly pool: string;
  readonly tenant: string;
  readonly requestId: string;
  readonly path: '/v1/chat/completions' | '/v1/embeddings';
  /** JSON text to send to the replica. */
  readonly body: string;
  readonly stream: boolean;
  /** Fires when the client is known to be gone. */
  readonly signal: AbortSignal;
  readonly startedMs: number;
  /** Called when a slot is there; a second time when the first replica turned out to be dead. */
  readonly onServed?: (served: Served) => void;
  /** Called once, when everything about the request is over and its slot is back. */
  readonly onEnd?: (summary: DispatchSummary) => void;
}

export interface DispatchLimits {
  /** From arrival to the last byte. */
  readonly totalMs: number;
  /** From the lease of a slot to the first byte of content. */
  readonly firstTokenMs: number;
  /** Between two chunks of a stream. Also how long a client may take nothing of a stream before it counts as gone. */
  readonly idleMs: number;
  /** A stream that still waits after this long begins with keep-alive comments. */
  readonly graceMs: number;
  readonly keepAliveMs: number;
  /** Largest non-streamed reply, and largest single event of a stream. */
  readonly replyBytesMax: number;
}

/** How the request was served; null fields are not known yet when a stream began before its slot was there. */
export interface Served {
  readonly warmth: Warmth | null;
  readonly waitMs: number | null;
}

export type DispatchOutcome =
  | { readonly kind: 'json'; readonly body: string; readonly served: Served }
  | { readonly kind: 'stream'; readonly body: ReadableStream<Uint8Array>; readonly served: Served }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What one request came to, for the wide event. Times count from `startedMs`; null means that it did not come so far. */
export interface DispatchSummary {
  /** Null when the answer was whole. */
  readonly failure: Failure | null;
  readonly served: Served;
  readonly replicaId: string | null;
  /** Slots that were leased. */
  readonly attempts: number;
  readonly headMs: number | null;
  readonly firstContentMs: number | null;
  readonly totalMs: number;
  /** Read from the replica. */
  readonly bytes: number;
  /** Stream events with content, our own count beside the replica's `usage`. */
  readonly chunks: number;
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
}

/** Never throws for an expected failure. A stream's failure before its first event, within the grace time, is an HTTP failure. */
export async function dispatch(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
): Promise<DispatchOutcome> {
  if (request.stream) return await dispatchStream(ports, request, limits);
  const work = dispatchJson(ports, request, limits);
  // A runtime may drop the handler of a client that is gone, but not before the slot is back.
  ports.waitUntil(work);
  return await work;
}

async function dispatchJson(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
): Promise<DispatchOutcome> {
  const deadlineMs = request.startedMs + limits.totalMs;
  const watch = makeWatch({ client: request.signal, deadlineMs, now: () => ports.now() });
  const onServed = (served: Served): void => request.onServed?.(served);
  const turn: Turn = { ports, request, limits, watch, record: newRecord(), onServed };
  let failure: Failure | null = { kind: 'internal' };
  try {
    const reply = await performJson(turn);
    failure = reply.ok ? null : reply.error;
    if (!reply.ok) return { kind: 'failed', failure: reply.error };
    const { grant, waitMs } = turn.record;
    return { kind: 'json', body: reply.value, served: { warmth: grant?.warmth ?? null, waitMs } };
  } finally {
    watch.close();
    sumUp(turn, failure);
  }
}

function dispatchStream(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
): Promise<DispatchOutcome> {
  const now = (): number => ports.now();
  const deadlineMs = request.startedMs + limits.totalMs;
  const watch = makeWatch({ client: request.signal, deadlineMs, now, onBeat: () => outlet.beat() });
  const pipe = (): BytePipe => ports.pipe?.() ?? new TransformStream<Uint8Array, Uint8Array>();
  const outlet = makeOutlet({ pipe, limits, now, watch });
  const onServed = (served: Served): void => {
    outlet.serve(served);
    request.onServed?.(served);
  };
  watch.beatAt(request.startedMs + limits.graceMs);
  const run = async (): Promise<void> => {
    const turn: Turn = { ports, request, limits, watch, record: newRecord(), onServed };
    let failure: Failure | null = { kind: 'internal' };
    try {
      failure = await performStream(turn, outlet);
    } finally {
      watch.close();
      await outlet.finish(failure);
      sumUp(turn, failure);
    }
  };
  ports.waitUntil(run());
  return outlet.outcome;
}

function sumUp(turn: Turn, failure: Failure | null): void {
  const span = { startedMs: turn.request.startedMs, endedMs: turn.ports.now() };
  turn.request.onEnd?.(summarize(turn.record, span, failure));
}
