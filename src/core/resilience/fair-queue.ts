// The order in which those who wait for a slot of a pool are served: by how much it matters, quick work before slow work, equal shares
// between tenants by weight; within a tenant who can be served nowhere else, then first come. Owns the order and who has waited too long; who
// may wait at all is shed.ts's.
// Each question is one pass over a line whose length is bounded. Pure.
import { criticalityRank, type Criticality } from './criticality.ts';
import { isSlotInTime, type WaitTime } from './deadline.ts';
import { slowSlotsMax, type LatencyClass } from './latency-class.ts';

/** One who waits. What is not given counts as default, slow, of weight 1. */
export interface Queued extends WaitTime {
  readonly id: string;
  readonly tenant: string;
  readonly enqueuedMs: number;
  readonly criticality?: Criticality | undefined;
  readonly latency?: LatencyClass | undefined;
  /** Of the tenant: its share of the slots beside the others'. */
  readonly weight?: number | undefined;
  /** It came by choice: another target would answer it. */
  readonly canGoElsewhere?: boolean | undefined;
}

export interface QueueScene {
  /** Slots that a tenant holds now. */
  readonly held: (tenant: string) => number;
  /** A number that grows with each turn of any tenant; 0 = it never had one. */
  readonly lastTurn: (tenant: string) => number;
  /** Slots that may be in use at once, and how many of them slow work holds. */
  readonly slots: number;
  readonly slowHeld: number;
  /** Quick work has come in the last minute: a part of the slots is kept for it. */
  readonly quickSeen: boolean;
  /** Quick requests served in a row while a slow one waited. */
  readonly quickRow: number;
  /** Who comes before the others of its tenant, class and lane; without it they come in order of arrival. */
  readonly isAhead?: (waiter: Queued) => boolean;
}

/** After so many quick ones a slow one has its turn: quick work alone must not keep slow work out. */
export const quickRowMax = 8;

/** So long those who came by choice let those pass who had none: longer than a pool that is nearly full keeps anybody. */
export const choiceWaitMsMax = 1_000;

/**
 * Whether it comes before those of its tenant who could have gone elsewhere: a pool that takes over a broken one's load must not do so at
 * the cost of those who have only this one. Who has let others pass for long enough counts as one of them.
 */
export function isBound({ canGoElsewhere, enqueuedMs }: Queued, nowMs: number): boolean {
  return canGoElsewhere !== true || nowMs - enqueuedMs >= choiceWaitMsMax;
}

/**
 * The one to be served next, or null when nobody may be: nobody waits, or the free slot is kept for quick work. `waiting` is in order
 * of arrival. Within a class and a lane: of each tenant's first, the one whose tenant holds the fewest slots for its weight; of equal
 * ones the one whose last turn is longest ago; then the longest wait.
 */
export function nextServed<T extends Queued>(waiting: readonly T[], scene: QueueScene): T | null {
  const slowMay = scene.slowHeld < slowSlotsMax(scene.slots, scene.quickSeen);
  const slowFirst = slowMay && scene.quickRow >= quickRowMax;
  let best: T | null = null;
  let bestPlace: Place | null = null;
  const firsts = firstsOf(slowMay ? waiting : waiting.filter(isQuick), scene);
  for (const waiter of firsts) {
    const place = {
      rank: rankOf(waiter),
      lane: isQuick(waiter) === slowFirst ? 1 : 0,
      held: scene.held(waiter.tenant) / weightOf(waiter),
      turn: scene.lastTurn(waiter.tenant),
    };
    // In order of arrival, so an equal later one never wins.
    if (bestPlace === null || isBefore(place, bestPlace)) [best, bestPlace] = [waiter, place];
  }
  return best;
}

/** Of each tenant, class and lane the one that comes first, in the order in which the first of each came. */
function firstsOf<T extends Queued>(waiting: readonly T[], { isAhead }: QueueScene): Iterable<T> {
  const firsts = new Map<string, T>();
  for (const waiter of waiting) {
    const key = `${rankOf(waiter)}${isQuick(waiter) ? 'q' : 's'}${waiter.tenant}`;
    const first = firsts.get(key);
    const isFirst = first === undefined || (isAhead !== undefined && isAhead(waiter) && !isAhead(first));
    if (isFirst) firsts.set(key, waiter);
  }
  return firsts.values();
}

/** `quickRow` once `served` is served beside those that wait on. */
export function quickRowAfter(waiting: readonly Queued[], served: Queued, quickRow: number): number {
  if (!isQuick(served)) return 0;
  return waiting.some((each) => each !== served && !isQuick(each)) ? quickRow + 1 : 0;
}

/** Those who are to be told that it is too late: nothing is left of their patience, or less of their time than an answer needs. */
export function dropLate<T extends Queued>(
  waiting: readonly T[],
  nowMs: number,
  needMs: number | null,
): readonly T[] {
  return waiting.filter((waiter) => !isSlotInTime(waiter, nowMs, needMs));
}

export function isQuick({ latency }: Queued): boolean {
  return latency === 'quick';
}

export function rankOf({ criticality }: Queued): number {
  return criticalityRank(criticality ?? 'default');
}

/** A weight that makes no sense counts as 1. */
export function weightOf({ weight }: Queued): number {
  return weight !== undefined && weight > 0 && weight < Infinity ? weight : 1;
}

interface Place {
  readonly rank: number;
  readonly lane: number;
  readonly held: number;
  readonly turn: number;
}

function isBefore(a: Place, b: Place): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.lane !== b.lane) return a.lane < b.lane;
  if (a.held !== b.held) return a.held < b.held;
  return a.turn < b.turn;
}
