// What this week's traffic would have cost under fixed keep-alives, each of a whole range, so that what was paid can be compared with
// the best of them, chosen afterwards. Owns the week and the range. Constant memory. Pure.
import type { WarmthFigures } from './exchange.ts';
import { addGap, GapBook, priceBill, WindowShadow, type ShadowBill } from './window-shadow.ts';

/** Keep-alives compared, in seconds: 2 s to 48 h, half an octave to an octave apart. */
export const keepAliveSeconds = [
  2, 5, 10, 20, 30, 60, 120, 180, 300, 450, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800,
  14_400, 21_600, 43_200, 86_400, 172_800,
] as const;

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** The epoch was a Thursday; weeks begin on Monday, 00:00 UTC. */
const mondayMs = 4 * dayMs;

export function weekStartMs(nowMs: number): number {
  return Math.floor((nowMs - mondayMs) / weekMs) * weekMs + mondayMs;
}

/** A fixed keep-alive's bill for a pool, in the pool's GPU-seconds. */
export interface KeepAliveBill extends Readonly<ShadowBill> {
  readonly keepAliveSeconds: number;
  readonly costSeconds: number;
}

export interface RegretSnapshot {
  readonly sinceMs: number;
  readonly gaps: ReturnType<GapBook['snapshot']>;
  readonly bills: readonly ShadowBill[];
}

/** One pool's meter. */
export class RegretMeter {
  readonly #gaps = new GapBook();
  #shadows = makeShadows();
  #sinceMs = 0;

  /** Start of the week, or of the meter where that is later. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  load(busy: number, nowMs: number, figures: WarmthFigures): void {
    this.turnTo(nowMs);
    const floor = figures.floor ?? 0;
    this.#gaps.load(busy, nowMs, (gap, level) => {
      const from = this.#ageAtStart(gap, nowMs);
      for (const shadow of this.#shadows) {
        if (level > floor) shadow.close(gap, figures, from);
        else shadow.hold(gap - from);
      }
    });
  }

  /** Every keep-alive's bill as of now, gaps that are still open included. */
  bills(nowMs: number, figures: WarmthFigures): readonly KeepAliveBill[] {
    this.turnTo(nowMs);
    return this.#shadows.map((shadow) => {
      const bill = { ...shadow.bill };
      this.#gaps.eachOpen(nowMs, (gap, level) => {
        const from = this.#ageAtStart(gap, nowMs);
        if (level > (figures.floor ?? 0)) addGap(bill, shadow.window, gap, from);
        else bill.idleSeconds += gap - from;
      });
      return {
        ...bill,
        keepAliveSeconds: shadow.window.hotSeconds,
        costSeconds: priceBill(bill, figures),
      };
    });
  }

  /** Levels that are kept for good from now on, used or not. */
  hold(levels: number, nowMs: number): void {
    this.turnTo(nowMs);
    this.#gaps.hold(levels, nowMs);
  }

  /** How much of a gap lies before the meter's start: that part is no part of this week's bill. */
  #ageAtStart(gapSeconds: number, nowMs: number): number {
    if (gapSeconds === Infinity) return 0;
    // What is heard late lies wholly before.
    const since = Math.max(0, nowMs - this.#sinceMs) / 1000;
    return Math.max(0, gapSeconds - since);
  }

  /** Begins a new week when one has begun; true when it did. The first is as long as the meter has run. */
  turnTo(nowMs: number): boolean {
    const weekMs = weekStartMs(nowMs);
    if (this.#sinceMs >= weekMs) return false;
    this.#shadows = makeShadows();
    this.#sinceMs = this.#sinceMs === 0 ? nowMs : weekMs;
    return true;
  }

  snapshot(): RegretSnapshot {
    return {
      sinceMs: this.#sinceMs,
      gaps: this.#gaps.snapshot(),
      bills: this.#shadows.map(({ bill }) => ({ ...bill })),
    };
  }

  restore({ sinceMs, gaps, bills }: RegretSnapshot): boolean {
    if (bills.length !== this.#shadows.length || !this.#gaps.restore(gaps)) return false;
    for (const [at, bill] of bills.entries()) this.#shadows[at]?.restore(bill);
    this.#sinceMs = sinceMs;
    return true;
  }
}

function makeShadows(): readonly WindowShadow[] {
  return keepAliveSeconds.map((each) => new WindowShadow({ hotSeconds: each, totalSeconds: each }));
}
