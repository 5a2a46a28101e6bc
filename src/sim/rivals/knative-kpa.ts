// Knative's pod autoscaler (KPA), serving/pkg/autoscaler: defaults of config-autoscaler, container concurrency 1.
// Rule: every 2 s pods = mean concurrency over the stable window / target (70 % utilisation by default), or over the panic window (a tenth of it) while that asks for twice what is
// ready; in panic never down, and at most x1000 up and /2 down a step; to zero after the stable window and a grace of 30 s.
// Busy replicas are never taken (Knative drains them), and a request that finds nothing starts a replica at once, as the replay does for all.
import type { Fleet, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';
import { SlidingMeans } from './sliding-means.ts';

const tickMs = 2000;
const panicThreshold = 2;
const panicShare = 0.1;
const scaleUpRateMax = 1000;
const scaleDownRateMax = 2;
const graceMs = 30_000;
/** Means are sums of floats: a hair above a whole number must not ask for one more pod. */
const rounding = 1e-9;

export interface KpaSettings {
  readonly stableMs: number;
  /** Target utilisation of a pod that serves one request at a time: above 0, at most 1. */
  readonly utilisation: number;
}

export class KnativeKpa implements FleetPolicy {
  readonly name: string;
  readonly tickMs = tickMs;
  readonly #stableMs: number;
  /** Concurrency that one pod is meant to carry. */
  readonly #targetPerPod: number;
  readonly #stable: SlidingMeans;
  readonly #panic: SlidingMeans;
  readonly #panickedAtMs: Float64Array;
  readonly #panicPods: Int32Array;
  readonly #zeroSinceMs: Float64Array;

  constructor(name: string, poolCount: number, settings: KpaSettings) {
    const { stableMs } = settings;
    this.name = name;
    this.#stableMs = stableMs;
    this.#targetPerPod = settings.utilisation;
    this.#stable = new SlidingMeans(poolCount, { windowMs: stableMs, bins: 60 });
    this.#panic = new SlidingMeans(poolCount, { windowMs: stableMs * panicShare, bins: 6 });
    this.#panickedAtMs = new Float64Array(poolCount).fill(Number.NEGATIVE_INFINITY);
    this.#panicPods = new Int32Array(poolCount);
    this.#zeroSinceMs = new Float64Array(poolCount).fill(Number.POSITIVE_INFINITY);
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#stable.change(pool, fleet.nowMs, 1);
    this.#panic.change(pool, fleet.nowMs, 1);
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#stable.change(pool, fleet.nowMs, -1);
    this.#panic.change(pool, fleet.nowMs, -1);
  }

  onTick(fleet: Fleet): void {
    for (let pool = 0; pool < fleet.poolCount; pool += 1) {
      const inFlight = this.#stable.level(pool);
      const total = inFlight + fleet.idle(pool) + fleet.coming(pool);
      const stableMean = this.#stable.mean(pool, fleet.nowMs);
      if (total === 0 && stableMean === 0) continue;
      const pods = this.#decidePods(pool, stableMean, fleet);
      for (let at = total; at < pods; at += 1) fleet.prewarm(pool);
      for (let at = total; at > pods; at -= 1) if (!fleet.stopIdle(pool)) break;
    }
  }

  windows(): IdleWindows {
    return { parkAfterMs: Number.POSITIVE_INFINITY, stopAfterMs: Number.POSITIVE_INFINITY };
  }

  #decidePods(pool: number, stableMean: number, fleet: Fleet): number {
    const { nowMs } = fleet;
    const ready = Math.max(1, fleet.busy(pool) + fleet.idle(pool));
    const clamp = (mean: number): number =>
      Math.min(
        Math.max(Math.ceil(mean / this.#targetPerPod - rounding), Math.floor(ready / scaleDownRateMax)),
        Math.ceil(ready * scaleUpRateMax),
      );
    const stablePods = clamp(stableMean);
    const panicPods = clamp(this.#panic.mean(pool, nowMs));
    if (panicPods / ready >= panicThreshold) {
      if (!this.#isPanicking(pool, nowMs)) this.#panicPods[pool] = 0;
      this.#panickedAtMs[pool] = nowMs;
    }
    let pods = stablePods;
    if (this.#isPanicking(pool, nowMs)) {
      pods = Math.max(stablePods, panicPods, this.#panicPods[pool] ?? 0);
      this.#panicPods[pool] = pods;
    }
    if (pods > 0) {
      this.#zeroSinceMs[pool] = Number.POSITIVE_INFINITY;
      return pods;
    }
    const sinceMs = Math.min(this.#zeroSinceMs[pool] ?? nowMs, nowMs);
    this.#zeroSinceMs[pool] = sinceMs;
    return nowMs - sinceMs >= graceMs ? 0 : 1;
  }

  #isPanicking(pool: number, nowMs: number): boolean {
    return nowMs - (this.#panickedAtMs[pool] ?? 0) <= this.#stableMs;
  }
}
