// Seasonal floor: what a team with a calendar and a dashboard would script (AIBrix, KEDA and AWS offer the schedule, not the forecast).
// Rule: slots of ten minutes; expected arrivals of the slot in which a load started now is ready = mean of the same slot over the last seven days and of the last half
// hour's rate, half each; while P(any) = 1 - exp(-expected) is at least P one replica is held, started ahead if need be. Beside it a fixed
// keep-alive of 300 s. Learns from history.
import type { Fleet, FleetPolicy } from '../replay/fleet-policy.ts';
import { keepAliveAbove } from './floored-keep-alive.ts';
import { walkPast, type PastTraffic } from './past-events.ts';
import { SlotCounts } from './slot-counts.ts';

const slotMs = 600_000;
const recentMinutes = 30;
const keepMs = 300_000;

export class SeasonalFloor implements FleetPolicy {
  readonly name: string;
  readonly tickMs = 60_000;
  readonly #shareMin: number;
  readonly #slots: SlotCounts;
  /** Arrivals in each of the last thirty minutes, a ring per pool, and their sum. */
  readonly #recent: Uint32Array;
  readonly #recentSum: Float64Array;
  readonly #floor: Uint8Array;
  #minute = 0;

  constructor(name: string, poolCount: number, shareMin: number) {
    this.name = name;
    this.#shareMin = shareMin;
    this.#slots = new SlotCounts(poolCount, slotMs);
    this.#recent = new Uint32Array(poolCount * recentMinutes);
    this.#recentSum = new Float64Array(poolCount);
    this.#floor = new Uint8Array(poolCount);
  }

  learn(history: PastTraffic): void {
    walkPast(history, { arrival: (pool, atMs) => this.#count(pool, atMs), end: () => {} });
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#count(pool, fleet.nowMs);
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#settle(pool, fleet);
  }

  onTimer(pool: number, fleet: Fleet): void {
    this.#settle(pool, fleet);
  }

  onTick(fleet: Fleet): void {
    this.#slots.advance(fleet.nowMs);
    this.#advance(fleet.nowMs);
    for (let pool = 0; pool < fleet.poolCount; pool += 1) {
      const earlier = this.#slots.meanOfEarlierDays(pool, fleet.nowMs + fleet.figures.loadMs);
      const recent = (this.#recentSum[pool] ?? 0) * (slotMs / (recentMinutes * 60_000));
      const share = 1 - Math.exp(-(earlier + recent) / 2);
      this.#floor[pool] = share >= this.#shareMin ? 1 : 0;
      const total = fleet.busy(pool) + fleet.idle(pool) + fleet.coming(pool);
      if (this.#floor[pool] === 1 && total === 0) fleet.prewarm(pool);
      this.#settle(pool, fleet);
    }
  }

  #settle(pool: number, fleet: Fleet): void {
    // The floor is one hot replica, busy or idle.
    const floor = Math.max(0, (this.#floor[pool] ?? 0) - fleet.busy(pool));
    keepAliveAbove(fleet, pool, { floor, keepMs });
  }

  #count(pool: number, atMs: number): void {
    this.#slots.add(pool, atMs);
    this.#advance(atMs);
    const cell = pool * recentMinutes + (this.#minute % recentMinutes);
    this.#recent[cell] = (this.#recent[cell] ?? 0) + 1;
    this.#recentSum[pool] = (this.#recentSum[pool] ?? 0) + 1;
  }

  #advance(atMs: number): void {
    const minute = Math.floor(atMs / 60_000);
    const from = Math.max(this.#minute + 1, minute - recentMinutes + 1);
    for (let at = from; at <= minute; at += 1) {
      this.#recentSum.forEach((sum, pool) => {
        const cell = pool * recentMinutes + (at % recentMinutes);
        this.#recentSum[pool] = sum - (this.#recent[cell] ?? 0);
        this.#recent[cell] = 0;
      });
    }
    this.#minute = Math.max(this.#minute, minute);
  }
}
