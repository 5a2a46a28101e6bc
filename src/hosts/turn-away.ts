// Refuses a request before anything is begun for it, where its only target would refuse it without asking anybody: no clocks, no signals, no
// attempt. In a storm that is most of what a gateway does, and what it takes is taken from those who are served. Decides nothing: the
// isolate's book of the pool does.
import type { DispatchLimits, DispatchOutcome, DispatchPorts, DispatchRequest } from './dispatch.ts';
import { CAREFUL_POLICY } from './attempt-target.ts';
import { refusalFailure } from './call-replica.ts';
import { newRunRecord, summarize } from './relay-record.ts';

/** Null when the request is to be served as far as anybody knows, or may be by another target. Tells of its end. */
export function turnAway(
  ports: DispatchPorts,
  request: DispatchRequest,
  { totalMs }: DispatchLimits,
): DispatchOutcome | null {
  const { attempts, policy = CAREFUL_POLICY, priority, tenant, requestId, startedMs } = request;
  const [target, another] = attempts;
  const isFinal = another === undefined && !policy.retryOn.includes('no-slot') && !request.signal.aborted;
  if (target === undefined || !isFinal || ports.turnAway === undefined) return null;
  const deadlineMs = startedMs + totalMs;
  const refusal = ports.turnAway({ pool: target.pool, tenant, requestId, deadlineMs, ...priority });
  if (refusal === null) return null;
  const failure = refusalFailure(null, refusal);
  const record = { ...newRunRecord(), waitMs: 0 };
  const summary = summarize(record, { startedMs, endedMs: ports.now() }, failure);
  request.onEnd?.({ ...summary, isTurnedAway: true });
  return { kind: 'failed', failure };
}
