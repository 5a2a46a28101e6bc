// Static provisioning: a fixed number of replicas in each pool, all the time. What a team does that sizes for its peak.
// Rule: N in every pool; or each pool's highest concurrency of the last seven days; or the concurrency it had for a share of that time.
// A request beyond the provision still gets a replica of its own (the replay never refuses one), which ends with its request.
import type { Fleet, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';
import { walkPast, type PastTraffic } from './past-events.ts';

/** `share` 1 is the peak: a pool never saw more at once. Below 1: enough for that share of the time. No pool gets fewer than `least`. */
export type Provision =
  | { readonly kind: 'count'; readonly replicas: number }
  | { readonly kind: 'share'; readonly share: number; readonly least: number };

const lookBackMs = 7 * 86_400_000;
/** Concurrency above this counts as this: the time spent at each level is a table per pool. */
const concurrencyMax = 256;

export class StaticProvisioning implements FleetPolicy {
  readonly name: string;
  readonly tickMs = null;
  readonly #replicas: Int32Array;
  readonly #provision: Provision;

  constructor(name: string, poolCount: number, provision: Provision) {
    this.name = name;
    this.#provision = provision;
    const least = provision.kind === 'count' ? provision.replicas : provision.least;
    this.#replicas = new Int32Array(poolCount).fill(least);
  }

  learn(history: PastTraffic): void {
    if (this.#provision.kind === 'count') return;
    const time = new TimeAtConcurrency(this.#replicas.length, Math.max(0, history.endMs - lookBackMs));
    walkPast(history, {
      arrival: (pool, atMs) => time.change(pool, atMs, 1),
      end: (pool, atMs) => time.change(pool, atMs, -1),
    });
    const { share } = this.#provision;
    this.#replicas.forEach((least, pool) => {
      this.#replicas[pool] = Math.max(least, time.quantile(pool, share, history.endMs));
    });
  }

  begin(fleet: Fleet): void {
    this.#replicas.forEach((replicas, pool) => {
      for (let at = 0; at < replicas; at += 1) fleet.prewarm(pool);
    });
  }

  windows(pool: number, fleet: Fleet): IdleWindows {
    const total = fleet.busy(pool) + fleet.idle(pool) + fleet.coming(pool);
    const isBeyond = total > (this.#replicas[pool] ?? 0);
    return {
      parkAfterMs: Number.POSITIVE_INFINITY,
      stopAfterMs: isBeyond ? 0 : Number.POSITIVE_INFINITY,
    };
  }
}

/** For how long each pool had 1, 2, 3… requests at once. */
class TimeAtConcurrency {
  readonly #startMs: number;
  readonly #now: Int32Array;
  readonly #sinceMs: Float64Array;
  readonly #spentMs: Float64Array;
  readonly #peak: Int32Array;

  constructor(poolCount: number, startMs: number) {
    this.#startMs = startMs;
    this.#now = new Int32Array(poolCount);
    this.#peak = new Int32Array(poolCount);
    this.#sinceMs = new Float64Array(poolCount).fill(startMs);
    this.#spentMs = new Float64Array(poolCount * (concurrencyMax + 1));
  }

  change(pool: number, atMs: number, by: number): void {
    const before = this.#now[pool] ?? 0;
    const spentMs = Math.max(0, atMs - (this.#sinceMs[pool] ?? 0));
    const cell = pool * (concurrencyMax + 1) + Math.min(before, concurrencyMax);
    this.#spentMs[cell] = (this.#spentMs[cell] ?? 0) + spentMs;
    this.#sinceMs[pool] = Math.max(atMs, this.#startMs);
    this.#now[pool] = before + by;
    if (atMs >= this.#startMs) this.#peak[pool] = Math.max(this.#peak[pool] ?? 0, before + by, before);
  }

  quantile(pool: number, share: number, endMs: number): number {
    const peak = this.#peak[pool] ?? 0;
    if (share >= 1) return peak;
    let aboveMs = 0;
    for (let level = Math.min(peak, concurrencyMax); level > 0; level -= 1) {
      aboveMs += this.#spentMs[pool * (concurrencyMax + 1) + level] ?? 0;
      if (aboveMs > (1 - share) * (endMs - this.#startMs)) return level;
    }
    return 0;
  }
}
