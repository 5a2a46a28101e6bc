// How many requests a pool's replicas are given at once: what is configured, or fewer where they show that they cannot do so many. Owns the
// windows in which the isolates' reports are put together; the limit itself is core/resilience's. Pure.
import { decideLimit, limitOf, newLimit, setSlots, type LimitState } from '../resilience/adaptive-limit.ts';
import { addPhases, noPhases, type PhaseReport } from '../resilience/phase-meter.ts';

export interface PoolLimit {
  /** Null before a replica was hot. */
  readonly limit: LimitState | null;
  /** What isolates have told since `sinceMs`, by isolate. */
  readonly told: ReadonlyMap<string, PhaseReport>;
  readonly sinceMs: number;
  /** Windows in a row that said plainly that it is too much. */
  readonly plainRow: number;
}

export const noLimit: PoolLimit = { limit: null, told: new Map(), sinceMs: -Infinity, plainRow: 0 };

/** Isolates tell at least so often while they use the pool: each window has a word of all that matter. */
const windowMs = 2_000;
/** More isolates than use one pool at a time; what others tell is not counted, and the sum is a sample. */
const isolatesMax = 64;

/** More or fewer slots are there to be used. */
export function limitSlots(before: PoolLimit, slots: number): PoolLimit {
  if (slots === 0) return before;
  const limit = before.limit === null ? newLimit(slots) : setSlots(before.limit, slots);
  return limit === before.limit ? before : { ...before, limit };
}

/** An isolate's word; at the end of a window the limit moves. */
export function notePhases(
  before: PoolLimit,
  { isolate, phases }: { readonly isolate: string; readonly phases: PhaseReport },
  nowMs: number,
): PoolLimit {
  if (!isSound(phases)) return before;
  // One window follows on the other; after a pause the next begins with its first word.
  const hasPaused = before.told.size === 0 && nowMs - before.sinceMs > 2 * windowMs;
  const sinceMs = hasPaused ? nowMs : before.sinceMs;
  const known = before.told.get(isolate);
  if (known === undefined && before.told.size >= isolatesMax) return before;
  const told = new Map(before.told).set(isolate, known === undefined ? phases : addPhases(known, phases));
  if (nowMs - sinceMs < windowMs || before.limit === null) return { ...before, told, sinceMs };
  const report = joinTold(told);
  const plainRow = isPlain(before.limit, report) ? before.plainRow + 1 : 0;
  const limit = nextLimit(before.limit, report, plainRow);
  return { limit, told: new Map(), sinceMs: nowMs, plainRow };
}

/** First tokens, or gaps, that take so much longer than usual are no chance, and no lateness of whoever measures. */
const firstFactor = 2;
const gapFactor = 1.5;
/** One window may have seen a burst, or a machine that had something else to do. */
const plainRowMin = 2;
/** With fewer in flight, of those that may be, it is not their number that makes them slow: there was room for more. */
const pressedShare = 0.8;
/** Where it is slower than usual, and not plainly, the limit comes back by so much with each window: a minute from a half to the whole. */
const backGrowth = 0.02;

/** The limit goes down only where it is plain that the replicas have too much to do: what is configured is most often right. */
function nextLimit(before: LimitState, report: PhaseReport, plainRow: number): LimitState {
  const next = decideLimit(before, report);
  const isBack = next.limit > before.limit || next.limit === next.limitMax;
  if (isBack || plainRow >= plainRowMin) return next;
  const growth = plainRow === 0 ? backGrowth : 0;
  return { ...before, flow: next.flow, limit: Math.min(before.limitMax, before.limit * (1 + growth)) };
}

function isPlain({ firstMs, gapMs, limit }: LimitState, report: PhaseReport): boolean {
  const { ms, inFlightMs, awaitingMs, firstTokens, firstTokensMs, gaps, gapsMs } = report;
  if (inFlightMs / ms < pressedShare * limit) return false;
  // By Little's law, which shows a queue before the first of its victims is served, or by those that were.
  const presentMs = Math.max(awaitingMs, firstTokensMs) / Math.max(1, firstTokens);
  const isLate = firstMs !== null && presentMs > firstFactor * firstMs;
  return isLate || (gapMs !== null && gaps > 0 && gapsMs / gaps > gapFactor * gapMs);
}

/** Requests in flight at most, of a pool with so many slots. */
export function inFlightMax({ limit }: PoolLimit, slots: number): number {
  return limit === null ? slots : Math.min(slots, limitOf(limit));
}

/** What all isolates did in the mean of the times for which they watched. */
function joinTold(told: ReadonlyMap<string, PhaseReport>): PhaseReport {
  const reports = [...told.values()];
  const ms = reports.reduce((sum, each) => sum + each.ms, 0) / reports.length;
  const joined = reports.reduce((sum, each) => addPhases(sum, scalePhases(each, ms / each.ms)), noPhases);
  return { ...joined, ms };
}

function scalePhases(report: PhaseReport, factor: number): PhaseReport {
  return {
    ms: report.ms * factor,
    inFlightMs: report.inFlightMs * factor,
    awaitingMs: report.awaitingMs * factor,
    firstTokens: report.firstTokens * factor,
    firstTokensMs: report.firstTokensMs * factor,
    gaps: report.gaps * factor,
    gapsMs: report.gapsMs * factor,
    ended: report.ended * factor,
  };
}

/** What an isolate tells may hold anything. */
function isSound(phases: PhaseReport): boolean {
  return phases.ms > 0 && Object.values(phases).every((value) => value >= 0 && value < Infinity);
}
