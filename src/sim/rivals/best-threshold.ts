// Per-pool best threshold: the optimal fixed window for what is known so far of each pool's idle times (Karlin et al., "Competitive randomized algorithms for
// non-uniform problems", Algorithmica 1994: with a known distribution the best threshold is within e/(e-1) of the optimum).
// Rule: at each release the window T that minimises E[min(gap, T)] + P(gap > T) x (1 + gamma) x load, over the pool's own gaps and, with the weight of a few
// gaps, those of all pools. With parking: the best pair of windows in the same sense. Online; learns from history.
import type { Fleet, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';
import { GapTable } from './gap-table.ts';
import { IdleGaps } from './idle-gaps.ts';
import { walkPast, type PastTraffic } from './past-events.ts';

/** How many gaps of its own a pool needs until they weigh as much as everybody's. */
const priorGaps = 8;

export class BestThreshold implements FleetPolicy {
  readonly name: string;
  readonly tickMs = null;
  readonly #gamma: number | null;
  readonly #gaps: IdleGaps;
  readonly #table: GapTable;

  /** Without `gamma` the fleet's own exchange rate is used. */
  constructor(name: string, poolCount: number, gamma: number | null) {
    this.name = name;
    this.#gamma = gamma;
    this.#gaps = new IdleGaps(poolCount);
    this.#table = new GapTable(poolCount, priorGaps);
  }

  learn(history: PastTraffic): void {
    walkPast(history, {
      arrival: (pool, atMs) => this.#arrive(pool, atMs),
      end: (pool, atMs) => this.#gaps.end(pool, atMs),
    });
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#arrive(pool, fleet.nowMs);
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#gaps.end(pool, fleet.nowMs);
  }

  windows(pool: number, fleet: Fleet): IdleWindows {
    const { loadMs, wakeMs, parkedShare, gamma } = fleet.figures;
    const perMs = 1 + (this.#gamma ?? gamma);
    const hotOnly: IdleWindows = {
      parkAfterMs: Number.POSITIVE_INFINITY,
      stopAfterMs: this.#table.bestWindow(pool, { pricePerMs: 1, missCost: perMs * loadMs }),
    };
    if (wakeMs === null) return hotOnly;
    // The cost of (park after P, stop after S) is a function of P plus a function of S, so each has its own best; they must only be in order.
    const parkAfterMs = this.#table.bestWindow(pool, {
      pricePerMs: 1 - parkedShare,
      missCost: perMs * wakeMs,
    });
    const stopAfterMs = this.#table.bestWindow(pool, {
      pricePerMs: parkedShare,
      missCost: perMs * (loadMs - wakeMs),
    });
    return parkAfterMs < stopAfterMs ? { parkAfterMs, stopAfterMs } : hotOnly;
  }

  #arrive(pool: number, atMs: number): void {
    const gapMs = this.#gaps.arrive(pool, atMs);
    if (gapMs !== null) this.#table.add(pool, gapMs);
  }
}
