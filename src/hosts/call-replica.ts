// From a request to an open reply of one replica: a slot is leased, the replica is called, a dead replica is left for another slot
// once. Owns the lease: whatever happens, it is given back exactly once, at the moment the outcome is known.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { unreachable } from '../core/base/assert.ts';
import type { DispatchLimits, DispatchPorts, DispatchRequest, Served } from './dispatch.ts';
import type { SlotGrant, SlotOutcome, SlotRefusal } from './ports.ts';
import type { RelayRecord } from './relay-record.ts';
import type { Watch } from './relay-watch.ts';

/** A second replica may be as dead as the first, and a request that kills replicas must not walk through the pool. */
const ATTEMPTS_MAX = 2;

/** workerd reports a refused connection and a reset one in the same words. A refusal comes within a round trip; what takes longer had
 * probably reached the replica, and a request that was being worked on is not sent twice. */
const CONNECT_MS_MAX = 1_000;

/** Told to a client whose time ended in the queue: the pool gave no better estimate. */
const RETRY_AFTER_MS = 5_000;

const REPLICA_FAULTS: ReadonlySet<Failure['kind']> = new Set([
  'replica-unreachable',
  'replica-error',
  'bad-reply',
  'stream-cut',
  'first-token-timeout',
  'idle-timeout',
]);

/** One request on its way, as all parts of the relay share it. */
export interface Turn {
  readonly ports: DispatchPorts;
  readonly request: DispatchRequest;
  readonly limits: DispatchLimits;
  readonly watch: Watch;
  readonly record: RelayRecord;
  /** Called when a slot is there, before the replica is called; a second time when the first replica was dead. */
  readonly onServed: (served: Served) => void;
}

export interface ReplicaCall {
  readonly response: Response;
  /** Gives the slot back; only the first call counts. */
  settle(outcome: SlotOutcome): void;
}

export async function callReplica(turn: Turn): Promise<Result<ReplicaCall, Failure>> {
  for (;;) {
    const lease = await leaseSlot(turn);
    if (!lease.ok) return lease;
    const { grant, settle } = lease.value;
    // The grant and the end of interest can cross. Nothing is awaited between this look and the call.
    const crossed = turn.watch.stopped();
    if (crossed !== null) return err(crossed);
    const calledMs = turn.ports.now();
    try {
      const response = await turn.ports.fetch(`${grant.endpoint}${turn.request.path}`, requestInit(turn));
      turn.record.headMs = turn.ports.now();
      return ok({ response, settle });
    } catch (error) {
      const stopped = turn.watch.stopped();
      settle(stopped === null ? 'replica-failed' : outcomeOf(stopped));
      if (stopped !== null) return err(stopped);
      const tookMs = turn.ports.now() - calledMs;
      if (!isConnectFailure(error, tookMs)) return err({ kind: 'replica-error' });
      if (turn.record.attempts >= ATTEMPTS_MAX) return err({ kind: 'replica-unreachable' });
    }
  }
}

/** What the end of a request says of the replica. A deadline of ours, and a client's fault or absence, say nothing against it. */
export function outcomeOf(failure: Failure | null): SlotOutcome {
  if (failure === null || failure.kind === 'replica-refused') return 'served';
  return REPLICA_FAULTS.has(failure.kind) ? 'replica-failed' : 'client-gone';
}

interface Lease {
  readonly grant: SlotGrant;
  readonly settle: (outcome: SlotOutcome) => void;
}

async function leaseSlot(turn: Turn): Promise<Result<Lease, Failure>> {
  const { ports, request, limits, watch, record } = turn;
  const askedMs = ports.now();
  // A first replica may have been left: its clock must not run while the request waits for another.
  watch.expect('first-token-timeout', Infinity);
  const granted = await acquireUntilStopped(turn);
  record.waitMs = (record.waitMs ?? 0) + ports.now() - askedMs;
  if (granted === null || !granted.ok) return err(refusalFailure(watch.stopped(), granted?.error ?? null));
  const lease = holdSlot(turn, granted.value);
  record.attempts += 1;
  record.grant = granted.value;
  record.leasedMs = ports.now();
  if (request.stream) watch.expect('first-token-timeout', record.leasedMs + limits.firstTokenMs);
  turn.onServed({ warmth: granted.value.warmth, waitMs: record.waitMs });
  return ok(lease);
}

/** Null when the request was given up first; a slot that is granted all the same goes straight back. */
async function acquireUntilStopped(turn: Turn): Promise<Result<SlotGrant, SlotRefusal> | null> {
  const { ports, request, limits, watch } = turn;
  if (watch.stopped() !== null) return null;
  const { pool, tenant, requestId } = request;
  const deadlineMs = request.startedMs + limits.totalMs;
  let givenUp = false;
  const asked = ports.acquire({ pool, tenant, requestId, deadlineMs }, watch.signal).then((answer) => {
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

/** The slot goes back at once when the request is given up, even while a write to a slow client is still under way. */
function holdSlot(turn: Turn, grant: SlotGrant): Lease {
  let settled = false;
  const settle = (outcome: SlotOutcome): void => {
    if (settled) return;
    settled = true;
    turn.watch.signal.removeEventListener('abort', onStop);
    turn.ports.release(grant, outcome);
  };
  const onStop = (): void => settle(turn.record.isAnswered ? 'served' : outcomeOf(turn.watch.stopped()));
  if (turn.watch.stopped() === null) turn.watch.signal.addEventListener('abort', onStop, { once: true });
  else onStop();
  return { grant, settle };
}

function refusalFailure(stopped: Failure | null, refusal: SlotRefusal | null): Failure {
  if (stopped !== null) {
    return stopped.kind === 'total-timeout'
      ? { kind: 'wait-timeout', retryAfterMs: RETRY_AFTER_MS }
      : stopped;
  }
  switch (refusal?.kind) {
    case 'queue-full':
    case 'cannot-start':
    case 'backend-down':
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

function requestInit(turn: Turn): RequestInit {
  const { request, watch } = turn;
  return {
    method: 'POST',
    body: request.body,
    headers: {
      'content-type': 'application/json',
      accept: request.stream ? 'text/event-stream' : 'application/json',
      // The runtime would inflate a small reply into gigabytes before anybody could count it.
      'accept-encoding': 'identity',
      'x-request-id': request.requestId,
    },
    redirect: 'manual',
    signal: watch.signal,
  };
}

function isConnectFailure(error: unknown, tookMs: number): boolean {
  if (!(error instanceof Error)) return false;
  // Node names the system call that failed.
  const cause = error.cause;
  if (cause instanceof Error) return 'syscall' in cause && cause.syscall === 'connect';
  return 'retryable' in error && error.retryable === true && tookMs <= CONNECT_MS_MAX;
}
