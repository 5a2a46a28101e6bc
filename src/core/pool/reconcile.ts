// Compares what the backend says it runs with what the pool has on its books, by id and generation. A replica the backend knows and
// the pool does not is stopped; one the pool counts on and the backend does not is buried. Pure.
import { becomeHot, isBackendDown, markBackendDown, markBackendUp } from './command-outcome.ts';
import { bury, enterPhase, enterStopping, type Draft } from './draft.ts';
import { backendRetryMs, backendRetryMsMax, reconcileEveryMs } from './pool-settings.ts';
import type { PoolEvent } from './pool-events.ts';
import type { Replica } from './pool-state.ts';
import type { ReplicaSighting } from './sighting.ts';

type Listed = Extract<PoolEvent, { kind: 'listed' }>;

export function applyListing(draft: Draft, event: Listed): void {
  if (!event.result.ok) {
    if (isBackendDown(event.result.failure)) markBackendDown(draft, event.result.failure.message);
    const downMs = draft.nowMs - (draft.backend.downSinceMs ?? draft.nowMs);
    draft.reconcileDueMs = draft.nowMs + Math.min(backendRetryMsMax, Math.max(backendRetryMs, downMs));
    return;
  }
  markBackendUp(draft);
  draft.reconcileDueMs = draft.nowMs + reconcileEveryMs;
  const sightings = new Map(event.result.sightings.map((sighting) => [sighting.id, sighting]));
  for (const sighting of event.result.sightings) stopOrphan(draft, sighting);
  for (const replica of draft.replicas.values()) {
    // News older than the phase says nothing about it.
    if (replica.phaseSinceMs > event.askedMs) continue;
    const sighting = sightings.get(replica.id);
    compare(draft, replica, sighting?.generation === replica.generation ? sighting : undefined);
  }
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
      return bury(draft, replica);
    case 'failed':
      return enterStopping(draft, replica, true);
    case 'ready':
      if (replica.phase !== 'hot') becomeHot(draft, replica, sighting);
      return;
    case 'parked':
      if (replica.phase !== 'parked') enterPhase(draft, replica, 'parked', { leases: [] });
      return;
    case 'loading':
    case 'waking':
    case 'draining':
      return;
  }
}
