// What fixed idle windows would have cost on the same traffic: each level's idle gaps are priced as they end, which is exact for windows
// under most-recently-idle-first service, because levels then never exchange replicas. Constant memory per level. Pure.
import { levelsMax } from '../demand/pool-levels.ts';
import type { WarmthFigures } from './exchange.ts';

/** Hot for the first, then parked up to the second, both counted from the moment a replica becomes idle; then gone. */
export interface ShadowWindow {
  readonly hotSeconds: number;
  readonly totalSeconds: number;
}

/** What a window would have cost, in the pool's GPU-seconds. */
export interface ShadowBill {
  idleSeconds: number;
  parkedSeconds: number;
  loadSeconds: number;
  waitSeconds: number;
  colds: number;
}

export class WindowShadow {
  window: ShadowWindow;
  readonly #bill: ShadowBill = { idleSeconds: 0, parkedSeconds: 0, loadSeconds: 0, waitSeconds: 0, colds: 0 };

  constructor(window: ShadowWindow) {
    this.window = window;
  }

  /**
   * A level was idle for `gapSeconds` (Infinity: never used before) and is used now. Of its idle time only what came after its first
   * `fromSeconds` is charged.
   */
  close(gapSeconds: number, figures: WarmthFigures, fromSeconds = 0): void {
    addGap(this.#bill, this.window, gapSeconds, fromSeconds);
    const wake = figures.wakeSeconds;
    // Used at the very end of its window it is gone, as in the pool.
    if (gapSeconds < this.window.hotSeconds) return;
    const isParked = wake !== null && gapSeconds < this.window.totalSeconds;
    const wait = isParked ? wake : figures.loadSeconds;
    if (!isParked) this.#bill.colds += 1;
    this.#bill.loadSeconds += wait;
    this.#bill.waitSeconds += wait;
  }

  /** A level that is kept for good was idle for `gapSeconds`. */
  hold(gapSeconds: number): void {
    if (gapSeconds !== Infinity) this.#bill.idleSeconds += gapSeconds;
  }

  get bill(): Readonly<ShadowBill> {
    return this.#bill;
  }

  /** False, and nothing changed, when the bill holds what is no number. */
  restore({ idleSeconds, parkedSeconds, loadSeconds, waitSeconds, colds }: Readonly<ShadowBill>): boolean {
    if (![idleSeconds, parkedSeconds, loadSeconds, waitSeconds, colds].every(Number.isFinite)) return false;
    Object.assign(this.#bill, { idleSeconds, parkedSeconds, loadSeconds, waitSeconds, colds });
    return true;
  }
}

/** The idle and parked time of a gap under a window, of what came after its first `fromSeconds`. */
export function addGap(
  bill: ShadowBill,
  { hotSeconds, totalSeconds }: ShadowWindow,
  gapSeconds: number,
  fromSeconds = 0,
): void {
  if (gapSeconds === Infinity) return;
  bill.idleSeconds += Math.max(0, Math.min(gapSeconds, hotSeconds) - fromSeconds);
  bill.parkedSeconds += Math.max(0, Math.min(gapSeconds, totalSeconds) - Math.max(hotSeconds, fromSeconds));
}

/** Cost of a bill in GPU-seconds, waiting included. */
export function priceBill(bill: Readonly<ShadowBill>, { parkedShare, gamma }: WarmthFigures): number {
  return bill.idleSeconds + parkedShare * bill.parkedSeconds + bill.loadSeconds + gamma * bill.waitSeconds;
}

/** Stands for a use that ended at 0, where replays begin: 0 itself says that there was none. Too small to change a gap. */
const justAfterZeroMs = Number.MIN_VALUE;

/** When each level of one pool was last used, and who is told of the gap when it is used again. Moments are 0 or later. */
export class GapBook {
  /** End of the last use per level in ms; 0 = never used. */
  #downMs = new Float64Array(2);
  #busy = 0;

  get busy(): number {
    return this.#busy;
  }

  load(busy: number, nowMs: number, close: (gapSeconds: number, level: number) => void): void {
    const to = Math.max(0, Math.min(Math.trunc(busy), levelsMax));
    this.#widen(to);
    for (let level = this.#busy; level < to; level += 1) {
      const downMs = this.#downMs[level] ?? 0;
      close(downMs === 0 ? Infinity : (nowMs - downMs) / 1000, level + 1);
    }
    const downMs = Math.max(nowMs, justAfterZeroMs);
    for (let level = this.#busy - 1; level >= to; level -= 1) this.#downMs[level] = downMs;
    this.#busy = to;
  }

  #widen(levels: number): void {
    if (levels <= this.#downMs.length) return;
    const wider = new Float64Array(Math.min(levelsMax, 2 * levels));
    wider.set(this.#downMs);
    this.#downMs = wider;
  }

  /** Levels that are kept whether anybody uses them or not: those that nobody has used are idle from now on. */
  hold(levels: number, nowMs: number): void {
    const to = Math.min(levels, levelsMax);
    this.#widen(to);
    const downMs = Math.max(nowMs, justAfterZeroMs);
    for (let level = this.#busy; level < to; level += 1)
      if (this.#downMs[level] === 0) this.#downMs[level] = downMs;
  }

  /** Tells of every gap that is still open, in seconds. */
  eachOpen(nowMs: number, tell: (gapSeconds: number, level: number) => void): void {
    for (let level = this.#busy; level < this.#downMs.length; level += 1) {
      const downMs = this.#downMs[level] ?? 0;
      if (downMs > 0) tell((nowMs - downMs) / 1000, level + 1);
    }
  }

  /** Idle and parked cost of the gaps that are still open under a window, in GPU-seconds; levels up to `floor` stay hot for good. */
  openCost(nowMs: number, window: ShadowWindow, parkedShare: number, floor: number): number {
    let cost = 0;
    for (let level = this.#busy; level < this.#downMs.length; level += 1) {
      const downMs = this.#downMs[level] ?? 0;
      if (downMs === 0) continue;
      const gap = (nowMs - downMs) / 1000;
      const hot = level < floor ? Infinity : window.hotSeconds;
      cost += Math.min(gap, hot) + parkedShare * Math.max(0, Math.min(gap, window.totalSeconds) - hot);
    }
    return cost;
  }

  snapshot(): readonly [busy: number, downMs: readonly number[]] {
    return [this.#busy, [...this.#downMs]];
  }

  /** False, and nothing changed, when the snapshot holds what is no number or no load. */
  restore([busy, downMs]: readonly [number, readonly number[]]): boolean {
    const isLoad = Number.isInteger(busy) && busy >= 0 && busy <= downMs.length;
    if (!isLoad || downMs.length > levelsMax || !downMs.every(Number.isFinite)) return false;
    this.#downMs = Float64Array.from(downMs);
    this.#busy = busy;
    return true;
  }
}
