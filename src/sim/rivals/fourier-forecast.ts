// IceBreaker-like (Roy, Patel, Tiwari, ASPLOS 2022): a Fourier forecast of each pool's concurrency, on one kind of server.
// Rule: concurrency per minute (its peak) over the last 68 hours = quadratic trend + ten strongest harmonics, fitted again every half hour; the k-th replica is wanted
// when the forecast for any minute until a load started now would be ready exceeds k - 1 + threshold. Unwanted replicas go after five minutes of idle time (one is worse),
// wanted ones are started ahead. IceBreaker's choice between fast and slow servers has no counterpart here; its utility is the threshold. Learns from history.
import type { Fleet, FleetPolicy } from '../replay/fleet-policy.ts';
import { keepAliveAbove } from './floored-keep-alive.ts';
import { fitHarmonics, forecastAt, type HarmonicFit } from './harmonic-fit.ts';
import { walkPast, type PastTraffic } from './past-events.ts';
import { PeakMinutes } from './peak-minutes.ts';

const minuteMs = 60_000;
/** 68 hours: of the powers of two from 256 to 4096 the best on days 10-13 of GenTD26. */
const windowMinutes = 4096;
const harmonicsMax = 10;
const refitMinutes = 30;
const keepMs = 300_000;
/** A forecast that explodes must not buy the world. */
const replicasMax = 256;

export class FourierForecast implements FleetPolicy {
  readonly name: string;
  readonly tickMs = minuteMs;
  readonly #threshold: number;
  readonly #minutes: PeakMinutes;
  readonly #fits: (HarmonicFit | null)[];
  /** Minute at which the window of each fit began. */
  readonly #fittedFrom: Float64Array;
  readonly #wanted: Int32Array;
  readonly #series = new Float64Array(windowMinutes);

  constructor(name: string, poolCount: number, threshold: number) {
    this.name = name;
    this.#threshold = threshold;
    this.#minutes = new PeakMinutes(poolCount, windowMinutes);
    this.#fits = Array.from({ length: poolCount }, () => null);
    this.#fittedFrom = new Float64Array(poolCount);
    this.#wanted = new Int32Array(poolCount);
  }

  learn(history: PastTraffic): void {
    walkPast(history, {
      arrival: (pool, atMs) => this.#minutes.change(pool, atMs, 1),
      end: (pool, atMs) => this.#minutes.change(pool, atMs, -1),
    });
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#minutes.change(pool, fleet.nowMs, 1);
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#minutes.change(pool, fleet.nowMs, -1);
    this.#settle(pool, fleet);
  }

  onTimer(pool: number, fleet: Fleet): void {
    this.#settle(pool, fleet);
  }

  onTick(fleet: Fleet): void {
    const minute = Math.floor(fleet.nowMs / minuteMs);
    for (let pool = 0; pool < fleet.poolCount; pool += 1) {
      // Pools take turns, so that no tick fits all of them.
      if ((minute + pool) % refitMinutes === 0) this.#refit(pool, fleet.nowMs, minute);
      this.#wanted[pool] = this.#plan(pool, minute, fleet.figures.loadMs);
      const total = fleet.busy(pool) + fleet.idle(pool) + fleet.coming(pool);
      for (let at = total; at < (this.#wanted[pool] ?? 0); at += 1) fleet.prewarm(pool);
      this.#settle(pool, fleet);
    }
  }

  #settle(pool: number, fleet: Fleet): void {
    keepAliveAbove(fleet, pool, { floor: Math.max(0, (this.#wanted[pool] ?? 0) - fleet.busy(pool)), keepMs });
  }

  #refit(pool: number, nowMs: number, minute: number): void {
    this.#fittedFrom[pool] = minute - windowMinutes;
    const isQuiet = !this.#minutes.copyBefore(pool, nowMs, this.#series);
    this.#fits[pool] = isQuiet ? null : fitHarmonics(this.#series, harmonicsMax);
  }

  #plan(pool: number, minute: number, loadMs: number): number {
    const fit = this.#fits[pool] ?? null;
    if (fit === null) return 0;
    const step = minute - (this.#fittedFrom[pool] ?? 0);
    let most = 0;
    for (let ahead = 0; ahead <= Math.ceil(loadMs / minuteMs); ahead += 1) {
      most = Math.max(most, forecastAt(fit, step + ahead));
    }
    return Math.min(replicasMax, Math.max(0, Math.floor(most - this.#threshold) + 1));
  }
}
