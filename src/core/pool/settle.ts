// After every event: drop what has run out, hand out free slots, start what is wanted, park and stop what is not, and send the
// commands that are due. Each rule is small and looks at the whole pool. Pure.
import { commandOf } from './command-outcome.ts';
import { countServed, enterPhase, enterStopping, put, type Draft } from './draft.ts';
import { wantedReplicas } from './need.ts';
import { backendGraceMs, commandTimeoutMs, leaseTtlMs, reconcileEveryMs } from './pool-settings.ts';
import { nextWaiter } from './queue.ts';
import { charge } from './replica-life.ts';
import { startReplica } from './start-replica.ts';
import type { Grant, Refusal, Warmth } from './pool-events.ts';
import { turnsMax, type Replica, type Waiter } from './pool-state.ts';

export function settle(draft: Draft): void {
  expire(draft);
  grantSlots(draft);
  bringUp(draft);
  refuseHopeless(draft);
  parkAndStop(draft);
  sendDueCommands(draft);
}

function expire(draft: Draft): void {
  const { nowMs } = draft;
  for (const replica of draft.replicas.values()) {
    const leases = replica.leases.filter((lease) => lease.expiresMs > nowMs);
    if (leases.length === replica.leases.length) continue;
    const left: Replica = { ...charge(replica, nowMs), leases };
    put(draft, leases.length === 0 ? { ...left, idleSinceMs: nowMs } : left);
  }
  for (const waiter of draft.waiting) {
    if (waiter.deadlineMs <= nowMs) refuse(draft, waiter, { kind: 'deadline' });
  }
  draft.waiting = draft.waiting.filter((waiter) => waiter.deadlineMs > nowMs);
  const { plan } = draft.ledger;
  if (plan !== null && plan.untilMs <= nowMs) draft.ledger = { ...draft.ledger, plan: null };
}

function grantSlots(draft: Draft): void {
  const granted: { readonly waiterId: string; readonly grant: Omit<Grant, 'contended'> }[] = [];
  while (draft.waiting.length > 0) {
    const replica = freeReplica(draft);
    const waiter = nextWaiter(
      draft.waiting,
      (tenant) => slotsHeld(draft, tenant),
      (tenant) => draft.turns.get(tenant) ?? 0,
    );
    if (replica === null || waiter === null || replica.endpoint === null) break;
    draft.waiting = draft.waiting.filter((each) => each !== waiter);
    granted.push({ waiterId: waiter.id, grant: grantSlot(draft, replica, waiter, replica.endpoint) });
  }
  const contended = draft.waiting.length > 0;
  for (const { waiterId, grant } of granted) {
    draft.effects.push({ kind: 'grant', waiterId, grant: { ...grant, contended } });
  }
}

/** The oldest hot replica with a free slot: load gathers on few replicas, so that the others reach their idle window. */
function freeReplica(draft: Draft): Replica | null {
  let best: Replica | null = null;
  for (const replica of draft.replicas.values()) {
    if (replica.phase !== 'hot' || replica.leases.length >= draft.settings.slots) continue;
    if (best === null || replica.generation < best.generation) best = replica;
  }
  return best;
}

function slotsHeld(draft: Draft, tenant: string): number {
  let held = 0;
  for (const replica of draft.replicas.values()) {
    for (const lease of replica.leases) if (lease.tenant === tenant) held += 1;
  }
  return held;
}

function grantSlot(
  draft: Draft,
  replica: Replica,
  waiter: Waiter,
  endpoint: string,
): Omit<Grant, 'contended'> {
  const { nowMs } = draft;
  const leaseCounter = replica.leaseCounter + 1;
  const leaseId = `${replica.id}.${leaseCounter}`;
  const expiresMs = nowMs + leaseTtlMs;
  const leases = [...replica.leases, { id: leaseId, tenant: waiter.tenant, expiresMs }];
  put(draft, { ...charge(replica, nowMs), leases, leaseCounter });
  const warmth = warmthMet(replica, waiter);
  countServed(draft, warmth, 1);
  draft.ledger = { ...draft.ledger, granted: draft.ledger.granted + 1 };
  noteTurn(draft, waiter.tenant);
  return { leaseId, replicaId: replica.id, endpoint, warmth, expiresMs };
}

function noteTurn(draft: Draft, tenant: string): void {
  const turns = new Map(draft.turns);
  // Removed first, so that the map stays in the order of the turns.
  turns.delete(tenant);
  turns.set(tenant, draft.ledger.granted);
  const [oldest] = turns.keys();
  if (turns.size > turnsMax && oldest !== undefined) turns.delete(oldest);
  draft.turns = turns;
}

/** What the request met: a replica that was hot when it came, or one that had to be woken or started first. */
function warmthMet(replica: Replica, waiter: Waiter): Warmth {
  if (replica.hotSinceMs <= waiter.enqueuedMs) return 'hot';
  return replica.broughtBy === 'wake' ? 'parked' : 'cold';
}

function bringUp(draft: Draft): void {
  const { replicas: wanted } = wantedReplicas(draft);
  for (let coming = countComing(draft); coming < wanted; coming += 1) {
    const parked = newestParked(draft);
    if (parked !== null) enterPhase(draft, parked, 'waking');
    else if (!startReplica(draft)) return;
  }
}

/** Replicas that serve or are about to. */
export function countComing(draft: Draft): number {
  let coming = 0;
  for (const { phase } of draft.replicas.values()) {
    if (phase === 'hot' || phase === 'starting' || phase === 'waking') coming += 1;
  }
  return coming;
}

function newestParked(draft: Draft): Replica | null {
  let best: Replica | null = null;
  for (const replica of draft.replicas.values()) {
    if (replica.phase === 'parked' && (best === null || replica.phaseSinceMs > best.phaseSinceMs))
      best = replica;
  }
  return best;
}

/** Nobody waits for what cannot come: an early, honest no, with the time after which a retry makes sense. */
function refuseHopeless(draft: Draft): void {
  const refusal = hopeless(draft);
  if (refusal === null) return;
  for (const waiter of draft.waiting) refuse(draft, waiter, refusal);
  draft.waiting = [];
  // What was begun for those who waited is not wanted any more once the backend is back.
  const { replicas: wanted } = wantedReplicas(draft);
  if (refusal.kind !== 'backend-down' || wanted > 0) return;
  for (const replica of draft.replicas.values()) {
    if (replica.phase === 'starting') enterStopping(draft, replica, false);
  }
}

function hopeless(draft: Draft): Refusal | null {
  if (draft.waiting.length === 0) return null;
  const phases = new Set([...draft.replicas.values()].map((replica) => replica.phase));
  if (phases.has('hot')) return null;
  const { downSinceMs } = draft.backend;
  if (downSinceMs !== null && draft.nowMs - downSinceMs >= backendGraceMs) {
    return { kind: 'backend-down', retryAfterMs: backendGraceMs };
  }
  if (countComing(draft) > 0 || phases.has('parking') || phases.has('draining')) return null;
  const { backoff } = draft.ledger;
  if (backoff === null || backoff.untilMs <= draft.nowMs) return null;
  return { kind: 'cannot-start', retryAfterMs: backoff.untilMs - draft.nowMs };
}

function refuse(draft: Draft, waiter: Waiter, refusal: Refusal): void {
  draft.effects.push({ kind: 'refuse', waiterId: waiter.id, refusal });
}

function parkAndStop(draft: Draft): void {
  const { settings, nowMs } = draft;
  const { replicas: wanted } = wantedReplicas(draft);
  const idle = [...draft.replicas.values()]
    .filter((replica) => replica.phase === 'hot' && replica.leases.length === 0)
    .filter((replica) => replica.idleSinceMs + settings.hotIdleMs <= nowMs)
    .sort((a, b) => a.idleSinceMs - b.idleSinceMs);
  // One that still loads may never come: only a replica that serves lets another one go.
  const hot = [...draft.replicas.values()].filter((replica) => replica.phase === 'hot').length;
  for (const replica of idle.slice(0, Math.max(0, hot - wanted))) {
    if (settings.parking) enterPhase(draft, replica, 'parking');
    else enterStopping(draft, replica, false);
  }
  for (const replica of draft.replicas.values()) {
    if (replica.phase !== 'parked' || replica.phaseSinceMs + settings.parkedIdleMs > nowMs) continue;
    enterStopping(draft, replica, false);
  }
}

function sendDueCommands(draft: Draft): void {
  const { nowMs } = draft;
  for (const replica of draft.replicas.values()) {
    const command = commandOf(replica.phase);
    if (command === null || replica.commandDueMs > nowMs) continue;
    put(draft, { ...replica, commandDueMs: nowMs + commandTimeoutMs, attempts: replica.attempts + 1 });
    const { id: replicaId, generation } = replica;
    draft.effects.push({ kind: 'command', command, replicaId, generation });
  }
  if (draft.replicas.size === 0 || draft.reconcileDueMs > nowMs) return;
  draft.reconcileDueMs = nowMs + reconcileEveryMs;
  draft.effects.push({ kind: 'list' });
}
