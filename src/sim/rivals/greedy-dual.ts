// FaasCache (Fuerst and Sharma, ASPLOS 2021): keep-alive as a cache, evicted by Greedy-Dual-Size-Frequency, here under a cap of hot replicas.
// Rule: nothing ends while there is room. When a start does not fit, the idle replica with the lowest priority goes:
// clock at its last use + frequency of its pool x load time / size (1); the clock then becomes that priority, and a pool without replicas forgets its frequency.
// A start that finds nothing idle to evict goes over the cap (a request is never refused); the first replica that becomes idle pays for it.
import type { Fleet, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';

export class GreedyDual implements FleetPolicy {
  readonly name: string;
  readonly tickMs = null;
  /** Starts that went over the cap because every replica was busy. */
  overCap = 0;
  readonly #cap: number;
  readonly #frequency: Float64Array;
  /** Clock at the last use of each idle replica, the one idle for longest first: at most as many as the pool has idle replicas. */
  readonly #clocks: number[][];
  #clock = 0;
  #inFlight = 0;
  #idle = 0;

  constructor(name: string, poolCount: number, cap: number) {
    this.name = name;
    this.#cap = cap;
    this.#frequency = new Float64Array(poolCount);
    this.#clocks = Array.from({ length: poolCount }, () => []);
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#frequency[pool] = (this.#frequency[pool] ?? 0) + 1;
    this.#inFlight += 1;
    if (fleet.idle(pool) > 0) this.#setIdle(pool, fleet.idle(pool) - 1);
    this.#evictDownToCap(fleet);
    if (this.#inFlight + this.#idle > this.#cap) this.overCap += 1;
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#inFlight -= 1;
    this.#setIdle(pool, fleet.idle(pool));
    this.#evictDownToCap(fleet);
  }

  windows(): IdleWindows {
    return { parkAfterMs: Number.POSITIVE_INFINITY, stopAfterMs: Number.POSITIVE_INFINITY };
  }

  /** The replica that became idle last is used first: clocks come and go at the end of the list. */
  #setIdle(pool: number, idle: number): void {
    const clocks = this.#clocks[pool] ?? [];
    this.#idle += idle - clocks.length;
    while (clocks.length > idle) clocks.pop();
    while (clocks.length < idle) clocks.push(this.#clock);
  }

  #evictDownToCap(fleet: Fleet): void {
    while (this.#inFlight + this.#idle > this.#cap && this.#idle > 0) {
      const pool = this.#cheapestPool(fleet.figures.loadMs);
      const clocks = this.#clocks[pool] ?? [];
      this.#clock = Math.max(this.#clock, this.#priority(pool, fleet.figures.loadMs));
      clocks.shift();
      this.#idle -= 1;
      fleet.stopIdle(pool);
      if (clocks.length === 0 && fleet.busy(pool) === 0) this.#frequency[pool] = 0;
    }
  }

  #cheapestPool(loadMs: number): number {
    let cheapest = 0;
    let lowest = Number.POSITIVE_INFINITY;
    this.#clocks.forEach((_, pool) => {
      const priority = this.#priority(pool, loadMs);
      if (priority >= lowest) return;
      lowest = priority;
      cheapest = pool;
    });
    return cheapest;
  }

  /** Of the pool's replica that has been idle for longest; Infinity when none is idle. */
  #priority(pool: number, loadMs: number): number {
    const clock = this.#clocks[pool]?.[0];
    return clock === undefined
      ? Number.POSITIVE_INFINITY
      : clock + ((this.#frequency[pool] ?? 0) * loadMs) / 1000;
  }
}
