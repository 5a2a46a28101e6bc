// A pool at a glance, for whoever routes: how warm it is, how full, and how long a request that comes now would wait. Pure.
import { lineWaitMs } from './line.ts';
import { inFlightMax } from './pool-limit.ts';
import type { Warmth } from './pool-events.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolState, Replica } from './pool-state.ts';

export interface PoolGlance {
  /** Of its warmest replica. */
  readonly warmth: Warmth;
  /** Requests that run or wait. */
  readonly inFlight: number;
  /** How many it serves at once: of the hot replicas that are not left out, within what they have shown that they can do. */
  readonly slots: number;
  /** Hot, and not left out. */
  readonly replicas: number;
  /** Its circuit is open: it is for those whom nobody else can serve. */
  readonly open: boolean;
  /** When somebody may go there to probe it; null while it is closed. */
  readonly probeDueMs: number | null;
  /** Until a slot is free. Null: all slots of hot replicas are in use, and too few requests have ended to say for how long. */
  readonly predictedWaitMs: number | null;
}

export function glancePool(settings: PoolSettings, state: PoolState, nowMs: number): PoolGlance {
  const replicas = [...state.replicas.values()];
  const hot = replicas.filter(({ phase }) => phase === 'hot');
  const serving = hot.filter(({ id }) => !state.care.leftOut.has(id));
  // One whose replicas are all left out looks like itself: somebody must go there to probe them.
  const slots = inFlightMax(state.limit, (serving.length || hot.length) * settings.slots);
  const leased = hot.reduce((sum, { leases }) => sum + leases.length, 0);
  const coming = replicas.flatMap((replica) => comingMs(settings, state, replica, nowMs) ?? []);
  const isParked = replicas.some(({ phase }) => phase === 'parked' || phase === 'waking');
  const isFull = leased + state.waiting.length >= slots;
  return {
    warmth: hot.length > 0 ? 'hot' : isParked ? 'parked' : 'cold',
    inFlight: leased + state.waiting.length,
    slots,
    replicas: serving.length,
    open: state.care.verdict.targetOpen,
    probeDueMs: state.care.verdict.probeDueMs,
    predictedWaitMs: isFull ? waitMs(settings, state, coming) : 0,
  };
}

/** Until the first replica on its way is hot, or one that is hot has a slot for one who comes now, whichever is sooner. */
function waitMs(settings: PoolSettings, state: PoolState, comingMs: readonly number[]): number | null {
  const replicas = [...state.replicas.values()];
  const freeMs = lineWaitMs(settings, state);
  const soonestMs = Math.min(...comingMs, freeMs ?? Infinity);
  if (soonestMs < Infinity) return Math.round(soonestMs);
  if (replicas.some(({ phase }) => phase === 'hot')) return null;
  const isParked = replicas.some(({ phase }) => phase === 'parked' || phase === 'waking');
  return isParked ? wakeMsOf(settings, state) : loadMsOf(settings, state);
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
