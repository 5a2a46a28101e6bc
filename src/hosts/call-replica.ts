// From an attempt to an open reply of one replica: a slot is leased, the replica is called. Owns the lease: whatever happens, it is given
// back exactly once, at the moment the outcome is known.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { unreachable } from '../core/base/assert.ts';
import { isStreamed, type Attempt } from './attempt-lane.ts';
import { planNextAttempt } from './attempt-plan.ts';
import { watchCall, type CallWitness } from './call-witness.ts';
import type { SlotGrant, SlotOutcome, SlotRefusal, SlotRequest } from './ports.ts';
import { EndpointInTheClear } from './replica-fetch.ts';
import { servedBy } from './relay-record.ts';

/** workerd reports a refused connection and a reset one in the same words. A refusal comes within a round trip; what takes longer had
 * probably reached the replica. */
const CONNECT_MS_MAX = 1_000;

/** Told to a client whose time ended in the queue: the pool gave no better estimate. */
const RETRY_AFTER_MS = 5_000;

/** What says that a replica may be gone: nobody there, or a connection that broke. One that answers, however badly, is there. */
const DOUBTS: ReadonlySet<Failure['kind']> = new Set(['replica-unreachable', 'stream-cut']);
/** Faults of a replica that is there: its circuit is told. */
const FAULTS: ReadonlySet<Failure['kind']> = new Set([
  'replica-error',
  'bad-reply',
  'first-token-timeout',
  'idle-timeout',
]);

export interface ReplicaCall {
  readonly response: Response;
  /** Gives the slot back and tells how the call ended, null = well; only the first call counts. */
  settle(failure: Failure | null): void;
}

export async function callReplica(attempt: Attempt): Promise<Result<ReplicaCall, Failure>> {
  const { run, watch, record } = attempt;
  const { ports, request } = run;
  const lease = await leaseSlot(attempt);
  if (!lease.ok) return lease;
  const { grant, settle } = lease.value;
  // The grant and the end of interest can cross. Nothing is awaited between this look and the call.
  const crossed = watch.stopped();
  if (crossed !== null) return err(crossed);
  const calledMs = ports.now();
  record.calledMs = calledMs;
  try {
    const { path } = request;
    const asked = { version: attempt.settings.target.version, path };
    const response = await ports.fetch(`${grant.endpoint}${path}`, requestInit(attempt), asked);
    record.headMs = ports.now();
    return ok({ response, settle });
  } catch (error) {
    const stopped = watch.stopped();
    const failure = stopped ?? failureOf(error, ports.now() - calledMs);
    settle(failure);
    return err(failure);
  }
}

/** What the end of an attempt says of the replica. A deadline of ours, a quota, and a client's fault or absence say nothing against it. */
function outcomeOf(failure: Failure | null, hasHead: boolean): SlotOutcome {
  if (failure === null || failure.kind === 'replica-refused') return 'served';
  if (failure.kind === 'replica-busy') return failure.status === 429 ? 'served' : 'answer-failed';
  if (DOUBTS.has(failure.kind) || (failure.kind === 'replica-error' && !hasHead)) return 'replica-failed';
  return FAULTS.has(failure.kind) ? 'answer-failed' : 'client-gone';
}

interface Lease {
  readonly grant: SlotGrant;
  readonly witness: CallWitness;
  readonly settle: (failure: Failure | null) => void;
}

async function leaseSlot(attempt: Attempt): Promise<Result<Lease, Failure>> {
  const { run, watch, record, settings } = attempt;
  const { ports, request, limits } = run;
  const askedMs = ports.now();
  const deadlineMs = request.startedMs + limits.totalMs;
  const slotDueMs = settings.slotMs === null ? Infinity : askedMs + settings.slotMs;
  watch.expect('wait-timeout', slotDueMs);
  const granted = await acquireUntilStopped(attempt, deadlineMs, slotDueMs);
  watch.expect('wait-timeout', Infinity);
  record.waitMs = ports.now() - askedMs;
  run.record.waitMs = (run.record.waitMs ?? 0) + (settings.kind === 'hedge' ? 0 : record.waitMs);
  if (granted === null || !granted.ok) return err(refusalFailure(watch.stopped(), granted?.error ?? null));
  return startLease(attempt, granted.value, deadlineMs);
}

function startLease(attempt: Attempt, grant: SlotGrant, deadlineMs: number): Result<Lease, Failure> {
  const { run, watch, record, settings } = attempt;
  const { ports, limits } = run;
  const lease = holdSlot(attempt, grant);
  record.leasedMs = ports.now();
  const { target } = settings;
  record.grant = grant;
  // An answer that would come too late is not begun, nor is a second one where the first is.
  if (deadlineMs - record.leasedMs < (target.needMs ?? 0) || !attempt.admit()) {
    lease.settle({ kind: 'client-gone' });
    return err({ kind: 'wait-timeout', retryAfterMs: RETRY_AFTER_MS });
  }
  run.record.leases += 1;
  const firstTokenMs = isStreamed(attempt)
    ? (target.limits?.firstTokenMs ?? limits.firstTokenMs)
    : (target.limits?.wholeMs ?? Infinity);
  lease.witness.begin(record.leasedMs);
  watch.expect('first-token-timeout', record.leasedMs + firstTokenMs);
  if (settings.kind !== 'hedge') run.onServed(servedBy(run.record, record));
  return ok(lease);
}

/** Null when the attempt was given up first; a slot that is granted all the same goes straight back. */
async function acquireUntilStopped(
  attempt: Attempt,
  deadlineMs: number,
  slotByMs: number,
): Promise<Result<SlotGrant, SlotRefusal> | null> {
  const { run, watch, settings } = attempt;
  const { ports, request } = run;
  if (watch.stopped() !== null) return null;
  const { tenant, requestId, priority } = request;
  const { target, avoid } = settings;
  const slot: SlotRequest = {
    pool: target.pool,
    tenant,
    requestId,
    deadlineMs,
    ...(slotByMs < deadlineMs && { slotByMs }),
    ...priority,
    ...(avoid.length === 0 ? {} : { avoid }),
    ...(canGoElsewhere(attempt) && { canGoElsewhere: true }),
  };
  let givenUp = false;
  const asked = ports.acquire(slot, watch.signal).then((answer) => {
    if (givenUp && answer.ok) ports.release(answer.value, 'client-gone');
    return answer;
  });
  let onStop = (): void => {};
  const stopped = new Promise<null>((resolve) => {
    onStop = () => {
      givenUp = true;
      ports.waitUntil(asked);
      resolve(null);
    };
    watch.signal.addEventListener('abort', onStop, { once: true });
  });
  try {
    return await Promise.race([asked, stopped]);
  } finally {
    watch.signal.removeEventListener('abort', onStop);
  }
}

/** Whether the request is answered all the same when this target has no slot for it: a second replica is for speed alone. */
function canGoElsewhere({ run, settings }: Attempt): boolean {
  const { ports, request, policy, limits, record } = run;
  if (settings.kind === 'hedge') return true;
  if (settings.isLastResort === true) return false;
  const step = planNextAttempt({
    targets: request.attempts,
    policy,
    at: settings.at,
    fault: 'no-slot',
    retryAfterMs: null,
    callsHere: 1,
    calls: record.leases,
    leftMs: request.startedMs + limits.totalMs - ports.now(),
    hasSpilled: false,
    draw: 0,
  });
  return step.kind === 'next';
}

/** The slot goes back at once when the attempt is given up, even while a write to a slow client is still under way. */
function holdSlot(attempt: Attempt, grant: SlotGrant): Lease {
  const { run, watch, record } = attempt;
  const witness = watchCall(attempt, grant);
  let settled = false;
  const settle = (failure: Failure | null): void => {
    if (settled) return;
    settled = true;
    watch.signal.removeEventListener('abort', onStop);
    const outcome = outcomeOf(failure, record.headMs !== null);
    run.ports.release(grant, outcome, witness.end(failure));
  };
  const onStop = (): void => {
    const hasEnded = record.isAnswered || record.isFinished;
    settle(hasEnded ? null : watch.stopped());
  };
  if (watch.stopped() === null) watch.signal.addEventListener('abort', onStop, { once: true });
  else onStop();
  return { grant, witness, settle };
}

/** What a request without a slot fails with; `stopped`: it was given up first. */
export function refusalFailure(stopped: Failure | null, refusal: SlotRefusal | null): Failure {
  if (stopped !== null) {
    return stopped.kind === 'total-timeout'
      ? { kind: 'wait-timeout', retryAfterMs: RETRY_AFTER_MS }
      : stopped;
  }
  switch (refusal?.kind) {
    case 'queue-full':
    case 'cannot-start':
    case 'backend-down':
    case 'circuit-open':
      return { kind: refusal.kind, retryAfterMs: refusal.retryAfterMs };
    case 'deadline':
      return { kind: 'wait-timeout', retryAfterMs: RETRY_AFTER_MS };
    case 'cancelled':
    case undefined:
      return { kind: 'client-gone' };
    default:
      return unreachable(refusal);
  }
}

function requestInit(attempt: Attempt): RequestInit {
  const { run, watch, body } = attempt;
  const { request } = run;
  return {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      accept: isStreamed(attempt) ? 'text/event-stream' : 'application/json',
      // The runtime would inflate a small reply into gigabytes before anybody could count it.
      'accept-encoding': 'identity',
      'x-request-id': request.requestId,
    },
    redirect: 'manual',
    signal: watch.signal,
  };
}

function failureOf(error: unknown, tookMs: number): Failure {
  if (error instanceof EndpointInTheClear) return { kind: 'endpoint-in-the-clear', host: error.host };
  return { kind: isConnectFailure(error, tookMs) ? 'replica-unreachable' : 'replica-error' };
}

function isConnectFailure(error: unknown, tookMs: number): boolean {
  if (!(error instanceof Error)) return false;
  // Node names the system call that failed.
  const cause = error.cause;
  if (cause instanceof Error) return 'syscall' in cause && cause.syscall === 'connect';
  return 'retryable' in error && error.retryable === true && tookMs <= CONNECT_MS_MAX;
}
