// What one call shows of its replica, told once: while it goes on when its first token is overdue, otherwise when it ends, and once more
// when one that was told as slow fails after all. Owns what an attempt says for or against a replica; who is told is the ports'.
import type { Failure } from '../core/api/failure.ts';
import { classOfFailure, type OutcomeClass } from '../core/resilience/outcome-class.ts';
import { isStreamed, type Attempt } from './attempt-lane.ts';
import type { CallEnd, SlotGrant } from './ports.ts';

export interface CallWitness {
  /** The call is about to be made. */
  begin(leasedMs: number): void;
  /** The slot goes back, at the moment when it is known how the call ended. */
  end(failure: Failure | null): CallEnd;
}

export function watchCall(attempt: Attempt, grant: SlotGrant): CallWitness {
  const { run, watch, record } = attempt;
  const { ports } = run;
  const streams = isStreamed(attempt);
  let wasSlow = false;
  let hasEnded = false;
  /** Of one that is too late, how long it was waited for. */
  const firstTokenMs = (isLate: boolean): number | null => {
    const { firstContentMs, leasedMs } = record;
    if (!streams || leasedMs === null) return null;
    return firstContentMs === null ? (isLate ? ports.now() - leasedMs : null) : firstContentMs - leasedMs;
  };

  const onOverdue = (): void => {
    if (hasEnded || record.firstContentMs !== null) return;
    wasSlow = true;
    ports.health?.report(grant, { outcome: 'slow', firstTokenMs: firstTokenMs(true) });
  };
  const onProbeDue = (): void => {
    if (hasEnded) return;
    // An answer that does not stream shows nothing before its end.
    const hasBegun = record.firstContentMs !== null;
    ports.health?.endProbe(grant, streams ? (hasBegun ? 'ok' : 'slow') : null);
  };
  return {
    begin: (leasedMs) => {
      // It may have been given up while its slot was on the way.
      if (hasEnded) return;
      ports.health?.begin(grant, streams);
      const overdueMs = streams ? (ports.health?.overdueMs(grant.pool) ?? null) : null;
      if (overdueMs !== null) watch.remind('overdue', leasedMs + overdueMs, onOverdue);
      const { permits = [] } = grant;
      if (permits.length > 0)
        watch.remind('probe', Math.min(...permits.map(({ deadlineMs }) => deadlineMs)), onProbeDue);
    },
    end: (failure) => {
      hasEnded = true;
      const isBeaten = wasBeaten(attempt);
      const outcome = isBeaten ? 'slow' : outcomeOfCall(attempt, failure);
      const tokens = tokensOf(attempt);
      const isTold = wasSlow && (outcome === 'ok' || outcome === 'slow');
      if (outcome === null || isTold) return { outcome, report: null, tokens };
      // Of one that was told as slow, how long it was waited for was told with it.
      const tookMs = wasSlow ? null : firstTokenMs(outcome === 'slow');
      const report = { outcome, firstTokenMs: tookMs, ...(isBeaten && { isBeaten }) };
      return { outcome, report, tokens };
    },
  };
}

/** Another replica was asked beside this one because it showed nothing for too long, and was faster. */
function wasBeaten({ watch, record, settings }: Attempt): boolean {
  const hasShown = record.firstContentMs !== null;
  return watch.isSuperseded() && record.calledMs !== null && !hasShown && settings.kind !== 'hedge';
}

/** Null when no replica was called, or what came says nothing of it: to diverge from another model's words is no fault. */
function outcomeOfCall({ record }: Attempt, failure: Failure | null): OutcomeClass | null {
  if (record.calledMs === null || record.hasDiverged) return null;
  return classOfFailure(failure);
}

function tokensOf({ record }: Attempt): CallEnd['tokens'] {
  const { chunks, firstContentMs, lastContentMs } = record;
  const gapsMs = (lastContentMs ?? 0) - (firstContentMs ?? 0);
  return { gaps: Math.max(0, chunks - 1), gapsMs };
}
