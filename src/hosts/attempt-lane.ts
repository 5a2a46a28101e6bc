// One attempt on its way, as all parts of the relay share it, and the request that it belongs to. Owns their shapes and that each attempt
// is told of once when it is over; what an attempt does is in call-replica.ts and relay-*.ts.
import type { Failure } from '../core/api/failure.ts';
import type { ChunkEdit } from '../core/stream/chat-stream.ts';
import type { SegmentMode } from '../core/stream/segment.ts';
import { faultOf, isReplicasFault } from './attempt-fault.ts';
import type { AttemptKind, AttemptPolicy, AttemptReport, AttemptTarget } from './attempt-target.ts';
import type { DispatchLimits, DispatchPorts, DispatchRequest, Served } from './dispatch.ts';
import type { AttemptRecord, RunRecord } from './relay-record.ts';
import type { AttemptWatch, Watch } from './relay-watch.ts';

/** One request and everything that is tried for it. */
export interface Run {
  readonly ports: DispatchPorts;
  readonly request: DispatchRequest;
  readonly limits: DispatchLimits;
  readonly policy: AttemptPolicy;
  readonly watch: Watch;
  readonly record: RunRecord;
  /** Called when a slot is there, before its replica is called, and again when another attempt takes over. */
  readonly onServed: (served: Served) => void;
  /** Makes one attempt; null when the answer is whole. Its slot is given back before it returns. */
  readonly perform: (attempt: Attempt) => Promise<Failure | null>;
}

/** What is decided of an attempt before it begins. */
export interface AttemptSettings {
  readonly target: AttemptTarget;
  /** Its place in the request's list. */
  readonly at: number;
  readonly kind: AttemptKind;
  /** How it goes on from what the client has already; null when the client has nothing. */
  readonly mode: SegmentMode | null;
  /** How long it may wait for its slot; null = as long as the request may. */
  readonly slotMs: number | null;
  readonly avoid: readonly string[];
  /** No other target is left: its pool must not send it elsewhere, whatever it thinks of its replicas. */
  readonly isLastResort?: boolean;
}

export interface Attempt {
  readonly run: Run;
  readonly settings: AttemptSettings;
  readonly body: string;
  readonly watch: AttemptWatch;
  readonly record: AttemptRecord;
  readonly edit: ChunkEdit | undefined;
  /** Whether a later target takes over from a model that will not answer. */
  readonly canPassOn: boolean;
  /** The slot is there: whether the replica is to be called. */
  readonly admit: () => boolean;
  /** From here on the client sees this attempt: what it must see first. Null when another attempt was faster. */
  readonly claim: () => string | null;
}

export interface AttemptEnd {
  readonly attempt: Attempt;
  readonly failure: Failure | null;
}

/** Whether the replica is asked for a stream: then its first content is seen when it comes, whatever the client asked for. */
export function isStreamed({ run, settings }: Pick<Attempt, 'run' | 'settings'>): boolean {
  return run.request.stream || settings.target.isGathered === true;
}

/** Makes the attempt and tells of it. */
export async function performAttempt(attempt: Attempt): Promise<AttemptEnd> {
  const { run, watch } = attempt;
  let failure: Failure | null = { kind: 'internal' };
  try {
    failure = await run.perform(attempt);
  } finally {
    watch.close();
    tell(attempt, failure);
  }
  return { attempt, failure };
}

function tell(attempt: Attempt, failure: Failure | null): void {
  const { run, settings, record } = attempt;
  // A second replica that was not to be had is no attempt.
  if (settings.kind === 'hedge' && record.calledMs === null) return;
  const report = makeReport(attempt, failure, run.ports.now());
  run.record.reports.push(report);
  run.ports.onAttempt?.(report);
}

function makeReport(attempt: Attempt, failure: Failure | null, endedMs: number): AttemptReport {
  const { settings, record } = attempt;
  const { target, kind } = settings;
  const outcome = outcomeOfAttempt(attempt, failure);
  const isFault = outcome !== 'answered' && outcome !== 'superseded' && outcome !== 'cancelled';
  const { firstContentMs, lastContentMs, leasedMs, chunks } = record;
  const since = (fromMs: number | null, toMs: number | null): number | null =>
    fromMs === null || toMs === null ? null : toMs - fromMs;
  const spanMs = since(firstContentMs, lastContentMs);
  return {
    pool: target.pool,
    version: target.version,
    label: target.label ?? null,
    kind,
    replicaId: record.grant?.replicaId ?? null,
    outcome,
    isReplicasFault: isFault && outcome !== 'diverged' && isReplicasFault(outcome),
    failure: isFault && outcome !== 'diverged' ? failure : null,
    slotWaitMs: record.waitMs,
    firstTokenMs: since(leasedMs, firstContentMs),
    tokenMs: spanMs === null || chunks < 2 ? null : spanMs / (chunks - 1),
    heldMs: since(leasedMs, endedMs),
    chunks,
    endedMs,
  };
}

function outcomeOfAttempt({ watch, record }: Attempt, failure: Failure | null): AttemptReport['outcome'] {
  if (failure === null) return 'answered';
  if (watch.isSuperseded()) return 'superseded';
  if (record.hasDiverged) return 'diverged';
  return faultOf(failure) ?? 'cancelled';
}
