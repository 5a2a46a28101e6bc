// After every event: drop what has run out, hand out free slots, start what is wanted, park and stop what is not, and send the
// commands that are due. Owns the order; each rule is small and looks at the whole pool. Pure.
import { waitEndMs } from '../resilience/deadline.ts';
import { commandOf, markBackendUp } from './command-outcome.ts';
import { enterStopping, put, type Draft } from './draft.ts';
import { grantSlots } from './grant-slots.ts';
import { forgetVoid } from './expect.ts';
import { isFoundAway, lookUntilMs } from './found-away.ts';
import { cutLine, refuseWaiter, servingSlots } from './line.ts';
import { keepCircuits } from './pool-care.ts';
import { backendGraceMs, commandTimeoutMs, reconcileEveryMs } from './pool-settings.ts';
import { replaceBroken } from './replace-broken.ts';
import { forgetGone } from './suspects.ts';
import { limitSlots } from './pool-limit.ts';
import { waitsForStart } from './start-wait.ts';
import { charge } from './replica-life.ts';
import { bringUp, countComing, decideWarmth, giveUpLoads, putAway } from './warm-pool.ts';
import type { Refusal } from './pool-events.ts';
import type { Replica, Waiter } from './pool-state.ts';

export function settle(draft: Draft): void {
  serveLine(draft);
  cutLine(draft);
  bringUp(draft);
  refuseHopeless(draft);
  giveUpLoads(draft);
  putAway(draft);
  keepCircuits(draft);
  forgetGone(draft);
  sendDueCommands(draft);
}

/** Everybody for whom there is a slot has it, so that whoever still waits does so because there is none. */
export function serveLine(draft: Draft): void {
  expire(draft);
  keepCircuits(draft);
  draft.limit = limitSlots(draft.limit, servingSlots(draft.settings, draft.replicas, draft.care));
  replaceBroken(draft);
  grantSlots(draft);
}

function expire(draft: Draft): void {
  const { nowMs } = draft;
  for (const replica of draft.replicas.values()) {
    const leases = replica.leases.filter((lease) => lease.expiresMs > nowMs);
    if (leases.length === replica.leases.length) continue;
    const left: Replica = { ...charge(replica, nowMs), leases };
    put(draft, leases.length === 0 ? { ...left, idleSinceMs: nowMs } : left);
  }
  for (const waiter of draft.waiting)
    if (waitEndMs(waiter) <= nowMs) refuseWaiter(draft, waiter, { kind: 'deadline' });
  draft.waiting = draft.waiting.filter((waiter) => waitEndMs(waiter) > nowMs);
  const { plan } = draft.ledger;
  if (plan !== null && plan.untilMs <= nowMs) draft.ledger = { ...draft.ledger, plan: null };
  const expected = forgetVoid(draft.ledger.expected, nowMs);
  if (expected !== draft.ledger.expected) draft.ledger = { ...draft.ledger, expected };
}

/**
 * Nobody waits for what cannot come: an early, honest no, with the time after which a retry makes sense. What may be there by then is waited
 * for by those who have the time and nowhere else to go.
 */
function refuseHopeless(draft: Draft): void {
  const refusal = hopeless(draft);
  if (refusal === null) return;
  const staying: Waiter[] = [];
  for (const waiter of draft.waiting) {
    if (refusal.kind === 'cannot-start' && waitsForStart(draft, waiter)) staying.push(waiter);
    else refuseWaiter(draft, waiter, refusal);
  }
  draft.waiting = staying;
  // What was begun for those who waited is not wanted any more once the backend is back.
  if (refusal.kind !== 'backend-down' || decideWarmth(draft).warm > 0) return;
  const begun = begunForThoseWhoAsk(draft);
  // One start that costs nothing asks on, so that nobody else has to wait to find out.
  for (const replica of isFoundAway(draft) ? begun.slice(1) : begun) enterStopping(draft, replica, false);
}

function begunForThoseWhoAsk({ replicas }: Draft): readonly Replica[] {
  return [...replicas.values()].filter(({ phase, ahead }) => phase === 'starting' && !ahead);
}

/** Once nobody has asked for a while, a fixed endpoint that is away is not looked for any more, and what was found of it is forgotten. */
export function endSearch(draft: Draft): void {
  if (!isFoundAway(draft) || draft.nowMs < lookUntilMs(draft) || decideWarmth(draft).warm > 0) return;
  for (const replica of begunForThoseWhoAsk(draft)) enterStopping(draft, replica, false);
  // Whatever else there is goes on being looked at.
  if ([...draft.replicas.values()].every(({ phase }) => phase === 'stopping')) markBackendUp(draft);
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
