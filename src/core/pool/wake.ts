// When a pool must be looked at again, if nothing happens before. A pool without replicas and without waiting requests is at rest:
// no wake, no cost. Pure.
import { commandOf } from './command-outcome.ts';
import type { Draft } from './draft.ts';
import { wantedReplicas } from './need.ts';
import { backendGraceMs } from './pool-settings.ts';
import { countComing } from './settle.ts';
import type { Replica } from './pool-state.ts';

/** The earliest moment at which time alone changes something; null when it never does. */
export function nextWakeMs(draft: Draft): number | null {
  const moments = [...draft.replicas.values()].flatMap((replica) => momentsOf(draft, replica));
  for (const waiter of draft.waiting) moments.push(waiter.deadlineMs);
  const { backoff, plan } = draft.ledger;
  const wanted = wantedReplicas(draft).replicas;
  if (backoff !== null && wanted > countComing(draft) && backoff.untilMs > draft.nowMs)
    moments.push(backoff.untilMs);
  if (plan !== null && draft.replicas.size > 0) moments.push(plan.untilMs);
  const { downSinceMs } = draft.backend;
  const graceEndMs = (downSinceMs ?? -Infinity) + backendGraceMs;
  // Those who wait beside a hot replica are not refused when the grace time ends: that moment comes once.
  if (draft.waiting.length > 0 && graceEndMs > draft.nowMs) moments.push(graceEndMs);
  if (draft.replicas.size > 0) moments.push(draft.reconcileDueMs);
  if (moments.length === 0) return null;
  return Math.max(draft.nowMs + 1, Math.min(...moments));
}

function momentsOf(draft: Draft, replica: Replica): number[] {
  const { settings } = draft;
  const moments = replica.leases.map((lease) => lease.expiresMs);
  if (commandOf(replica.phase) !== null) moments.push(replica.commandDueMs);
  if (replica.phase === 'parked') moments.push(replica.phaseSinceMs + settings.parkedIdleMs);
  if (replica.phase === 'hot' && replica.leases.length === 0) {
    const idleOutMs = replica.idleSinceMs + settings.hotIdleMs;
    // A replica that floor or plan holds past its window is looked at again when the plan ends.
    if (idleOutMs > draft.nowMs) moments.push(idleOutMs);
  }
  return moments;
}
