// The fleet of a replay: which replica a request gets at each event. Owns the rules of placement (see ReplayOptions.queueing);
// run-replay.ts owns the order of time, replica-yard.ts what becomes of replicas, policy-fleet.ts what a policy sees and does. No I/O.
import { assert } from '../../core/base/assert.ts';
import { ranks, type FleetEvent } from './event-heap.ts';
import type { FleetFigures, FleetPolicy, RunNews } from './fleet-policy.ts';
import { PolicyFleet } from './policy-fleet.ts';
import type { ReplayPool } from './replay-pool.ts';
import { ReplicaYard } from './replica-yard.ts';
import { RunBook } from './run-book.ts';
import { RequestLog } from './request-log.ts';
import { phases, type SimReplica } from './sim-replica.ts';
import type { Workload } from './workload.ts';

/** A policy that sets its timer to the present moment again and again would hold time still. */
const timersPerInstantMax = 1_000_000;

export interface ReplayFleetOptions {
  readonly workload: Workload;
  readonly figures: FleetFigures;
  readonly policy: FleetPolicy;
  readonly queueing: 'own' | 'shared';
  readonly beginMs: number;
  readonly days: number;
  readonly drawLoadMs: (() => number) | undefined;
  readonly onServed: ((request: number, waitMs: number) => void) | undefined;
}

export class ReplayFleet {
  /** What the policy is given. */
  readonly seen: PolicyFleet;
  readonly yard: ReplicaYard;
  readonly log: RequestLog;
  readonly #options: ReplayFleetOptions;
  readonly #policy: FleetPolicy;
  readonly #shared: boolean;
  /** After the end of the span what is under way is finished and nothing is kept; the policy is not asked any more. */
  #closed = false;
  #timersNow = 0;
  /** When each request came, which for those that follow others is known only then. */
  readonly #arrivedMs: Float64Array;
  readonly #runs: RunBook | null;

  constructor(options: ReplayFleetOptions) {
    const { workload, figures, beginMs, days, drawLoadMs } = options;
    const poolCount = workload.pools.length;
    this.yard = new ReplicaYard({ figures, beginMs, days, drawLoadMs, poolCount });
    this.log = new RequestLog(workload.arrivalMs.length, days);
    this.seen = new PolicyFleet(figures, this.yard, this.log);
    this.#options = options;
    this.#policy = options.policy;
    this.#shared = options.queueing === 'shared';
    this.#arrivedMs = new Float64Array(workload.arrivalMs.length);
    this.#runs = workload.runs === undefined ? null : new RunBook(workload.runs);
  }

  /** A request comes in now. */
  arrive(request: number): void {
    const { workload } = this.#options;
    const pool = workload.pool[request] ?? 0;
    const state = this.yard.pool(pool);
    this.#arrivedMs[request] = this.yard.nowMs;
    this.#tellRun('asks', request);
    this.#policy.onArrival?.(pool, workload.tenant[request] ?? 0, this.seen);
    this.log.countArrival(this.yard.ledger.dayOf(this.yard.nowMs));
    state.busy += 1;
    const hot = state.idle.last;
    if (hot !== null) {
      state.idle.remove(hot);
      this.#serve(hot, request);
      this.#countWait(request, 0);
    } else if (this.#shared) {
      this.#queue(request, pool);
    } else {
      this.#own(request, pool);
    }
  }

  /** One event of the queue happens now. */
  happen(event: FleetEvent): void {
    const { replica } = event;
    if (event.rank === ranks.free && replica !== null) {
      if (replica.buried) return;
      if (replica.phase === phases.busy) this.#end(replica);
      else this.#ready(replica);
      return;
    }
    if (this.#closed) return;
    if (replica !== null) this.yard.expire(replica, event);
    else this.#fireTimer(event);
  }

  /** The span ends now: what is kept without work is removed, what is under way is left to finish. */
  close(): void {
    this.#closed = true;
    for (const { idle, parked } of this.yard.pools) {
      while (this.yard.stop(idle.first));
      while (this.yard.stop(parked.first));
    }
  }

  /** Nothing is hot: the request gets a replica of its own to wait for. */
  #own(request: number, pool: number): void {
    const { parked, coming } = this.yard.pool(pool);
    let replica = parked.last;
    if (replica !== null) {
      this.yard.wake(replica, false);
    } else if (coming.first !== null) {
      replica = readyFirst(coming.first);
      coming.remove(replica);
      this.yard.claim(replica);
    } else {
      replica = this.yard.start(pool, false);
    }
    replica.owner = request;
    this.#countMiss(replica.waking);
    this.#countWait(request, replica.readyMs - this.yard.nowMs);
  }

  /** Nothing is hot: the request joins the queue, and a replica is asked for unless those that come suffice. */
  #queue(request: number, pool: number): void {
    const { parked, coming, waiting } = this.yard.pool(pool);
    waiting.join(request);
    if (coming.first !== null && coming.size >= waiting.size) {
      this.#countMiss(readyFirst(coming.first).waking);
      return;
    }
    const replica = parked.last ?? this.yard.start(pool, false);
    if (replica.phase === phases.parked) this.yard.wake(replica, false);
    coming.append(replica);
    this.#countMiss(replica.waking);
  }

  #countMiss(waking: boolean): void {
    if (waking) this.log.woken += 1;
    else this.log.countCold(this.yard.ledger.dayOf(this.yard.nowMs));
  }

  #countWait(request: number, waitMs: number): void {
    const arrivedMs = this.#arrivedMs[request] ?? 0;
    if (waitMs > 0) this.log.countWait(waitMs, this.yard.ledger.dayOf(arrivedMs));
    this.#options.onServed?.(request, waitMs);
  }

  /** A replica has loaded or woken. */
  #ready(replica: SimReplica): void {
    const state = this.yard.pool(replica.pool);
    let request = replica.owner;
    if (request < 0) {
      state.coming.remove(replica);
      request = this.#takeWaiting(state);
    }
    if (request >= 0) return this.#serve(replica, request);
    if (this.#closed) return this.yard.remove(replica);
    if (replica.parkWhenReady) this.yard.park(replica);
    else this.yard.rest(replica);
    this.#policy.onReady?.(replica.pool, this.seen);
    this.#askWindows(replica);
  }

  /** A request has ended. */
  #end(replica: SimReplica): void {
    const state = this.yard.pool(replica.pool);
    state.busy -= 1;
    const ended = replica.request;
    const next = this.#takeWaiting(state);
    if (next >= 0) this.#serve(replica, next);
    else if (this.#closed) this.yard.remove(replica);
    else this.yard.rest(replica);
    if (this.#closed) return;
    this.#policy.onEnd?.(replica.pool, this.seen);
    this.#askWindows(replica);
    this.#goOn(ended);
  }

  /** The request that waits longest in the shared queue, its wait counted; -1 when nobody waits. */
  #takeWaiting(state: ReplayPool): number {
    const request = state.waiting.take();
    if (request < 0) return request;
    this.#countWait(request, this.yard.nowMs - (this.#arrivedMs[request] ?? 0));
    return request;
  }

  #serve(replica: SimReplica, request: number): void {
    replica.request = request;
    this.yard.serve(replica, this.#options.workload.execMs[request] ?? 0);
    if (this.yard.nowMs > (this.#arrivedMs[request] ?? 0)) this.#tellRun('hot', request);
  }

  #tellRun(kind: RunNews['kind'], request: number): void {
    if (this.#runs === null || this.#closed) return;
    const { run, function: at } = this.#runs.rows;
    const pool = this.#options.workload.pool[request] ?? 0;
    this.#policy.onRun?.(
      { kind, request, pool, run: run[request] ?? 0, function: at[request] ?? 0 },
      this.seen,
    );
  }

  /** What follows in the run comes now; a run of which nothing is left has ended. */
  #goOn(request: number): void {
    if (this.#runs === null || this.#closed) return;
    this.#tellRun('leaves', request);
    for (const next of this.#runs.next(request)) this.arrive(next);
    if (this.#runs.leave(request)) this.#tellRun('ends', request);
  }

  #askWindows(replica: SimReplica): void {
    // It may serve the next one, and the policy may have put it away a moment ago; then there is no window to ask for.
    if (replica.phase !== phases.idle || replica.buried) return;
    const windows = this.#policy.windows?.(replica.pool, this.seen);
    if (windows !== undefined && replica.phase === phases.idle && !replica.buried)
      this.yard.keep(replica, windows);
  }

  #fireTimer(event: FleetEvent): void {
    const state = this.yard.pool(event.pool);
    if (state.timer !== event) return;
    state.timer = null;
    this.#policy.onTimer?.(event.pool, this.seen);
    this.#timersNow = this.yard.events.peek()?.atMs === this.yard.nowMs ? this.#timersNow + 1 : 0;
    assert(this.#timersNow < timersPerInstantMax, 'the policy lets time pass');
  }
}

/** Of those that come, the one that is ready first; of several the one that was asked for first. */
function readyFirst(first: SimReplica): SimReplica {
  let best = first;
  for (let each = first.after; each !== null; each = each.after) if (each.readyMs < best.readyMs) best = each;
  return best;
}
