// What is learned about one request on its way, and the summary made of it at the end for the wide event. Owns no decision.
import type { Failure } from '../core/api/failure.ts';
import type { TokenUsage } from '../core/stream/usage.ts';
import type { DispatchSummary } from './dispatch.ts';
import type { SlotGrant } from './ports.ts';

/** Filled in while the request runs; times are epoch milliseconds. */
export interface RelayRecord {
  attempts: number;
  grant: SlotGrant | null;
  /** Time spent in the queue, over all attempts. */
  waitMs: number | null;
  leasedMs: number | null;
  headMs: number | null;
  firstContentMs: number | null;
  /** The terminal event has come: the replica has done its part. */
  isAnswered: boolean;
  bytes: number;
  chunks: number;
  finishReason: string | null;
  usage: TokenUsage | null;
}

export function newRecord(): RelayRecord {
  return {
    attempts: 0,
    grant: null,
    waitMs: null,
    leasedMs: null,
    headMs: null,
    firstContentMs: null,
    isAnswered: false,
    bytes: 0,
    chunks: 0,
    finishReason: null,
    usage: null,
  };
}

export function summarize(
  record: RelayRecord,
  span: { readonly startedMs: number; readonly endedMs: number },
  failure: Failure | null,
): DispatchSummary {
  const since = (atMs: number | null): number | null => (atMs === null ? null : atMs - span.startedMs);
  return {
    failure,
    served: { warmth: record.grant?.warmth ?? null, waitMs: record.waitMs },
    replicaId: record.grant?.replicaId ?? null,
    attempts: record.attempts,
    headMs: since(record.headMs),
    firstContentMs: since(record.firstContentMs),
    totalMs: span.endedMs - span.startedMs,
    bytes: record.bytes,
    chunks: record.chunks,
    finishReason: record.finishReason,
    usage: record.usage,
  };
}
