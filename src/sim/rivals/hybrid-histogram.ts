// Hybrid histogram, "Serverless in the Wild" (Shahrad et al., USENIX ATC 2020), one histogram of idle times per pool.
// Rule: bins of a minute over 4 hours. Spread too evenly (CV of the bin counts < 2): keep for the whole range. Else unload at once, load again at 0.9 x the
// 5th percentile (a load earlier, so that it is ready then) and keep until 1.1 x the tail percentile; a 5th percentile in the first minute means: never unload.
// Mostly out of range: the paper fits ARIMA; here a keep-alive of 10 minutes instead. Idle times are those of replicas, not of
// the pool as a whole (the paper has one container per app). Both choices are the cheaper ones on days 10-13 of GenTD26. Learns from history.
import type { Fleet, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';
import { IdleGaps } from './idle-gaps.ts';
import { walkPast, type PastTraffic } from './past-events.ts';

const binMs = 60_000;
const bins = 240;
const rangeMs = bins * binMs;
const headShare = 0.05;
const headMargin = 0.9;
const tailMargin = 1.1;
const variationMin = 2;
const outOfRangeMax = 0.5;
/** Kept for when most idle times are out of range: the fixed keep-alive that the paper compares with. */
const outOfRangeKeepMs = 600_000;

/** Both count from the end of the last request; `prewarmMs` 0 = keep without a break. */
interface Windows {
  readonly prewarmMs: number;
  readonly keepMs: number;
}

export class HybridHistogram implements FleetPolicy {
  readonly name: string;
  readonly tickMs = null;
  readonly #tailShare: number;
  readonly #histograms: IdleHistograms;
  readonly #gaps: IdleGaps;
  readonly #lastEndMs: Float64Array;
  /** Until when the pool's prewarmed replica is kept; 0 when none was asked for since the last end. */
  readonly #prewarmedUntilMs: Float64Array;

  constructor(name: string, poolCount: number, tailShare: number) {
    this.name = name;
    this.#tailShare = tailShare;
    this.#histograms = new IdleHistograms(poolCount);
    this.#gaps = new IdleGaps(poolCount);
    this.#lastEndMs = new Float64Array(poolCount);
    this.#prewarmedUntilMs = new Float64Array(poolCount);
  }

  learn(history: PastTraffic): void {
    walkPast(history, {
      arrival: (pool, atMs) => this.#arrive(pool, atMs),
      end: (pool, atMs) => this.#end(pool, atMs),
    });
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#arrive(pool, fleet.nowMs);
    fleet.callAt(pool, null);
    this.#prewarmedUntilMs[pool] = 0;
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#end(pool, fleet.nowMs);
    if (fleet.busy(pool) !== 0) return;
    const windows = this.#histograms.windows(pool, this.#tailShare);
    if (!unloads(windows, fleet)) return;
    fleet.callAt(pool, fleet.nowMs + windows.prewarmMs - fleet.figures.loadMs);
  }

  onTimer(pool: number, fleet: Fleet): void {
    const { keepMs } = this.#histograms.windows(pool, this.#tailShare);
    this.#prewarmedUntilMs[pool] = (this.#lastEndMs[pool] ?? 0) + keepMs;
    if (fleet.idle(pool) + fleet.coming(pool) === 0) fleet.prewarm(pool);
  }

  windows(pool: number, fleet: Fleet): IdleWindows {
    const untilMs = this.#prewarmedUntilMs[pool] ?? 0;
    if (untilMs > 0) return stopAfter(Math.max(0, untilMs - fleet.nowMs));
    const windows = this.#histograms.windows(pool, this.#tailShare);
    return stopAfter(fleet.busy(pool) === 0 && unloads(windows, fleet) ? 0 : windows.keepMs);
  }

  #arrive(pool: number, atMs: number): void {
    const gapMs = this.#gaps.arrive(pool, atMs);
    if (gapMs !== null) this.#histograms.add(pool, gapMs);
  }

  #end(pool: number, atMs: number): void {
    this.#gaps.end(pool, atMs);
    this.#lastEndMs[pool] = atMs;
  }
}

/** Unloading pays only when the replica is away for longer than its load takes. */
function unloads({ prewarmMs }: Windows, fleet: Fleet): boolean {
  return prewarmMs > fleet.figures.loadMs;
}

function stopAfter(stopAfterMs: number): IdleWindows {
  return { parkAfterMs: Number.POSITIVE_INFINITY, stopAfterMs };
}

class IdleHistograms {
  readonly #counts: Uint32Array;
  readonly #inRange: Float64Array;
  readonly #outOfRange: Float64Array;
  readonly #squares: Float64Array;

  constructor(poolCount: number) {
    this.#counts = new Uint32Array(poolCount * bins);
    this.#inRange = new Float64Array(poolCount);
    this.#outOfRange = new Float64Array(poolCount);
    this.#squares = new Float64Array(poolCount);
  }

  add(pool: number, idleMs: number): void {
    if (idleMs >= rangeMs) {
      this.#outOfRange[pool] = (this.#outOfRange[pool] ?? 0) + 1;
      return;
    }
    const cell = pool * bins + Math.floor(idleMs / binMs);
    const count = this.#counts[cell] ?? 0;
    this.#counts[cell] = count + 1;
    this.#inRange[pool] = (this.#inRange[pool] ?? 0) + 1;
    this.#squares[pool] = (this.#squares[pool] ?? 0) + 2 * count + 1;
  }

  windows(pool: number, tailShare: number): Windows {
    const inRange = this.#inRange[pool] ?? 0;
    const outOfRange = this.#outOfRange[pool] ?? 0;
    const total = inRange + outOfRange;
    if (total > 0 && outOfRange / total >= outOfRangeMax) return { prewarmMs: 0, keepMs: outOfRangeKeepMs };
    if (inRange === 0 || this.#variation(pool) < variationMin) return { prewarmMs: 0, keepMs: rangeMs };
    return {
      prewarmMs: this.#bin(pool, headShare) * binMs * headMargin,
      keepMs: (this.#bin(pool, tailShare) + 1) * binMs * tailMargin,
    };
  }

  /** Standard deviation of the bin counts over their mean. */
  #variation(pool: number): number {
    const mean = (this.#inRange[pool] ?? 0) / bins;
    const square = (this.#squares[pool] ?? 0) / bins;
    return Math.sqrt(Math.max(0, square - mean * mean)) / mean;
  }

  /** The bin in which the share of the in-range idle times is reached. */
  #bin(pool: number, share: number): number {
    let left = (this.#inRange[pool] ?? 0) * share;
    for (let bin = 0; bin < bins; bin += 1) {
      left -= this.#counts[pool * bins + bin] ?? 0;
      if (left <= 0) return bin;
    }
    return bins - 1;
  }
}
