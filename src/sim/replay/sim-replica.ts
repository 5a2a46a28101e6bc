// One replica of a replayed fleet and the lists it stands in. Owns the fields alone: replay-fleet.ts moves replicas, ledger.ts charges
// their seconds. Mutable on purpose: a month of traffic moves replicas a hundred thousand times.
import type { FleetEvent } from './event-heap.ts';

/** Where a second of a replica's life goes; also the index of its sum in the ledger. */
export const phases = { load: 0, busy: 1, idle: 2, parked: 3 } as const;
export type Phase = (typeof phases)[keyof typeof phases];

/** Why a replica is here before anyone asked for it. `wake`: it was parked after use and has been woken on a guess. */
export type Ahead = 'no' | 'start' | 'wake';

export class SimReplica {
  readonly pool: number;
  readonly bornMs: number;
  phase: Phase = phases.load;
  /** Start of the present phase: what came before is charged already. */
  sinceMs: number;
  /** The request this load is for; -1 when it is for nobody, or for whoever waits longest. */
  owner = -1;
  /** The request it serves, or served last. */
  request = -1;
  waking = false;
  /** Begun for a run on its way; may be given up while it loads. */
  forRun = false;
  /** It is gone. */
  buried = false;
  parkWhenReady = false;
  readyMs = 0;
  ahead: Ahead = 'no';
  /** Charged while ahead of demand: loads, and time held (idle, and parked at its share). Given back on first use. */
  aheadLoadMs = 0;
  aheadHoldMs = 0;
  /** Everything charged to it so far; must equal its lifetime when it ends. */
  chargedMs = 0;
  parkAtMs = Infinity;
  stopAtMs = Infinity;
  /** The expiry that stands in the queue for it: never later than the next of the two moments above. */
  expiry: FleetEvent | null = null;
  before: SimReplica | null = null;
  after: SimReplica | null = null;

  constructor(pool: number, bornMs: number) {
    this.pool = pool;
    this.bornMs = bornMs;
    this.sinceMs = bornMs;
  }
}

/** Replicas in the order in which they joined. A replica is in one list at a time; leaving from the middle costs nothing. */
export class ReplicaList {
  first: SimReplica | null = null;
  last: SimReplica | null = null;
  size = 0;

  append(replica: SimReplica): void {
    replica.before = this.last;
    replica.after = null;
    if (this.last === null) this.first = replica;
    else this.last.after = replica;
    this.last = replica;
    this.size += 1;
  }

  remove(replica: SimReplica): void {
    if (replica.before === null) this.first = replica.after;
    else replica.before.after = replica.after;
    if (replica.after === null) this.last = replica.before;
    else replica.after.before = replica.before;
    replica.before = null;
    replica.after = null;
    this.size -= 1;
  }

  count(is: (replica: SimReplica) => boolean): number {
    let count = 0;
    for (let each = this.first; each !== null; each = each.after) if (is(each)) count += 1;
    return count;
  }

  find(is: (replica: SimReplica) => boolean): SimReplica | null {
    for (let each = this.first; each !== null; each = each.after) if (is(each)) return each;
    return null;
  }

  findLast(is: (replica: SimReplica) => boolean): SimReplica | null {
    for (let each = this.last; each !== null; each = each.before) if (is(each)) return each;
    return null;
  }
}
