// The pool's state machine: one event in, the next state, the effects and the next wake out. Owns the order of the steps; each step
// is a file beside it. The host writes the state before it performs the effects, so that every effect may be lost and repeated.
import { unreachable } from '../base/assert.ts';
import { noteServed } from '../resilience/drain-meter.ts';
import { soundPlan } from '../warming/pool-plan.ts';
import { applyCommandOutcome } from './command-outcome.ts';
import { closeDraft, countArrivals, countServed, enterPhase, openDraft, put, type Draft } from './draft.ts';
import { expectRun, noteArrival } from './expect.ts';
import { noteLevel } from './journal.ts';
import { beatTenantsMax } from './use-count.ts';
import { replicasInUse } from './need.ts';
import { joinLine } from './line.ts';
import { applyHealth } from './pool-care.ts';
import { charge } from './replica-life.ts';
import { applyListing } from './reconcile.ts';
import { endSearch, serveLine, settle } from './settle.ts';
import { nextWakeMs } from './wake.ts';
import { backendGraceMs, doubtMs, leaseTtlMs, type PoolSettings } from './pool-settings.ts';
import { notePhases } from './pool-limit.ts';
import type { PoolEffect, PoolEvent, SlotWaiter, TenantCount } from './pool-events.ts';
import { notePresent } from './suspects.ts';
import type { PoolState, Replica } from './pool-state.ts';

export interface PoolDecision {
  readonly state: PoolState;
  readonly effects: readonly PoolEffect[];
  /** When the pool is to be woken at the latest; null = at rest, nothing to do and nothing to pay. */
  readonly wakeMs: number | null;
}

/**
 * Decides what follows from `events`, which came together at `nowMs`: each is applied in its order, and what they add up to is settled once.
 * Total: no event throws, late and repeated ones change nothing.
 */
export function decidePool(
  settings: PoolSettings,
  state: PoolState,
  events: readonly PoolEvent[],
  nowMs: number,
): PoolDecision {
  const draft = openDraft(settings, state, nowMs);
  endSearch(draft);
  for (const event of events) {
    applyEvent(draft, event);
    draft.isServed = false;
  }
  settle(draft);
  draft.journal = noteLevel(draft.journal, draft.nowMs, replicasInUse(draft));
  const has = (kind: PoolEvent['kind']): boolean => events.some((event) => event.kind === kind);
  const leftRest = draft.replicas.size > 0 && (state.replicas.size === 0 || has('restarted'));
  // What is expected of a pool at rest the planner hears with the start that follows.
  const isExpected = has('expect') && draft.ledger.expected !== state.ledger.expected;
  if (leftRest || draft.journal.busy !== state.journal.busy || (isExpected && draft.replicas.size > 0)) {
    draft.effects.push({ kind: 'tell' });
  }
  return { state: closeDraft(draft), effects: draft.effects, wakeMs: nextWakeMs(draft) };
}

function applyEvent(draft: Draft, event: PoolEvent): void {
  switch (event.kind) {
    case 'restarted':
      return applyRestart(draft);
    case 'woke':
      return;
    case 'acquire':
      return applyAcquire(draft, event.waiter);
    case 'cancel':
      draft.waiting = draft.waiting.filter((waiter) => waiter.id !== event.waiterId);
      return;
    case 'release':
      return applyRelease(draft, event);
    case 'beat':
      renewLeases(draft, new Set(event.leaseIds));
      if (event.served !== undefined) draft.drain = noteServed(draft.drain, event.served);
      return countReused(draft, event.reused, event.tenants ?? []);
    case 'plan':
      draft.ledger = { ...draft.ledger, plan: soundPlan(event.plan) };
      return;
    case 'expect':
      draft.ledger = { ...draft.ledger, expected: expectRun(draft.ledger.expected, event, draft.nowMs) };
      return;
    case 'command-done':
      return applyCommandOutcome(draft, event);
    case 'reports':
      return applyReports(draft, event);
    case 'force':
      return void applyHealth(draft, event);
    case 'listed':
      return applyListing(draft, event);
    default:
      return unreachable(event);
  }
}

function applyReports(draft: Draft, event: Extract<PoolEvent, { kind: 'reports' }>): void {
  if (event.reports.length > 0) applyHealth(draft, event);
  if (event.flow !== undefined) draft.limit = notePhases(draft.limit, event.flow, draft.nowMs);
}

/** Whatever was under way when the last life ended is unknown: every command is sent again, the backend's list is compared. */
function applyRestart(draft: Draft): void {
  for (const replica of draft.replicas.values()) put(draft, { ...replica, commandDueMs: draft.nowMs });
  draft.reconcileDueMs = draft.nowMs;
}

function applyAcquire(draft: Draft, { run, ...request }: SlotWaiter): void {
  if (draft.waiting.some((waiter) => waiter.id === request.id)) return;
  countArrivals(draft, request.tenant, 1);
  draft.askedMs = draft.nowMs;
  const expected = noteArrival(draft.ledger.expected, run, draft.nowMs);
  if (expected !== draft.ledger.expected) draft.ledger = { ...draft.ledger, expected };
  // Whoever is refused for a lost backend is told to come back after the grace time: by then it has been looked for again.
  if (draft.backend.downSinceMs !== null)
    draft.reconcileDueMs = Math.min(draft.reconcileDueMs, draft.nowMs + backendGraceMs);
  // Who came a moment before and has a slot is not in this one's way: it must not be refused for a line that is none.
  if (draft.waiting.length > 0 && !draft.isServed) serveLine(draft);
  joinLine(draft, { ...request, enqueuedMs: draft.nowMs });
}

function applyRelease(
  draft: Draft,
  { leaseId, outcome, probe, served, tenant }: Extract<PoolEvent, { kind: 'release' }>,
): void {
  if (probe !== undefined) applyHealth(draft, { kind: 'probe-done', ...probe });
  if (served !== undefined) draft.drain = noteServed(draft.drain, served);
  const replica = [...draft.replicas.values()].find((each) =>
    each.leases.some((lease) => lease.id === leaseId),
  );
  if (replica === undefined) return;
  const leases = replica.leases.filter((lease) => lease.id !== leaseId);
  const user = tenant ?? replica.leases.find((lease) => lease.id === leaseId)?.tenant;
  if (outcome === 'replica-failed' && user !== undefined)
    draft.suspects = notePresent(draft.suspects, replica.id, user);
  const released: Replica = { ...charge(replica, draft.nowMs), leases };
  put(draft, leases.length === 0 ? { ...released, idleSinceMs: draft.nowMs } : released);
  if (outcome === 'answer-failed' || outcome === 'replica-failed') countServed(draft, 'failed', 1);
  if (outcome !== 'replica-failed') return;
  // A request could not talk to it: no new slots until the backend says whether it lives.
  draft.reconcileDueMs = Math.min(draft.reconcileDueMs, draft.nowMs + lookInMs(draft, replica));
  if (released.phase === 'hot') {
    enterPhase(draft, leases.length === 0 ? { ...released, idleSinceMs: draft.nowMs } : released, 'draining');
  }
}

/** All requests of a replica meet its death within moments: while others serve, one look answers for all of them. */
function lookInMs(draft: Draft, { id }: Replica): number {
  const othersServe = [...draft.replicas.values()].some((each) => each.id !== id && each.phase === 'hot');
  return othersServe ? doubtMs : 0;
}

function countReused(draft: Draft, reused: number, tenants: readonly TenantCount[]): void {
  countServed(draft, 'hot', reused);
  let left = reused;
  for (const { tenant, count } of tenants.slice(0, beatTenantsMax)) {
    const known = Math.min(count, left);
    countArrivals(draft, tenant, known);
    left -= known;
  }
  countArrivals(draft, '', left);
}

function renewLeases(draft: Draft, ids: ReadonlySet<string>): void {
  for (const replica of draft.replicas.values()) {
    if (!replica.leases.some((lease) => ids.has(lease.id))) continue;
    const leases = replica.leases.map((lease) =>
      ids.has(lease.id) ? { ...lease, expiresMs: draft.nowMs + leaseTtlMs } : lease,
    );
    put(draft, { ...replica, leases });
  }
}
