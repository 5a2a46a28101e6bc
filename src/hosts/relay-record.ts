// What is learned about one request and its attempts on their way, and the summary made of it at the end for the wide event. Owns the
// counting of tokens: those of the answer, and those that were spent beside it. Decides nothing.
import type { Failure } from '../core/api/failure.ts';
import type { SegmentMode } from '../core/stream/segment.ts';
import type { TokenUsage } from '../core/stream/usage.ts';
import type { AttemptReport, AttemptTarget } from './attempt-target.ts';
import type { DispatchSummary, Served } from './dispatch.ts';
import type { SlotGrant } from './ports.ts';

/** Filled in while an attempt runs; times are epoch milliseconds. */
export interface AttemptRecord {
  readonly target: AttemptTarget;
  readonly mode: SegmentMode | null;
  /** Events with content that the client had before, when this attempt went on from there. */
  readonly tokensBefore: number;
  grant: SlotGrant | null;
  /** Time spent in the queue. */
  waitMs: number | null;
  leasedMs: number | null;
  calledMs: number | null;
  headMs: number | null;
  firstContentMs: number | null;
  lastContentMs: number | null;
  /** The client has seen some of it. */
  isClaimed: boolean;
  /** The model has said that it has ended. */
  isFinished: boolean;
  /** The terminal event has come: the replica has done its part. */
  isAnswered: boolean;
  /** It said something else than the text that it was to repeat. */
  hasDiverged: boolean;
  bytes: number;
  chunks: number;
  finishReason: string | null;
  usage: TokenUsage | null;
}

export function newRecord(
  target: AttemptTarget,
  mode: SegmentMode | null,
  tokensBefore: number,
): AttemptRecord {
  return {
    target,
    mode,
    tokensBefore,
    grant: null,
    waitMs: null,
    leasedMs: null,
    calledMs: null,
    headMs: null,
    firstContentMs: null,
    lastContentMs: null,
    isClaimed: false,
    isFinished: false,
    isAnswered: false,
    hasDiverged: false,
    bytes: 0,
    chunks: 0,
    finishReason: null,
    usage: null,
  };
}

/** Filled in while a request runs. */
export interface RunRecord {
  readonly attempts: AttemptRecord[];
  readonly reports: AttemptReport[];
  /** Slots that were leased. */
  leases: number;
  waitMs: number | null;
  firstContentMs: number | null;
  /** Text that the client has; kept only when an answer that breaks off may go on. */
  text: string;
  /** Events with content that the client has. */
  tokens: number;
  /** All that the client has is in `text`. */
  isTextAll: boolean;
  segments: number;
}

export function newRunRecord(): RunRecord {
  return {
    attempts: [],
    reports: [],
    leases: 0,
    waitMs: null,
    firstContentMs: null,
    text: '',
    tokens: 0,
    isTextAll: true,
    segments: 0,
  };
}

export function servedBy(run: RunRecord, { target, grant }: AttemptRecord): Served {
  return {
    warmth: grant?.warmth ?? null,
    waitMs: run.waitMs,
    version: target.version,
    ...(target.label === undefined ? {} : { label: target.label }),
  };
}

export function summarize(
  run: RunRecord,
  span: { readonly startedMs: number; readonly endedMs: number },
  failure: Failure | null,
): DispatchSummary {
  const since = (atMs: number | null): number | null => (atMs === null ? null : atMs - span.startedMs);
  const told = run.attempts.findLast(({ isClaimed }) => isClaimed) ?? run.attempts.findLast(isLeased) ?? null;
  return {
    failure,
    served: told === null ? { warmth: null, waitMs: run.waitMs } : servedBy(run, told),
    replicaId: told?.grant?.replicaId ?? null,
    attempts: run.leases,
    headMs: since(told?.headMs ?? null),
    firstContentMs: since(run.firstContentMs),
    totalMs: span.endedMs - span.startedMs,
    bytes: told?.bytes ?? 0,
    chunks: run.tokens,
    finishReason: told?.finishReason ?? null,
    usage: told === null ? null : usageOfAnswer(told),
    segments: run.segments,
    lost: countLost(run),
    reports: run.reports,
  };
}

function isLeased({ grant }: AttemptRecord): boolean {
  return grant !== null;
}

/** A model that was given the text so far counts it as prompt; in the answer it is what was said. */
function usageOfAnswer({ usage, tokensBefore }: AttemptRecord): TokenUsage | null {
  if (usage === null) return null;
  const moved = Math.min(tokensBefore, usage.promptTokens);
  return {
    promptTokens: usage.promptTokens - moved,
    completionTokens: usage.completionTokens + moved,
  };
}

/** Calls of replicas whose words are not in the answer, and the words of those. */
function countLost({ attempts }: RunRecord): { calls: number; completionTokens: number } {
  const lost = { calls: 0, completionTokens: 0 };
  // From the end: what a repeated answer replaced is not in it, what a continued one went on from is.
  let isOfAnswer = true;
  for (const { isClaimed, mode, calledMs, usage, chunks } of attempts.toReversed()) {
    const counts = isClaimed && isOfAnswer;
    if (counts && mode === 'repeated') isOfAnswer = false;
    if (counts || calledMs === null) continue;
    lost.calls += 1;
    lost.completionTokens += usage?.completionTokens ?? chunks;
  }
  return lost;
}
