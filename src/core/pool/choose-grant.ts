// Who gets the next slot, of which replica: one that is left out only for the one request that may probe it, all others by turn. Decides,
// changes nothing. Pure.
import { isBound, nextServed, type QueueScene } from '../resilience/fair-queue.ts';
import { probeDue } from '../resilience/pool-health.ts';
import type { PoolCare } from './pool-care.ts';
import type { PoolSettings } from './pool-settings.ts';
import { inFlightMax, type PoolLimit } from './pool-limit.ts';
import { confinedTenants, seatsOf, type Suspects } from './suspects.ts';
import type { Replica, Waiter } from './pool-state.ts';

export interface GrantScene {
  readonly settings: PoolSettings;
  readonly nowMs: number;
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly waiting: readonly Waiter[];
  readonly care: PoolCare;
  readonly turns: ReadonlyMap<string, number>;
  readonly quickSeenMs: number;
  readonly quickRow: number;
  readonly suspects: Suspects;
  readonly limit: PoolLimit;
}

export interface GrantChoice {
  readonly waiter: Waiter;
  readonly replica: Replica;
  /** The replica, or the pool, is left out: the permits are still to be asked for. */
  readonly isProbe: boolean;
}

/** A part of the slots is kept for quick work for so long after some has come. */
const quickSeenForMs = 60_000;

/** Null when nobody waits who may be served now. */
export function chooseGrant(scene: GrantScene): GrantChoice | null {
  if (scene.waiting.length === 0) return null;
  return chooseProbe(scene) ?? chooseServed(scene);
}

function chooseProbe(scene: GrantScene): GrantChoice | null {
  const { care, replicas, nowMs } = scene;
  if (care.dueMs === null) return null;
  const replica = replicas.get(probeDue(care.health, nowMs) ?? '');
  if (replica === undefined || !hasRoom(scene, replica)) return null;
  const confined = confinedTenants(scene);
  const willing = scene.waiting.filter(
    ({ tenant, avoid }) => avoid?.includes(replica.id) !== true && !confined.includes(tenant),
  );
  const turns = queueScene(scene);
  const waiter = nextServed(willing, {
    ...turns,
    // Its slot is not among those that are shared out.
    slots: turns.slots + 1,
    slowHeld: 0,
    // Whom another target can answer loses least when the probe fails.
    isAhead: ({ canGoElsewhere }) => canGoElsewhere === true,
  });
  return waiter === null ? null : { waiter, replica, isProbe: true };
}

function chooseServed(scene: GrantScene): GrantChoice | null {
  if (isAtLimit(scene)) return null;
  const { targetOpen } = scene.care.verdict;
  // While the pool itself is left out, its replicas are for those whom nobody else can serve.
  const waiting = targetOpen ? scene.waiting.filter((each) => each.canGoElsewhere !== true) : scene.waiting;
  return chooseAmong(scene, waiting, confinedTenants(scene));
}

/** The replicas work on as many requests as they can, though not all of their slots are in use. */
function isAtLimit({ settings, replicas, care, limit }: GrantScene): boolean {
  let [slots, used] = [0, 0];
  for (const { id, phase, leases } of replicas.values()) {
    if (phase !== 'hot' || care.leftOut.has(id)) continue;
    slots += settings.slots;
    used += leases.length;
  }
  return slots > 0 && used >= inFlightMax(limit, slots);
}

/** A confined tenant whose few seats are all in use lets the next one pass. */
function chooseAmong(
  scene: GrantScene,
  waiting: readonly Waiter[],
  confined: readonly string[],
): GrantChoice | null {
  const waiter = nextServed(waiting, queueScene(scene));
  if (waiter === null) return null;
  const isConfined = confined.includes(waiter.tenant);
  const seats = isConfined ? seatsOf(waiter.tenant, scene.replicas) : null;
  const replica = freeReplica(scene, waiter.avoid ?? [], seats);
  if (replica !== null) return { waiter, replica, isProbe: false };
  if (!isConfined) return null;
  return chooseAmong(
    scene,
    waiting.filter(({ tenant }) => tenant !== waiter.tenant),
    confined,
  );
}

/**
 * The hot replica with the fewest free slots, but one: load gathers on few, and the others reach their idle windows. One of `avoid` only
 * where there is no other.
 */
function freeReplica(
  scene: GrantScene,
  avoid: readonly string[],
  seats: ReadonlySet<number> | null,
): Replica | null {
  let best: Replica | null = null;
  for (const replica of scene.replicas.values()) {
    if (!hasRoom(scene, replica) || scene.care.leftOut.has(replica.id)) continue;
    if (seats !== null && !seats.has(replica.seat)) continue;
    if (best === null || isBefore(replica, best, avoid)) best = replica;
  }
  return best;
}

function hasRoom({ settings }: GrantScene, { phase, leases, endpoint }: Replica): boolean {
  return phase === 'hot' && leases.length < settings.slots && endpoint !== null;
}

/** Of equally full ones the one that was idle last: so the k-th replica is in use only while k are. */
function isBefore(a: Replica, b: Replica, avoid: readonly string[]): boolean {
  const isWorse = avoid.includes(a.id);
  if (isWorse !== avoid.includes(b.id)) return !isWorse;
  if (a.leases.length !== b.leases.length) return a.leases.length > b.leases.length;
  if (a.idleSinceMs !== b.idleSinceMs) return a.idleSinceMs > b.idleSinceMs;
  return a.generation < b.generation;
}

function queueScene(scene: GrantScene): QueueScene {
  const { replicas, care, settings, turns, nowMs } = scene;
  const held = new Map<string, number>();
  let [slots, slowHeld] = [0, 0];
  for (const { id, phase, leases } of replicas.values()) {
    const isServing = phase === 'hot' && !care.leftOut.has(id);
    if (isServing) slots += settings.slots;
    for (const { tenant, latency } of leases) {
      held.set(tenant, (held.get(tenant) ?? 0) + 1);
      if (isServing && latency !== 'quick') slowHeld += 1;
    }
  }
  return {
    held: (tenant) => held.get(tenant) ?? 0,
    lastTurn: (tenant) => turns.get(tenant) ?? 0,
    slots,
    slowHeld,
    quickSeen: nowMs - scene.quickSeenMs < quickSeenForMs,
    quickRow: scene.quickRow,
    isAhead: (waiter) => isBound(waiter, nowMs),
  };
}
