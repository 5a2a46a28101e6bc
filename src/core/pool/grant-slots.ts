// Hands free slots to those who wait: which replica, whose turn, what the request met, and what that adds to the books. Pure.
import { must } from '../base/assert.ts';
import type { ProbePermit } from '../resilience/breaker.ts';
import { quickRowAfter } from '../resilience/fair-queue.ts';
import { chooseGrant } from './choose-grant.ts';
import { countServed, put, type Draft } from './draft.ts';
import { leaseTtlMs } from './pool-settings.ts';
import { sendElsewhere } from './line.ts';
import { applyHealth } from './pool-care.ts';
import { charge } from './replica-life.ts';
import { nothingSpeculated, turnsMax, type Replica, type Waiter } from './pool-state.ts';
import type { Grant, Warmth } from './pool-events.ts';

export function grantSlots(draft: Draft): void {
  const granted: { readonly waiterId: string; readonly grant: Omit<Grant, 'contended' | 'verdict'> }[] = [];
  for (let choice = chooseGrant(draft); choice !== null; choice = chooseGrant(draft)) {
    const { waiter, replica, isProbe } = choice;
    const permits = isProbe ? askProbe(draft, replica, waiter) : [];
    draft.quickRow = quickRowAfter(draft.waiting, waiter, draft.quickRow);
    draft.waiting = draft.waiting.filter((each) => each !== waiter);
    const grant = grantSlot(draft, replica, waiter);
    granted.push({
      waiterId: waiter.id,
      grant: permits.length === 0 ? grant : { ...grant, permits },
    });
  }
  sendElsewhere(draft);
  const contended = draft.waiting.length > 0;
  const { verdict } = draft.care;
  for (const { waiterId, grant } of granted) {
    draft.effects.push({ kind: 'grant', waiterId, grant: { ...grant, contended, verdict } });
  }
}

function askProbe(draft: Draft, { id }: Replica, waiter: Waiter): readonly ProbePermit[] {
  const permits = applyHealth(draft, { kind: 'ask-probe', replicaId: id, holder: waiter.id });
  return must(permits, 'a probe that is due was refused');
}

function grantSlot(draft: Draft, replica: Replica, waiter: Waiter): Omit<Grant, 'contended' | 'verdict'> {
  const { nowMs } = draft;
  const leaseCounter = replica.leaseCounter + 1;
  const leaseId = `${replica.id}.${leaseCounter}`;
  const expiresMs = nowMs + leaseTtlMs;
  const { tenant, latency } = waiter;
  const lease = { id: leaseId, tenant, expiresMs, ...(latency !== undefined && { latency }) };
  const leases = [...replica.leases, lease];
  put(draft, { ...use(draft, replica), leases, leaseCounter });
  const warmth = warmthMet(replica, waiter);
  countServed(draft, warmth, 1);
  countWait(draft, warmth, nowMs - waiter.enqueuedMs);
  if (isFirstUse(replica)) countLevel(draft, warmth, nowMs - waiter.enqueuedMs);
  draft.ledger = { ...draft.ledger, granted: draft.ledger.granted + 1 };
  noteTurn(draft, waiter.tenant);
  const endpoint = must(replica.endpoint, 'a hot replica without an endpoint');
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
