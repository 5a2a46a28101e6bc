// The queue of what will happen to a replayed fleet: a binary heap by moment, then by rank, then by order of insertion. Owns the order
// of events at one instant. Nothing is ever taken out early: whoever changes its mind lets the old entry pass.
import type { SimReplica } from './sim-replica.ts';

/** At one instant replicas become free or ready first, then idle ones are put away, then the policy's timers fire. */
export const ranks = { free: 0, expiry: 1, timer: 2 } as const;
export type Rank = (typeof ranks)[keyof typeof ranks];

export interface FleetEvent {
  readonly atMs: number;
  readonly rank: Rank;
  readonly order: number;
  /** Whom it concerns; a timer has no replica, only its pool. */
  readonly replica: SimReplica | null;
  readonly pool: number;
}

type Entries = (FleetEvent | undefined)[];

export class EventHeap {
  readonly #entries: Entries = [];
  #inserted = 0;

  /** The event that comes next; stays in the queue. */
  peek(): FleetEvent | undefined {
    return this.#entries[0];
  }

  push(what: { atMs: number; rank: Rank; replica: SimReplica | null; pool: number }): FleetEvent {
    const { atMs, rank, replica, pool } = what;
    const event: FleetEvent = { atMs, rank, order: this.#inserted, replica, pool };
    this.#inserted += 1;
    const entries = this.#entries;
    let at = entries.length;
    entries.push(event);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = entries[up];
      if (parent === undefined || !isBefore(event, parent)) break;
      entries[at] = parent;
      at = up;
    }
    entries[at] = event;
    return event;
  }

  pop(): FleetEvent | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (last !== undefined && entries.length > 0) sink(entries, last);
    return top;
  }
}

/** Puts `event` where the top was and lets it sink to its place. */
function sink(entries: Entries, event: FleetEvent): void {
  const size = entries.length;
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    let child = down < size ? entries[down] : undefined;
    if (child === undefined) break;
    const right = down + 1 < size ? entries[down + 1] : undefined;
    if (right !== undefined && isBefore(right, child)) {
      child = right;
      down += 1;
    }
    if (!isBefore(child, event)) break;
    entries[at] = child;
    at = down;
  }
  entries[at] = event;
}

function isBefore(a: FleetEvent, b: FleetEvent): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
