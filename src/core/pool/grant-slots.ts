// Hands free slots to those who wait: which replica, whose turn, what the request met, and what that adds to the books. Pure.
import { countServed, put, type Draft } from './draft.ts';
import { leaseTtlMs } from './pool-settings.ts';
import { nextWaiter } from './queue.ts';
import { charge } from './replica-life.ts';
import { nothingSpeculated, turnsMax, type Replica, type Waiter } from './pool-state.ts';
import type { Grant, Warmth } from './pool-events.ts';

export function grantSlots(draft: Draft): void {
  const granted: { readonly waiterId: string; readonly grant: Omit<Grant, 'contended'> }[] = [];
  while (draft.waiting.length > 0) {
    const waiter = nextWaiter(
      draft.waiting,
      (tenant) => slotsHeld(draft, tenant),
      (tenant) => draft.turns.get(tenant) ?? 0,
    );
    const replica = freeReplica(draft, waiter?.avoid ?? []);
    if (replica === null || waiter === null || replica.endpoint === null) break;
    draft.waiting = draft.waiting.filter((each) => each !== waiter);
    granted.push({ waiterId: waiter.id, grant: grantSlot(draft, replica, waiter, replica.endpoint) });
  }
  const contended = draft.waiting.length > 0;
  for (const { waiterId, grant } of granted) {
    draft.effects.push({ kind: 'grant', waiterId, grant: { ...grant, contended } });
  }
}

/**
 * The hot replica with the fewest free slots, but one: load gathers on few, and the others reach their idle windows. One of `avoid` only
 * where there is no other.
 */
function freeReplica(draft: Draft, avoid: readonly string[]): Replica | null {
  let best: Replica | null = null;
  for (const replica of draft.replicas.values()) {
    if (replica.phase !== 'hot' || replica.leases.length >= draft.settings.slots) continue;
    if (best === null || isBefore(replica, best, avoid)) best = replica;
  }
  return best;
}

/** Of equally full ones the one that was idle last: so the k-th replica is in use only while k are. */
function isBefore(a: Replica, b: Replica, avoid: readonly string[]): boolean {
  const isWorse = avoid.includes(a.id);
  if (isWorse !== avoid.includes(b.id)) return !isWorse;
  if (a.leases.length !== b.leases.length) return a.leases.length > b.leases.length;
  if (a.idleSinceMs !== b.idleSinceMs) return a.idleSinceMs > b.idleSinceMs;
  return a.generation < b.generation;
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
  put(draft, { ...use(draft, replica), leases, leaseCounter });
  const warmth = warmthMet(replica, waiter);
  countServed(draft, warmth, 1);
  countWait(draft, warmth, nowMs - waiter.enqueuedMs);
  if (isFirstUse(replica)) countLevel(draft, warmth, nowMs - waiter.enqueuedMs);
  draft.ledger = { ...draft.ledger, granted: draft.ledger.granted + 1 };
  noteTurn(draft, waiter.tenant);
  return { leaseId, replicaId: replica.id, endpoint, warmth, expiresMs };
}

/** Charges what is over and, on the first use of one that was brought up ahead, clears it of speculation. */
function use(draft: Draft, replica: Replica): Replica {
  const charged = charge(replica, draft.nowMs);
  if (!charged.ahead) return charged;
  const { speculation, prewarms } = draft.ledger;
  draft.ledger = {
    ...draft.ledger,
    speculation: { ...speculation, useful: speculation.useful + 1 },
    ...(charged.forRun && { prewarms: { ...prewarms, useful: prewarms.useful + 1 } }),
  };
  return { ...charged, ahead: false, forRun: false, speculated: nothingSpeculated };
}

function countWait(draft: Draft, warmth: Warmth, waitedMs: number): void {
  if (warmth === 'hot') return;
  const { waits } = draft.ledger;
  const key = warmth === 'cold' ? 'coldMs' : 'parkedMs';
  draft.ledger = { ...draft.ledger, waits: { ...waits, [key]: waits[key] + waitedMs } };
}

/** Nobody has used it since it became hot. */
function isFirstUse({ leases, idleSinceMs, hotSinceMs }: Replica): boolean {
  return leases.length === 0 && idleSinceMs === hotSinceMs;
}

/** Whoever comes first waits longest: one wait for each replica, however many requests one takes at once. */
function countLevel(draft: Draft, warmth: Warmth, waitedMs: number): void {
  if (warmth === 'hot') return;
  const { colds, waitMs } = draft.ledger.levels;
  const levels = { colds: colds + (warmth === 'cold' ? 1 : 0), waitMs: waitMs + waitedMs };
  draft.ledger = { ...draft.ledger, levels };
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
