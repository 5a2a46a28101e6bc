// Serves one request by one replica, or by others in its place, and tells the truth about how that went: an answer that is whole, an HTTP
// failure, or a stream that ends in an error event. Owns the shape of the outcome and that every request is summed up once; the parts are
// in attempt-*.ts and relay-*.ts.
import type { Failure } from '../core/api/failure.ts';
import type { Result } from '../core/base/result.ts';
import type { Criticality } from '../core/resilience/criticality.ts';
import type { LatencyClass } from '../core/resilience/latency-class.ts';
import type { OutcomeClass } from '../core/resilience/outcome-class.ts';
import type { Segment } from '../core/stream/segment.ts';
import type { TokenUsage } from '../core/stream/usage.ts';
import type { Run } from './attempt-lane.ts';
import { performAttempts } from './attempt-run.ts';
import {
  CAREFUL_POLICY,
  type AttemptBudget,
  type AttemptPolicy,
  type AttemptReport,
  type AttemptTarget,
} from './attempt-target.ts';
import type { PoolSight } from './pool-news.ts';
import type {
  CallEnd,
  CallReport,
  SlotGrant,
  SlotOutcome,
  SlotRefusal,
  SlotRequest,
  Warmth,
} from './ports.ts';
import { performGathered } from './relay-gather.ts';
import { performJson } from './relay-json.ts';
import { makeOutlet } from './relay-outlet.ts';
import { newRunRecord, servedBy, summarize } from './relay-record.ts';
import { performStream, type StreamSink } from './relay-stream.ts';
import { makeWatch } from './relay-watch.ts';
import { turnAway } from './turn-away.ts';

/** A byte stream to the client: what is written on one side is read on the other. */
export interface BytePipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** What the pools are told of calls that are under way. All return at once. */
export interface CallHealth {
  /** How long a first token of this pool may take before it is told as slow; null = unknown. */
  overdueMs(pool: string): number | null;
  /** The replica is about to be called. `streams`: its first token will be seen. */
  begin(grant: SlotGrant, streams: boolean): void;
  firstToken(grant: SlotGrant, tookMs: number): void;
  report(grant: SlotGrant, report: CallReport): void;
  /** Whether the replica, or its whole pool, is left out by now; without it nobody is known to be. */
  isLeftOut?(grant: SlotGrant): boolean;
  /** The time of the probe that the grant gave a right to is over, and the call is not. */
  endProbe(grant: SlotGrant, outcome: OutcomeClass | null): void;
}

/** A version, and the path of the OpenAI API that it is asked at. */
export interface AskedModel {
  readonly version: string;
  readonly path: DispatchRequest['path'];
}

/** What dispatch needs of the world. */
export interface DispatchPorts {
  /**
   * Why nobody need be asked for this slot, by what is known already; null = `acquire` is to be called, which does not decide that again.
   * Without it `acquire` decides.
   */
  turnAway?(request: SlotRequest): SlotRefusal | null;
  /** Waits for a slot until one is free, the deadline passes or `signal` fires. Never throws. */
  acquire(request: SlotRequest, signal: AbortSignal): Promise<Result<SlotGrant, SlotRefusal>>;
  /** Gives the slot back; returns at once. Called exactly once per grant. Without `end` no replica was called. */
  release(grant: SlotGrant, outcome: SlotOutcome, end?: CallEnd): void;
  /** What is told of calls before they end; without it nothing is. */
  readonly health?: CallHealth;
  /** What is known of a version's pool at this moment; null = nothing. */
  sight?(version: string): PoolSight | null;
  /** `asked`: what is called there, for versions that are called at another address than their replica's. */
  fetch(url: string, init: RequestInit, asked: AskedModel): Promise<Response>;
  now(): number;
  /** Keeps work alive after the response has been returned. */
  waitUntil(work: Promise<unknown>): void;
  /** Makes the pipe to the client: `new IdentityTransformStream()` in workerd; without it a `TransformStream` is used. */
  pipe?(): BytePipe;
  /** What retries, substitutes, second replicas and continuations are paid from; without it all are. */
  readonly budget?: AttemptBudget;
  /** Called once for each attempt, when it is over: what breakers are fed with. */
  onAttempt?(report: AttemptReport): void;
  /** In [0, 1), for the jitter of pauses: `Math.random` where it is left out. */
  random?(): number;
}

/** How much a request matters beside others when not all can be served, and how long it will hold its slot. */
export interface RequestPriority {
  readonly criticality: Criticality;
  /** Its tenant's share beside the others'; 1 is usual. */
  readonly weight: number;
  readonly latency: LatencyClass;
}

export interface DispatchRequest {
  /** What may answer, in order; at least one. */
  readonly attempts: readonly AttemptTarget[];
  /** `CAREFUL_POLICY` where it is left out. */
  readonly policy?: AttemptPolicy;
  /** `default`, 1 and `slow` where it is left out. */
  readonly priority?: RequestPriority;
  readonly tenant: string;
  readonly requestId: string;
  readonly path: '/v1/chat/completions' | '/v1/embeddings';
  readonly stream: boolean;
  /** Fires when the client is known to be gone. */
  readonly signal: AbortSignal;
  readonly startedMs: number;
  /** Called when a slot is there; again when another replica takes the place of the first. */
  readonly onServed?: (served: Served) => void;
  /** Called when an answer that broke off goes on from another replica, before its first words from there. */
  readonly onSegment?: (segment: Segment) => void;
  /** Called with each part of the answer that the client gets: whole events without `[DONE]`, or the JSON. Before `onEnd`. */
  readonly onAnswer?: (text: string) => void;
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
  /** Version id of the target. */
  readonly version?: string;
  /** Of a substitute. */
  readonly label?: string;
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
  /** Slots that were leased, for whichever attempt. */
  readonly attempts: number;
  readonly headMs: number | null;
  readonly firstContentMs: number | null;
  readonly totalMs: number;
  /** Read from the replica. */
  readonly bytes: number;
  /** Stream events with content that the client was sent, our own count beside the replica's `usage`. */
  readonly chunks: number;
  readonly finishReason: string | null;
  /** Of the answer alone, whoever gave it. */
  readonly usage: TokenUsage | null;
  /** Boundaries in the answer: 0 when one replica gave it all. */
  readonly segments?: number;
  /** Calls beside the answer, and the tokens that came of them. */
  readonly lost?: { readonly calls: number; readonly completionTokens: number };
  readonly reports?: readonly AttemptReport[];
  /** Refused before anything was begun for it. */
  readonly isTurnedAway?: boolean;
}

/** Never throws for an expected failure. A stream's failure before its first event, within the grace time, is an HTTP failure. */
export async function dispatch(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
): Promise<DispatchOutcome> {
  const turnedAway = turnAway(ports, request, limits);
  if (turnedAway !== null) return turnedAway;
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
  let body = '';
  const run = openRun(ports, request, limits, {
    onServed: (served) => request.onServed?.(served),
    perform: async (attempt) => {
      const isGathered = attempt.settings.target.isGathered === true;
      const reply = await (isGathered ? performGathered(attempt) : performJson(attempt));
      if (reply.ok) body = reply.value;
      return reply.ok ? null : reply.error;
    },
  });
  let failure: Failure | null = { kind: 'internal' };
  try {
    failure = await performAttempts(run);
    if (failure !== null) return { kind: 'failed', failure };
    request.onAnswer?.(body);
    const winner = run.record.attempts.findLast(({ isClaimed }) => isClaimed);
    const served = winner === undefined ? { warmth: null, waitMs: null } : servedBy(run.record, winner);
    return { kind: 'json', body, served };
  } finally {
    closeRun(run, failure);
  }
}

function dispatchStream(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
): Promise<DispatchOutcome> {
  const pipe = (): BytePipe => ports.pipe?.() ?? new TransformStream<Uint8Array, Uint8Array>();
  const run = openRun(ports, request, limits, {
    onBeat: () => outlet.beat(),
    onServed: (served) => {
      outlet.serve(served);
      request.onServed?.(served);
    },
    perform: (attempt) => performStream(attempt, sink),
  });
  const outlet = makeOutlet({ pipe, limits, now: () => ports.now(), watch: run.watch });
  const sink = withListener(outlet, request.onAnswer);
  run.watch.beatAt(request.startedMs + limits.graceMs);
  const work = async (): Promise<void> => {
    let failure: Failure | null = { kind: 'internal' };
    try {
      failure = await performAttempts(run);
    } finally {
      run.watch.close();
      await outlet.finish(failure);
      closeRun(run, failure);
    }
  };
  ports.waitUntil(work());
  return outlet.outcome;
}

/** What the client has taken is told; without a listener nothing is between the relay and its client. */
function withListener(sink: StreamSink, onAnswer: DispatchRequest['onAnswer']): StreamSink {
  if (onAnswer === undefined) return sink;
  return {
    take: async (forward, text) => {
      await sink.take(forward, text);
      onAnswer(forward);
    },
  };
}

type RunParts = Pick<Run, 'onServed' | 'perform'> & { readonly onBeat?: () => void };

/** A request with its clocks running. `closeRun` must be called in the end. */
export function openRun(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
  { onBeat, ...parts }: RunParts,
): Run {
  const deadlineMs = request.startedMs + limits.totalMs;
  const now = (): number => ports.now();
  const clocks = { client: request.signal, deadlineMs, now };
  const watch = makeWatch(onBeat === undefined ? clocks : { ...clocks, onBeat });
  const policy = request.policy ?? CAREFUL_POLICY;
  return { ports, request, limits, policy, watch, record: newRunRecord(), ...parts };
}

/** Stops the clocks and tells how it went, once. */
export function closeRun({ ports, request, watch, record }: Run, failure: Failure | null): void {
  watch.close();
  const span = { startedMs: request.startedMs, endedMs: ports.now() };
  request.onEnd?.(summarize(record, span, failure));
}
