// The lives of the replicas of a replayed fleet: started, woken, serving, idle, parked, gone. Owns every change of phase, so that each
// is charged, listed and timed in one place. Knows neither requests' waits nor policies: replay-fleet.ts. Mutable, no I/O.
import { assert, must } from '../../core/base/assert.ts';
import { EventHeap, ranks, type FleetEvent } from './event-heap.ts';
import type { FleetFigures, IdleWindows } from './fleet-policy.ts';
import { Ledger } from './ledger.ts';
import { ReplayPool } from './replay-pool.ts';
import { phases, SimReplica } from './sim-replica.ts';

export interface YardOptions {
  readonly figures: FleetFigures;
  readonly poolCount: number;
  readonly beginMs: number;
  readonly days: number;
  readonly drawLoadMs: (() => number) | undefined;
}

export class ReplicaYard {
  nowMs: number;
  starts = 0;
  readonly events = new EventHeap();
  readonly ledger: Ledger;
  readonly pools: readonly ReplayPool[];
  readonly #figures: FleetFigures;
  readonly #drawLoadMs: () => number;

  constructor(options: YardOptions) {
    const { figures, beginMs, days, drawLoadMs } = options;
    this.nowMs = beginMs;
    this.ledger = new Ledger({ beginMs, days, parkedShare: figures.parkedShare });
    this.pools = Array.from({ length: options.poolCount }, () => new ReplayPool());
    this.#figures = figures;
    this.#drawLoadMs = drawLoadMs ?? ((): number => figures.loadMs);
  }

  pool(pool: number): ReplayPool {
    return must(this.pools[pool], 'a pool of the workload');
  }

  /** A new replica that loads; whoever asked lists it as coming or gives it an owner. `ahead`: nobody waits for it. */
  start(pool: number, ahead: boolean): SimReplica {
    const loadMs = this.#drawLoadMs();
    assert(loadMs >= 0 && loadMs < Infinity, 'a load takes a finite time');
    const replica = new SimReplica(pool, this.nowMs);
    this.starts += 1;
    if (ahead) replica.ahead = 'start';
    this.#load(replica, loadMs);
    return replica;
  }

  /** Takes a parked replica out of its list and wakes it; whoever asked lists it as coming or gives it an owner. */
  wake(replica: SimReplica, ahead: boolean): void {
    const wakeMs = must(this.#figures.wakeMs, 'a fleet with parked replicas can wake them');
    this.pool(replica.pool).parked.remove(replica);
    this.ledger.leave(replica, this.nowMs);
    if (!ahead) this.ledger.redeem(replica);
    else if (replica.ahead === 'no') replica.ahead = 'wake';
    replica.waking = true;
    this.#keepUntil(replica, Infinity, Infinity);
    this.#load(replica, wakeMs);
  }

  /** What is left of this load is somebody's: it is no longer ahead of demand. */
  claim(replica: SimReplica): void {
    this.ledger.leave(replica, this.nowMs);
    this.ledger.redeem(replica);
    this.ledger.enter(replica, phases.load, this.nowMs);
  }

  /** A request occupies the replica for `execMs`; it stands in no list until then. */
  serve(replica: SimReplica, execMs: number): void {
    this.ledger.leave(replica, this.nowMs);
    this.ledger.redeem(replica);
    replica.owner = -1;
    replica.forRun = false;
    replica.waking = false;
    replica.parkWhenReady = false;
    this.#keepUntil(replica, Infinity, Infinity);
    this.ledger.enter(replica, phases.busy, this.nowMs);
    this.events.push({ atMs: this.nowMs + execMs, rank: ranks.free, replica, pool: replica.pool });
  }

  rest(replica: SimReplica): void {
    this.ledger.leave(replica, this.nowMs);
    replica.waking = false;
    this.ledger.enter(replica, phases.idle, this.nowMs);
    this.pool(replica.pool).idle.append(replica);
  }

  /** The windows of a replica that became idle now. */
  keep(replica: SimReplica, windows: IdleWindows): void {
    const parks = this.#figures.wakeMs !== null && windows.parkAfterMs < windows.stopAfterMs;
    const parkAtMs = parks ? this.nowMs + windows.parkAfterMs : Infinity;
    this.#keepUntil(replica, parkAtMs, this.nowMs + windows.stopAfterMs);
  }

  /** Parks a replica that is idle, or that was to be parked as soon as it is ready. The moment it is to be stopped stays. */
  park(replica: SimReplica): void {
    const { idle, parked } = this.pool(replica.pool);
    if (replica.phase === phases.idle) idle.remove(replica);
    this.ledger.leave(replica, this.nowMs);
    // Woken on a guess and parked again: the guess was wrong, and from here on it is where it would have been without.
    if (replica.ahead === 'wake') this.ledger.waste(replica);
    replica.parkWhenReady = false;
    this.ledger.enter(replica, phases.parked, this.nowMs);
    parked.append(replica);
    this.#keepUntil(replica, Infinity, replica.stopAtMs);
  }

  /** Ends a replica that is idle or parked; false when there is none. */
  stop(replica: SimReplica | null): boolean {
    if (replica === null) return false;
    const { idle, parked } = this.pool(replica.pool);
    if (replica.phase === phases.parked) parked.remove(replica);
    else idle.remove(replica);
    this.remove(replica);
    return true;
  }

  /** Ends a replica that stands in no list; that one which loads would be ready is not waited for. */
  remove(replica: SimReplica): void {
    this.ledger.leave(replica, this.nowMs);
    this.ledger.waste(replica);
    this.ledger.bury(replica, this.nowMs);
    this.#keepUntil(replica, Infinity, Infinity);
  }

  /** An expiry is due, unless its replica has been used since or its windows have moved. */
  expire(replica: SimReplica, event: FleetEvent): void {
    if (replica.expiry !== event) return;
    replica.expiry = null;
    if (replica.stopAtMs <= this.nowMs) this.stop(replica);
    else if (replica.parkAtMs <= this.nowMs) this.park(replica);
    else this.#keepUntil(replica, replica.parkAtMs, replica.stopAtMs);
  }

  #load(replica: SimReplica, takesMs: number): void {
    replica.readyMs = this.nowMs + takesMs;
    this.ledger.enter(replica, phases.load, this.nowMs);
    this.events.push({ atMs: replica.readyMs, rank: ranks.free, replica, pool: replica.pool });
  }

  /** One entry in the queue serves all windows of a replica as long as they only move away: a busy replica costs one entry, not many. */
  #keepUntil(replica: SimReplica, parkAtMs: number, stopAtMs: number): void {
    replica.parkAtMs = parkAtMs;
    replica.stopAtMs = stopAtMs;
    const atMs = Math.min(parkAtMs, stopAtMs);
    if (atMs === Infinity || (replica.expiry !== null && replica.expiry.atMs <= atMs)) return;
    replica.expiry = this.events.push({ atMs, rank: ranks.expiry, replica, pool: replica.pool });
  }
}
