// What follows from the outcome of a command that the backend was given. An outcome that no longer fits the replica's phase or
// generation is late news and changes nothing. Pure.
import { learnLoadTime } from './expect.ts';
import { isCrashing } from './crash-loop.ts';
import { bury, enterPhase, enterStopping, put, type Draft } from './draft.ts';
import { classOf } from './failure-class.ts';
import { tellsOfPlace } from './found-away.ts';
import {
  backendRetryMs,
  backendRetryMsMax,
  loadWeight,
  startBackoffMs,
  startBackoffMsMax,
} from './pool-settings.ts';
import type { PoolCommand, PoolEvent } from './pool-events.ts';
import type { Replica } from './pool-state.ts';
import type { BackendFailure, ReplicaSighting } from './sighting.ts';
import type { ReplicaPhase } from './pool-view.ts';

type CommandDone = Extract<PoolEvent, { kind: 'command-done' }>;

/** The command that a transitional phase waits for. */
export function commandOf(phase: ReplicaPhase): PoolCommand | null {
  switch (phase) {
    case 'starting':
      return 'start';
    case 'parking':
      return 'park';
    case 'waking':
      return 'wake';
    case 'stopping':
      return 'stop';
    case 'hot':
    case 'draining':
    case 'parked':
      return null;
  }
}

export function applyCommandOutcome(draft: Draft, event: CommandDone): void {
  const replica = draft.replicas.get(event.replicaId);
  const isAnswered = event.result.ok || !isBackendDown(event.result.failure);
  if (isAnswered && tellsOfPlace(draft.settings, event.command)) markBackendUp(draft);
  if (replica === undefined || replica.generation !== event.generation) return;
  if (commandOf(replica.phase) !== event.command) return;
  if (!event.result.ok) return applyFailure(draft, replica, event.result.failure);
  if (event.command === 'stop') return bury(draft, replica);
  const { sighting } = event.result;
  if (sighting !== null) applySighting(draft, replica, sighting);
}

function applySighting(draft: Draft, replica: Replica, sighting: ReplicaSighting): void {
  if (sighting.condition === 'failed')
    return failReplica(draft, replica, sighting.reason ?? 'no reason given', true);
  if (replica.phase === 'parking' && sighting.condition === 'parked')
    return void enterPhase(draft, replica, 'parked');
  if (replica.phase !== 'parking' && sighting.condition === 'ready' && sighting.endpoint !== null)
    return becomeHot(draft, replica, sighting);
  if (isOverdue(draft, replica)) return giveUp(draft, replica);
  // Not there yet at the end of a long poll: ask again soon, not at once, so that a backend that answers early cannot make a loop.
  put(draft, { ...replica, commandDueMs: draft.nowMs + backendRetryMs });
}

/** Waking and parking move the same weights as a start: what takes longer than that hangs. */
function isOverdue(draft: Draft, replica: Replica): boolean {
  return draft.nowMs - replica.phaseSinceMs >= draft.settings.startTimeoutMs;
}

function giveUp(draft: Draft, replica: Replica): void {
  failReplica(draft, replica, `not ready within ${draft.settings.startTimeoutMs} ms`, false);
}

/** A replica is ready: it takes requests from now on, and earlier failures to start are forgotten, unless one that is ready dies. */
export function becomeHot(draft: Draft, replica: Replica, sighting: ReplicaSighting): void {
  const broughtBy = replica.phase === 'waking' || replica.phase === 'parked' ? 'wake' : replica.broughtBy;
  learnTime(draft, replica);
  enterPhase(draft, replica, 'hot', {
    endpoint: sighting.endpoint,
    broughtBy,
    // One that was only doubted was hot all the time.
    hotSinceMs: replica.phase === 'draining' ? replica.hotSinceMs : draft.nowMs,
    idleSinceMs: draft.nowMs,
    loadMs: sighting.loadMs,
    wakeMs: sighting.wakeMs,
  });
  if (!isCrashing(draft)) draft.ledger = { ...draft.ledger, backoff: null };
}

/** Not to be tried again with each replica: a plan that wants parked ones would load and stop them in turn. */
function applyUnsupported(draft: Draft, replica: Replica): void {
  if (replica.phase === 'parking') draft.cannotPark = true;
  enterStopping(draft, replica, false);
}

/** What a load or a wake takes, from being wanted to being ready, as an exponentially weighted mean. */
function learnTime(draft: Draft, { phase, phaseSinceMs }: Replica): void {
  if (phase !== 'starting' && phase !== 'waking') return;
  // One that was ready long before its backend could be reached again is no slower for that.
  const tookMs = Math.min(draft.nowMs - phaseSinceMs, draft.settings.startTimeoutMs);
  const learn = (knownMs: number | null): number =>
    knownMs === null ? tookMs : Math.round(knownMs + loadWeight * (tookMs - knownMs));
  const { loads, loadTimes } = draft.ledger;
  draft.ledger =
    phase === 'starting'
      ? {
          ...draft.ledger,
          loads: { ...loads, loadMs: learn(loads.loadMs) },
          loadTimes: learnLoadTime(loadTimes, 'load', tookMs),
        }
      : {
          ...draft.ledger,
          loads: { ...loads, wakeMs: learn(loads.wakeMs) },
          loadTimes: learnLoadTime(loadTimes, 'wake', tookMs),
        };
}

function applyFailure(draft: Draft, replica: Replica, failure: BackendFailure): void {
  switch (failure.kind) {
    case 'timeout':
      // Another command may be answered all the while: the replica hangs, not the backend.
      if (replica.phase !== 'stopping' && isOverdue(draft, replica)) giveUp(draft, replica);
      else retryLater(draft, replica, failure.message);
      return;
    case 'unreachable':
    case 'unauthorized':
    case 'bad-reply':
      return retryLater(draft, replica, failure.message);
    case 'not-found':
      return replica.phase === 'starting'
        ? retryLater(draft, replica, failure.message)
        : bury(draft, replica);
    case 'busy':
      return applyBusy(draft, replica);
    case 'unsupported':
      return applyUnsupported(draft, replica);
    case 'cannot-start':
      return failReplica(draft, replica, failure.message, true);
    case 'no-capacity':
    case 'quota':
      return applyNoRoom(draft, replica, failure);
    case 'stale-generation':
      // The backend has seen later lives than this pool remembers: never reuse a number at or below them.
      bury(draft, replica);
      draft.ledger = {
        ...draft.ledger,
        generation: Math.max(draft.ledger.generation, failure.knownGeneration),
      };
      draft.reconcileDueMs = draft.nowMs;
  }
}

/** Heard, and not done yet: that is the replica's alone, and others are started and stopped meanwhile. */
function applyBusy(draft: Draft, replica: Replica): void {
  // A request is still on it whose lease ran out: it stays hot and is asked again after another idle window.
  if (replica.phase === 'parking')
    return void enterPhase(draft, replica, 'hot', { idleSinceMs: draft.nowMs });
  if (replica.phase !== 'stopping' && isOverdue(draft, replica)) return giveUp(draft, replica);
  askLater(draft, replica);
}

/** Only a start leaves no process behind when there is no room for it. */
function applyNoRoom(
  draft: Draft,
  replica: Replica,
  { message, retryAfterMs }: Extract<BackendFailure, { retryAfterMs: number }>,
): void {
  if (replica.phase === 'starting') bury(draft, replica);
  else enterStopping(draft, replica, false);
  backOff(draft, message, retryAfterMs, true);
}

function retryLater(draft: Draft, replica: Replica, reason: string): void {
  askLater(draft, replica);
  markBackendDown(draft, reason);
}

function askLater(draft: Draft, replica: Replica): void {
  const waitMs = Math.min(backendRetryMsMax, backendRetryMs * 2 ** Math.min(replica.attempts - 1, 10));
  put(draft, { ...replica, commandDueMs: draft.nowMs + waitMs });
}

function failReplica(draft: Draft, replica: Replica, reason: string, dead: boolean): void {
  enterStopping(draft, replica, dead);
  backOff(draft, reason, 0, false);
}

function backOff(draft: Draft, reason: string, atLeastMs: number, lacksRoom: boolean): void {
  const { backoff } = draft.ledger;
  // While a pause lasts nothing is started: what fails meanwhile was begun before it, and is no further try.
  const isFurther = backoff === null || backoff.untilMs <= draft.nowMs;
  const failures = (backoff?.failures ?? 0) + (isFurther ? 1 : 0);
  const waitMs = Math.min(
    startBackoffMsMax,
    Math.max(atLeastMs, startBackoffMs * 2 ** Math.min(failures - 1, 10)),
  );
  draft.ledger = { ...draft.ledger, backoff: { failures, untilMs: draft.nowMs + waitMs, reason, lacksRoom } };
}

export function isBackendDown(failure: BackendFailure): boolean {
  const failed = classOf(failure.kind);
  return failed === 'transient' || failed === 'auth';
}

export function markBackendDown(draft: Draft, reason: string): void {
  draft.backend = { downSinceMs: draft.backend.downSinceMs ?? draft.nowMs, reason };
}

export function markBackendUp(draft: Draft): void {
  if (draft.backend.downSinceMs !== null) draft.backend = { downSinceMs: null, reason: '' };
}
