// The fleet of a replay as a policy finds it: eyes and hands, and nothing of the requests to come. Owns what each of a policy's wishes means
// for the replicas; what becomes of requests is replay-fleet.ts. No I/O.
import { assert } from '../../core/base/assert.ts';
import { ranks } from './event-heap.ts';
import type { Fleet, FleetFigures } from './fleet-policy.ts';
import type { ReplicaYard } from './replica-yard.ts';
import type { RequestLog } from './request-log.ts';
import type { ReplicaList } from './sim-replica.ts';

export class PolicyFleet implements Fleet {
  readonly figures: FleetFigures;
  readonly poolCount: number;
  readonly #yard: ReplicaYard;
  readonly #log: RequestLog;

  constructor(figures: FleetFigures, yard: ReplicaYard, log: RequestLog) {
    this.figures = figures;
    this.poolCount = yard.pools.length;
    this.#yard = yard;
    this.#log = log;
  }

  // What a policy sees.

  get nowMs(): number {
    return this.#yard.nowMs;
  }

  busy(pool: number): number {
    return this.#yard.pool(pool).busy;
  }

  idle(pool: number): number {
    return this.#yard.pool(pool).idle.size;
  }

  coming(pool: number): number {
    const { coming, waiting } = this.#yard.pool(pool);
    return coming.size - waiting.size;
  }

  preparking(pool: number): number {
    return this.#yard.pool(pool).coming.count((each) => each.parkWhenReady);
  }

  parked(pool: number): number {
    return this.#yard.pool(pool).parked.size;
  }

  oldestIdleMs(pool: number): number {
    return this.#ageOfFirst(this.#yard.pool(pool).idle);
  }

  oldestParkedMs(pool: number): number {
    return this.#ageOfFirst(this.#yard.pool(pool).parked);
  }

  idleAgesMs(pool: number): readonly number[] {
    return this.#agesOf(this.#yard.pool(pool).idle);
  }

  parkedAgesMs(pool: number): readonly number[] {
    return this.#agesOf(this.#yard.pool(pool).parked);
  }

  paidSeconds(): number {
    return this.#yard.ledger.paidMs(this.nowMs) / 1000;
  }

  waitedSeconds(): number {
    return this.#log.waitSumMs / 1000;
  }

  speculatedSeconds(): number {
    return this.#yard.ledger.speculatedMs(this.nowMs) / 1000;
  }

  groundedSeconds(): number {
    return this.#yard.ledger.groundedMs(this.nowMs) / 1000;
  }

  // What a policy may do.

  prewarm(pool: number, forRun = false): void {
    const replica = this.#yard.start(pool, true);
    replica.forRun = forRun;
    this.#yard.pool(pool).coming.append(replica);
  }

  abort(pool: number): boolean {
    const { coming, waiting } = this.#yard.pool(pool);
    if (coming.size <= waiting.size) return false;
    const replica = coming.findLast((each) => each.forRun);
    if (replica === null) return false;
    coming.remove(replica);
    this.#yard.remove(replica);
    return true;
  }

  prepark(pool: number): void {
    assert(this.figures.wakeMs !== null, 'this fleet cannot park');
    const replica = this.#yard.start(pool, true);
    replica.parkWhenReady = true;
    this.#yard.pool(pool).coming.append(replica);
  }

  claim(pool: number): boolean {
    const replica = this.#yard.pool(pool).coming.find((each) => each.parkWhenReady);
    if (replica !== null) replica.parkWhenReady = false;
    return replica !== null;
  }

  wake(pool: number): boolean {
    const state = this.#yard.pool(pool);
    const replica = state.parked.last;
    if (replica === null) return false;
    this.#yard.wake(replica, true);
    state.coming.append(replica);
    return true;
  }

  stopIdle(pool: number): boolean {
    return this.#yard.stop(this.#yard.pool(pool).idle.first);
  }

  parkIdle(pool: number): boolean {
    const replica = this.#yard.pool(pool).idle.first;
    if (replica === null || this.figures.wakeMs === null) return false;
    this.#yard.park(replica);
    return true;
  }

  stopParked(pool: number): boolean {
    return this.#yard.stop(this.#yard.pool(pool).parked.first);
  }

  callAt(pool: number, atMs: number | null): void {
    const state = this.#yard.pool(pool);
    state.timer = null;
    if (atMs === null || atMs === Infinity) return;
    const due = { atMs: Math.max(atMs, this.nowMs), rank: ranks.timer, replica: null, pool };
    state.timer = this.#yard.events.push(due);
  }

  #agesOf(list: ReplicaList): readonly number[] {
    const agesMs: number[] = [];
    for (let each = list.first; each !== null; each = each.after) agesMs.push(this.nowMs - each.sinceMs);
    return agesMs;
  }

  #ageOfFirst(list: ReplicaList): number {
    return list.first === null ? -1 : this.nowMs - list.first.sinceMs;
  }
}
