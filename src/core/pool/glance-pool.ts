// A pool at a glance, for whoever routes: how warm it is, how full, and how long a request that comes now would wait. Pure.
import type { Warmth } from './pool-events.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolState, Replica } from './pool-state.ts';

export interface PoolGlance {
  /** Of its warmest replica. */
  readonly warmth: Warmth;
  /** Requests that run or wait. */
  readonly inFlight: number;
  /** Of hot replicas. */
  readonly slots: number;
  /** Until a slot is free. Null: all slots of hot replicas are in use, and nobody knows for how long. */
  readonly predictedWaitMs: number | null;
}

export function glancePool(settings: PoolSettings, state: PoolState, nowMs: number): PoolGlance {
  const replicas = [...state.replicas.values()];
  const hot = replicas.filter(({ phase }) => phase === 'hot');
  const slots = hot.length * settings.slots;
  const leased = hot.reduce((sum, { leases }) => sum + leases.length, 0);
  const coming = replicas.flatMap((replica) => comingMs(settings, state, replica, nowMs) ?? []);
  const isParked = replicas.some(({ phase }) => phase === 'parked' || phase === 'waking');
  return {
    warmth: hot.length > 0 ? 'hot' : isParked ? 'parked' : 'cold',
    inFlight: leased + state.waiting.length,
    slots,
    predictedWaitMs:
      leased + state.waiting.length < slots
        ? 0
        : coming.length > 0
          ? Math.min(...coming)
          : hot.length > 0
            ? null
            : isParked
              ? wakeMsOf(settings, state)
              : loadMsOf(settings, state),
  };
}

/** What is left until a replica on its way is hot; null for one that is on no way there. */
function comingMs(settings: PoolSettings, state: PoolState, replica: Replica, nowMs: number): number | null {
  const sinceMs = Math.max(0, nowMs - replica.phaseSinceMs);
  if (replica.phase === 'starting') return Math.max(0, loadMsOf(settings, state) - sinceMs);
  if (replica.phase === 'waking') return Math.max(0, wakeMsOf(settings, state) - sinceMs);
  return null;
}

function loadMsOf(settings: PoolSettings, { ledger }: PoolState): number {
  return ledger.loads.loadMs ?? settings.loadGuessMs;
}

function wakeMsOf(settings: PoolSettings, { ledger }: PoolState): number {
  return ledger.loads.wakeMs ?? settings.wakeGuessMs;
}
