// When a pool must be looked at again, if nothing happens before. A pool without replicas and without waiting requests is at rest:
// no wake, no cost. Pure.
import { commandOf } from './command-outcome.ts';
import { expectedReplicas } from './expect.ts';
import type { Draft } from './draft.ts';
import { isFoundAway, lookUntilMs } from './found-away.ts';
import { permitGraceMs } from '../resilience/breaker.ts';
import { backendGraceMs } from './pool-settings.ts';
import { lateAtMs } from './line.ts';
import { decideWarmth } from './warm-pool.ts';
import type { Replica } from './pool-state.ts';

/** The earliest moment at which time alone changes something; null when it never does. */
export function nextWakeMs(draft: Draft): number | null {
  const moments = [...draft.replicas.values()].flatMap((replica) => momentsOf(replica));
  moments.push(...lineMoments(draft));
  const { backoff, plan } = draft.ledger;
  const { short, nextMs, warm } = decideWarmth(draft);
  if (nextMs !== null) moments.push(nextMs);
  if (backoff !== null && short > 0 && backoff.untilMs > draft.nowMs) moments.push(backoff.untilMs);
  if (plan !== null && draft.replicas.size > 0) moments.push(plan.untilMs);
  const expected = expectedReplicas(draft).nextMs;
  if (expected !== null) moments.push(expected);
  for (const { untilMs } of draft.ledger.expected.runs) moments.push(untilMs);
  if (draft.replicas.size > 0) moments.push(draft.reconcileDueMs);
  const endMs = lookUntilMs(draft);
  if (isFoundAway(draft) && warm === 0 && draft.replicas.size > 0 && endMs > draft.nowMs) moments.push(endMs);
  if (moments.length === 0) return null;
  return Math.max(draft.nowMs + 1, Math.min(...moments));
}

/** When those who wait must hear something: that it is too late, that a probe is due, that the backend is gone. */
function lineMoments(draft: Draft): number[] {
  const { waiting, care, backend, nowMs } = draft;
  if (waiting.length === 0) return [];
  const dueMs = care.dueMs ?? -Infinity;
  // Those who wait beside a hot replica are not refused when the grace time ends: that moment comes once. So does a probe's.
  const once = [dueMs, dueMs + permitGraceMs, (backend.downSinceMs ?? -Infinity) + backendGraceMs];
  return [...waiting.map((waiter) => lateAtMs(waiter, draft)), ...once.filter((moment) => moment > nowMs)];
}

function momentsOf(replica: Replica): number[] {
  const moments = replica.leases.map((lease) => lease.expiresMs);
  if (commandOf(replica.phase) !== null) moments.push(replica.commandDueMs);
  return moments;
}
