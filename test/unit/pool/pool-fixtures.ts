// Valid replicas, states and events to perturb, and one decision at a time, each checked against the invariants. A pool that lives
// through a sequence of events is pool-bench.ts.
import { expect } from 'vitest';
import { decidePool, type PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import { checkPool } from '../../../src/core/pool/invariants.ts';
import { emptyLedger, noLife, restoreState } from '../../../src/core/pool/pool-state.ts';
import type { PoolEffect, PoolEvent } from '../../../src/core/pool/pool-events.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { Lease, PoolState, Replica, Waiter } from '../../../src/core/pool/pool-state.ts';
import type { ReplicaPhase } from '../../../src/core/pool/pool-view.ts';
import type { ReplicaSighting } from '../../../src/core/pool/sighting.ts';
import { farMs, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import { settings } from './pool-bench.ts';

export const t0 = 1_000_000;

/** A replica that entered `phase` at `t0`, where its life begins; its command is under way. */
export function makeReplica(phase: ReplicaPhase, patch: Partial<Replica> = {}): Replica {
  const generation = patch.generation ?? 1;
  return {
    id: `m-1-here-${generation}`,
    generation,
    phase,
    phaseSinceMs: t0,
    createdMs: t0,
    endpoint: phase === 'starting' ? null : `http://replica-${generation}`,
    leases: [],
    leaseCounter: 0,
    hotSinceMs: t0,
    broughtBy: 'start',
    idleSinceMs: t0,
    life: noLife,
    chargedToMs: t0,
    commandDueMs: t0 + 40_000,
    attempts: 1,
    wasParked: false,
    dead: false,
    loadMs: null,
    wakeMs: null,
    ahead: false,
    speculated: { hotMs: 0, parkedMs: 0 },
    toPark: false,
    forRun: false,
    seat: generation - 1,
    ...patch,
  };
}

/** A plan that brings up and keeps `hot` replicas and otherwise follows the windows of the bench's settings. */
export function makePlan(hot: number, patch: Partial<WarmthPlan> = {}): WarmthPlan {
  return {
    keepHot: hot,
    warmTo: hot,
    keepParked: 0,
    parkTo: 0,
    hotMinMs: settings.hotIdleMs,
    hotMaxMs: farMs,
    parkedMinMs: settings.parkedIdleMs,
    parkedMaxMs: farMs,
    untilMs: t0 + 99_000,
    because: 'lunch',
    terms: [],
    ...patch,
  };
}

export function makeLease(id: string, patch: Partial<Lease> = {}): Lease {
  return { id, tenant: 'a', expiresMs: t0 + 30_000, ...patch };
}

export function makeWaiter(id: string, patch: Partial<Waiter> = {}): Waiter {
  return { id, tenant: 'a', enqueuedMs: t0, deadlineMs: t0 + 60_000, ...patch };
}

/** The state of a pool that knows `replicas` and has just compared them with its backend. */
export function makeState(replicas: readonly Replica[], patch: Partial<PoolState> = {}): PoolState {
  const generation = Math.max(0, ...replicas.map((replica) => replica.generation));
  const restored = restoreState({ ...emptyLedger, generation }, replicas, t0);
  return { ...restored, reconcileDueMs: t0 + 10_000, ...patch };
}

export function makeSighting(patch: Partial<ReplicaSighting> = {}): ReplicaSighting {
  return {
    id: 'm-1-here-1',
    generation: 1,
    condition: 'ready',
    endpoint: 'http://replica-1',
    loadMs: 700,
    wakeMs: null,
    reason: null,
    ...patch,
  };
}

/** Decides and checks P1 to P13. */
export function decide(
  state: PoolState,
  event: PoolEvent,
  options: { readonly atMs?: number; readonly settings?: Partial<PoolSettings> } = {},
): PoolDecision {
  const figures = { ...settings, ...options.settings };
  const decision = decidePool(figures, state, [event], options.atMs ?? t0);
  expect(checkPool(figures, decision, state.replicas)).toEqual([]);
  return decision;
}

export function acquire(id: string, patch: { tenant?: string; deadlineMs?: number } = {}): PoolEvent {
  return { kind: 'acquire', waiter: { id, tenant: 'a', deadlineMs: t0 + 60_000, ...patch } };
}

export function phasesOf(decision: PoolDecision): readonly string[] {
  return [...decision.state.replicas.values()].map((replica) => replica.phase);
}

export function effectsOf<Kind extends PoolEffect['kind']>(
  decision: PoolDecision,
  kind: Kind,
): readonly Extract<PoolEffect, { kind: Kind }>[] {
  return decision.effects.filter(
    (effect): effect is Extract<PoolEffect, { kind: Kind }> => effect.kind === kind,
  );
}

export function commandsOf(decision: PoolDecision): readonly string[] {
  return effectsOf(decision, 'command').map(({ command, replicaId }) => `${command} ${replicaId}`);
}
