// Compares what the backend says it runs with what the pool has on its books, by id and generation. A replica the backend knows and
// the pool does not is stopped; one the pool counts on and the backend does not is buried. Pure.
import { becomeHot, isBackendDown, markBackendDown, markBackendUp } from './command-outcome.ts';
import { noteCrash } from './crash-loop.ts';
import { bury, enterPhase, enterStopping, put, type Draft } from './draft.ts';
import { listTellsOfPlace } from './found-away.ts';
import { backendRetryMs, backendRetryMsMax, reconcileEveryMs } from './pool-settings.ts';
import type { PoolEvent } from './pool-events.ts';
import type { Replica } from './pool-state.ts';
import { noteDeath } from './suspects.ts';
import type { ReplicaSighting } from './sighting.ts';

type Listed = Extract<PoolEvent, { kind: 'listed' }>;

export function applyListing(draft: Draft, event: Listed): void {
  if (!event.result.ok) {
    if (isBackendDown(event.result.failure)) markBackendDown(draft, event.result.failure.message);
    draft.reconcileDueMs = isStillAsked(draft, event)
      ? Math.min(draft.reconcileDueMs, draft.nowMs + retryAfterMs(draft))
      : draft.nowMs + retryAfterMs(draft);
    return;
  }
  if (listTellsOfPlace(draft.settings, event.result.sightings)) {
    if (draft.backend.downSinceMs !== null) sendMissed(draft);
    markBackendUp(draft);
  }
  if (!isStillAsked(draft, event)) draft.reconcileDueMs = draft.nowMs + reconcileEveryMs;
  const sightings = new Map(event.result.sightings.map((sighting) => [sighting.id, sighting]));
  for (const sighting of event.result.sightings) stopOrphan(draft, sighting);
  for (const replica of draft.replicas.values()) {
    // News older than the phase says nothing about it.
    if (replica.phaseSinceMs > event.askedMs) continue;
    const sighting = sightings.get(replica.id);
    compare(draft, replica, sighting?.generation === replica.generation ? sighting : undefined);
  }
}

/** Whether a replica came into doubt after the question: this answer says nothing of it, and the look that is due is still to be made. */
function isStillAsked({ replicas }: Draft, { askedMs }: Listed): boolean {
  return [...replicas.values()].some(
    ({ phase, phaseSinceMs }) => phase === 'draining' && phaseSinceMs > askedMs,
  );
}

/** What the backend missed while it was away is not left to wait for its next try. */
function sendMissed(draft: Draft): void {
  for (const replica of draft.replicas.values()) put(draft, { ...replica, commandDueMs: draft.nowMs });
}

/** Soon at first, then ever later; a backend that answers, though not with a list, is asked at the usual pace. */
function retryAfterMs(draft: Draft): number {
  const { downSinceMs } = draft.backend;
  if (downSinceMs === null) return reconcileEveryMs;
  return Math.min(backendRetryMsMax, Math.max(backendRetryMs, draft.nowMs - downSinceMs));
}

function stopOrphan(draft: Draft, sighting: ReplicaSighting): void {
  if (draft.replicas.get(sighting.id)?.generation === sighting.generation) return;
  const { id: replicaId, generation } = sighting;
  draft.effects.push({ kind: 'command', command: 'stop', replicaId, generation });
}

function compare(draft: Draft, replica: Replica, sighting: ReplicaSighting | undefined): void {
  switch (replica.phase) {
    case 'hot':
    case 'draining':
    case 'parked':
      return compareSettled(draft, replica, sighting);
    case 'stopping':
      if (sighting === undefined) bury(draft, replica);
      return;
    case 'starting':
    case 'parking':
    case 'waking':
      // The outcome of the command under way tells more than a list does.
      return;
  }
}

function compareSettled(draft: Draft, replica: Replica, sighting: ReplicaSighting | undefined): void {
  switch (sighting?.condition) {
    case undefined:
      noteDeathOf(draft, replica);
      return bury(draft, replica);
    case 'failed':
      noteDeathOf(draft, replica);
      return enterStopping(draft, replica, true);
    case 'ready':
      if (replica.phase !== 'hot' && sighting.endpoint !== null) becomeHot(draft, replica, sighting);
      return;
    case 'parked':
      if (replica.phase !== 'parked') enterPhase(draft, replica, 'parked', { leases: [] });
      return;
    case 'draining':
      // It refuses new requests, whoever told it to.
      if (replica.phase === 'hot') enterPhase(draft, replica, 'draining');
      else letGo(draft, replica);
      return;
    case 'loading':
    case 'waking':
      return letGo(draft, replica);
  }
}

/** One that was parked served nobody. */
function noteDeathOf(draft: Draft, replica: Replica): void {
  if (replica.phase === 'parked') return;
  noteDeath(draft, replica);
  noteCrash(draft, replica);
}

/** One that gets no new slots and does not say that it could serve has no way back: it goes when its last request has ended. */
function letGo(draft: Draft, replica: Replica): void {
  if (replica.phase === 'draining' && replica.leases.length === 0) enterStopping(draft, replica, false);
}
