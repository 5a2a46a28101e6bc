// What a place is set to, from the replicas that share its floor and from what the quota leaves. Pure.
import type { ManagedLife, PlaceSight, PlaceTarget } from './managed-place.ts';

export interface TargetQuestion {
  readonly lives: readonly ManagedLife[];
  /** Containers that this place may have, all in all. */
  readonly containersMax: number;
  readonly buffer: number;
  readonly idleMs: number;
}

/**
 * A place without a floor has no buffer: nobody pays for it. The ceiling is what floor and buffer come to, so that the place never grows
 * beyond what was decided here; one is the least that places take.
 */
export function planTarget({ lives, containersMax, buffer, idleMs }: TargetQuestion): PlaceTarget {
  const floor = Math.min(countShares(lives), containersMax);
  const kept = floor === 0 ? 0 : Math.min(buffer, containersMax - floor);
  return { floor, buffer: kept, ceiling: Math.max(1, floor + kept), idleMs };
}

/** What is wanted beyond the floor: a burst that raises the floor takes from the buffer, and adds nothing. */
export function bufferOf(lives: readonly ManagedLife[], wanted: number): number {
  return Math.max(0, wanted - countShares(lives));
}

/** Replicas that hold a share of the floor. */
export function countShares(lives: readonly ManagedLife[]): number {
  return lives.filter(({ ending }) => !ending).length;
}

/** Whether there are containers enough for this replica too: the first started has the first. */
export function hasContainer(
  lives: readonly ManagedLife[],
  id: string,
  { containers, ready = containers }: PlaceSight,
): boolean {
  const rank = lives.filter(({ ending }) => !ending).findIndex((life) => life.id === id);
  return rank >= 0 && ready > rank;
}

/** Whether the containers of those that were given up are gone. */
export function isLowered(target: PlaceTarget, { containers }: PlaceSight): boolean {
  return containers <= target.floor + target.buffer;
}
