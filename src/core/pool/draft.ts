// A pool's state while one event is being decided: copied on entry, changed in place by the rules, frozen again on the way out, so
// that the rules read as plain steps and the decision as a whole stays a pure function.
import type { DrainMeter } from '../resilience/drain-meter.ts';
import type { CrashLoop } from './crash-loop.ts';
import { addLives, charge } from './replica-life.ts';
import { noteArrivals, type Journal } from './journal.ts';
import type { PoolCare } from './pool-care.ts';
import type { PoolEffect, Warmth } from './pool-events.ts';
import type { PoolLimit } from './pool-limit.ts';
import type { PoolSettings } from './pool-settings.ts';
import {
  type BackendHealth,
  type PoolLedger,
  type PoolState,
  type Replica,
  type Waiter,
} from './pool-state.ts';
import type { Suspects } from './suspects.ts';
import type { ReplicaPhase } from './pool-view.ts';

export interface Draft {
  readonly settings: PoolSettings;
  readonly nowMs: number;
  readonly replicas: Map<string, Replica>;
  ledger: PoolLedger;
  waiting: Waiter[];
  backend: BackendHealth;
  reconcileDueMs: number;
  askedMs: number;
  cannotPark: boolean;
  journal: Journal;
  turns: ReadonlyMap<string, number>;
  care: PoolCare;
  drain: DrainMeter;
  quickSeenMs: number;
  quickRow: number;
  suspects: Suspects;
  crashes: CrashLoop;
  limit: PoolLimit;
  /** Nobody waits for whom there is a slot, as at the end of every turn: looking again would cost a walk along the line. */
  isServed: boolean;
  readonly effects: PoolEffect[];
}

export function openDraft(settings: PoolSettings, state: PoolState, nowMs: number): Draft {
  return {
    settings,
    nowMs: Math.max(nowMs, state.nowMs),
    replicas: new Map(state.replicas),
    ledger: state.ledger,
    waiting: [...state.waiting],
    backend: state.backend,
    reconcileDueMs: state.reconcileDueMs,
    askedMs: state.askedMs,
    cannotPark: state.cannotPark,
    journal: state.journal,
    turns: state.turns,
    care: state.care,
    drain: state.drain,
    quickSeenMs: state.quickSeenMs,
    quickRow: state.quickRow,
    suspects: state.suspects,
    crashes: state.crashes,
    limit: state.limit,
    isServed: true,
    effects: [],
  };
}

export function closeDraft(draft: Draft): PoolState {
  const { settings: _settings, isServed: _isServed, effects: _effects, ...state } = draft;
  return state;
}

/** Replaces a replica's row. */
export function put(draft: Draft, replica: Replica): void {
  draft.replicas.set(replica.id, replica);
}

/** Charges the phase that ends and enters the next; a transitional phase's command is due at once. */
export function enterPhase(
  draft: Draft,
  replica: Replica,
  phase: ReplicaPhase,
  patch: Partial<Replica> = {},
): Replica {
  const { nowMs } = draft;
  const next: Replica = {
    ...charge(replica, nowMs),
    phase,
    phaseSinceMs: nowMs,
    commandDueMs: nowMs,
    attempts: 0,
    ...patch,
  };
  put(draft, next);
  return next;
}

/** On the way out: no leases any more, the stop command is due. `dead` says that its process is known to be gone. */
export function enterStopping(draft: Draft, replica: Replica, dead: boolean): void {
  if (replica.phase === 'stopping') {
    if (dead && !replica.dead) put(draft, { ...replica, dead });
    return;
  }
  const wasParked = replica.phase === 'parked' || replica.phase === 'waking';
  enterPhase(draft, replica, 'stopping', { leases: [], dead, wasParked });
}

/** The replica exists no more: its life is closed and added to the past; what was spent on one that nobody used was wasted. */
export function bury(draft: Draft, replica: Replica): void {
  const { life, ahead, speculated } = charge(replica, draft.nowMs);
  countWasted(draft, charge(replica, draft.nowMs));
  const { past, speculation } = draft.ledger;
  draft.replicas.delete(replica.id);
  draft.ledger = {
    ...draft.ledger,
    past: { replicas: past.replicas + 1, life: addLives(past.life, life) },
    speculation: !ahead
      ? speculation
      : {
          ...speculation,
          hotMs: speculation.hotMs + speculated.hotMs,
          parkedMs: speculation.parkedMs + speculated.parkedMs,
          wasted: speculation.wasted + 1,
        },
  };
}

/** One that was brought up for a run is put away, and nobody has used it. */
export function countWasted(draft: Draft, { ahead, forRun, speculated }: Replica): void {
  if (!ahead || !forRun) return;
  const { prewarms } = draft.ledger;
  const wastedMs = prewarms.wastedMs + speculated.hotMs;
  draft.ledger = { ...draft.ledger, prewarms: { ...prewarms, wasted: prewarms.wasted + 1, wastedMs } };
}

export function countServed(draft: Draft, warmth: Warmth | 'failed', count: number): void {
  if (count === 0) return;
  const { served } = draft.ledger;
  draft.ledger = { ...draft.ledger, served: { ...served, [warmth]: served[warmth] + count } };
}

/** Notes a tenant's arrivals for the planner. */
export function countArrivals(draft: Draft, tenant: string, count: number): void {
  if (count <= 0) return;
  draft.journal = noteArrivals(draft.journal, draft.nowMs, tenant, count);
}
