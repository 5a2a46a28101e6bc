// The warming brain: what it learned of demand, what ski-rental would have cost so far, and what it plans for each pool now. Events and
// the clock in, plans out; the same code plans in production, in the simulator and in the browser. Deterministic. Pure.
import { HazardModel, type HazardSnapshot } from '../demand/hazard-model.ts';
import type { FigureGroup } from '../demand/hazard-figures.ts';
import { buyCosts, isParkingWorthwhile, type WarmthFigures } from './exchange.ts';
import { Guard, type GuardLimits, type GuardSnapshot } from './guard.ts';
import { skiWindows, trustWindows, type KeepWindows } from './idle-windows.ts';
import {
  climbLevels,
  levelThresholds,
  type LevelDemand,
  type LevelPlan,
  type LevelThresholds,
} from './plan-levels.ts';
import { GapBook, priceBill, WindowShadow, type ShadowBill, type ShadowWindow } from './window-shadow.ts';

/** What can be switched off alone, to measure what it is worth or to fall back on less. */
export interface WarmerSwitches {
  readonly prewarm: boolean;
  /** 0 follows the forecast alone, 1 is ski-rental; see `trustWindows`. */
  readonly trust: number;
  /** Starts ahead of demand that nobody used may cost this share of what is paid in any case; Infinity = no bound. */
  readonly speculation: number;
  /** What is paid may be this many times what ski-rental would pay; Infinity = no bound. */
  readonly guardRatio: number;
  /** Figures that the forecast leaves out. */
  readonly off: readonly FigureGroup[];
}

/**
 * Trust is 0 because the guard bounds the worst case already, at a tenth of the price: with trust 0.1 every replica is kept for a tenth
 * of the break-even time for nothing (docs/warming.md, ablation).
 */
export const defaultSwitches: WarmerSwitches = {
  prewarm: true,
  trust: 0,
  speculation: 0.3,
  guardRatio: 1.5,
  off: [],
};

/** The guard's account in break-even times of one replica: what may be saved up, and what is needed to begin. */
const guardCapBuys = 200;
const guardResumeBuys = 20;

export interface PoolPlan extends LevelPlan, KeepWindows {
  /** `forecast`; `guard`: the account is empty; `broken`: the forecast is no number. The last two are ski-rental. */
  readonly by: 'forecast' | 'guard' | 'broken';
}

/** What follows from the figures of a pool. */
interface Derived {
  readonly figures: WarmthFigures;
  readonly thresholds: LevelThresholds;
  readonly windows: KeepWindows;
  readonly byGuard: PoolPlan;
  readonly byBroken: PoolPlan;
  readonly skiWindow: ShadowWindow;
  /** The last plan by the forecast. */
  last: PoolPlan | null;
}

export interface WarmerSnapshot {
  readonly version: 1;
  readonly model: HazardSnapshot;
  readonly guard: GuardSnapshot;
  readonly shadow: readonly ShadowBill[];
  readonly gaps: readonly (readonly [number, readonly number[]])[];
}

export interface WarmerOptions {
  readonly tickMs: number;
  readonly poolCount: number;
  readonly switches?: Partial<WarmerSwitches>;
  /** Figures of a pool by its index. */
  figures(pool: number): WarmthFigures;
  /** Distorts the forecast: for measuring the worst case. */
  readonly attack?: (hazard: number, pool: number, level: number) => number;
}

export class Warmer {
  readonly model: HazardModel;
  readonly switches: WarmerSwitches;
  readonly #options: WarmerOptions;
  readonly #guard: Guard;
  /** Per pool: its gaps, and what ski-rental would have cost. */
  readonly #gaps: GapBook[] = [];
  readonly #ski: WindowShadow[] = [];
  readonly #derived: Derived[] = [];
  /** The demand of the pool that is being planned for. */
  readonly #demand: LevelDemand & { pool: number };

  constructor(options: WarmerOptions) {
    this.#options = options;
    this.switches = { ...defaultSwitches, ...options.switches };
    this.model = new HazardModel(options.tickMs, options.poolCount, this.switches.off);
    this.#growShadows(options.poolCount);
    this.#guard = new Guard(this.#guardLimits());
    this.#demand = demandOf(this.model, options.attack);
  }

  /** Sized by the dearest start there is. */
  #guardLimits(): GuardLimits {
    let buy = 1;
    for (let pool = 0; pool < this.#gaps.length; pool += 1) {
      const figures = this.#options.figures(pool);
      buy = Math.max(buy, startCost(figures) * (figures.price ?? 1));
    }
    return { ratio: this.switches.guardRatio, cap: guardCapBuys * buy, resume: guardResumeBuys * buy };
  }

  get isTrusting(): boolean {
    return this.#guard.isTrusting;
  }

  get guard(): Guard {
    return this.#guard;
  }

  /** Makes room for more pools; those that are known keep their index. */
  grow(poolCount: number): void {
    this.model.grow(poolCount);
    this.#growShadows(poolCount);
    this.#guard.resize(this.#guardLimits());
  }

  #growShadows(poolCount: number): void {
    for (let at = this.#gaps.length; at < poolCount; at += 1) {
      this.#gaps.push(new GapBook());
      this.#ski.push(new WindowShadow(skiWindow(this.#options.figures(at))));
    }
  }

  arrive(pool: number, tenant: number | null, nowMs: number, count = 1): void {
    this.model.arrive(pool, tenant, nowMs, count);
  }

  load(pool: number, busy: number, nowMs: number): void {
    this.model.load(pool, busy, nowMs);
    const figures = this.#options.figures(pool);
    const shadow = this.#ski[pool];
    if (shadow === undefined) return;
    shadow.window = this.#derive(pool).skiWindow;
    this.#gaps[pool]?.load(busy, nowMs, (gap, level) => {
      if (level > (figures.floor ?? 0)) shadow.close(gap, figures);
      else shadow.hold(gap);
    });
  }

  /** The pool's floor is kept from now on: ski-rental would have paid for it as well. */
  hold(pool: number, nowMs: number): void {
    this.#gaps[pool]?.hold(this.#options.figures(pool).floor ?? 0, nowMs);
  }

  /** Prices have changed, with which both sides of the guard's account are added up: it goes on from here. */
  reprice(nowMs: number, paid: number): void {
    this.#guard.rebase(paid, this.skiCost(nowMs));
  }

  /**
   * One tick: learns, predicts, and books what has been paid since the beginning: idling, loads, parking and waiting, in money where the
   * pools' figures have prices, in GPU-seconds otherwise. Null = not known this time.
   */
  tick(nowMs: number, paid: number | null): void {
    this.model.tick(nowMs);
    if (paid !== null) this.#guard.book(paid, this.skiCost(nowMs));
  }

  /** What plain ski-rental would have paid for the same traffic until now, in the same unit. */
  skiCost(nowMs: number): number {
    let sum = 0;
    for (let pool = 0; pool < this.#ski.length; pool += 1) {
      const shadow = this.#ski[pool];
      const figures = this.#options.figures(pool);
      if (shadow === undefined) continue;
      const { floor = 0, price = 1 } = figures;
      const open =
        this.#gaps[pool]?.openCost(nowMs, this.#derive(pool).skiWindow, figures.parkedShare, floor) ?? 0;
      sum += (priceBill(shadow.bill, figures) + open) * price;
    }
    return sum;
  }

  /** The plan for one pool as of the last tick, or as of the last `model.look` at it. The same object while nothing changes. */
  plan(pool: number): PoolPlan {
    const derived = this.#derive(pool);
    if (!this.#guard.isTrusting) return derived.byGuard;
    const demand = this.#demand;
    demand.pool = pool;
    const levels = climbLevels(derived.thresholds, demand);
    if (levels === null) return derived.byBroken;
    const { last } = derived;
    if (last !== null && isSamePlan(last, levels)) return last;
    derived.last = { ...levels, ...derived.windows, by: 'forecast' };
    return derived.last;
  }

  /** What follows from a pool's figures, computed again when those change. */
  #derive(pool: number): Derived {
    const figures = this.#options.figures(pool);
    const known = this.#derived[pool];
    if (known !== undefined && known.figures === figures) return known;
    const { trust, prewarm } = this.switches;
    const derived: Derived = {
      figures,
      thresholds: levelThresholds(figures, prewarm),
      windows: trustWindows(figures, trust),
      byGuard: skiPlan(figures, 'guard'),
      byBroken: skiPlan(figures, 'broken'),
      skiWindow: skiWindow(figures),
      last: null,
    };
    this.#derived[pool] = derived;
    return derived;
  }

  /** Whether one more replica may be started ahead of demand, by what such starts have cost so far for nothing. */
  maySpeculate(pool: number, speculatedSeconds: number, groundedSeconds: number): boolean {
    const { loadSeconds } = this.#options.figures(pool);
    return speculatedSeconds + loadSeconds <= this.switches.speculation * groundedSeconds;
  }

  snapshot(): WarmerSnapshot {
    return {
      version: 1,
      model: this.model.snapshot(),
      guard: this.#guard.snapshot(),
      shadow: this.#ski.map(({ bill }) => ({ ...bill })),
      gaps: this.#gaps.map((book) => book.snapshot()),
    };
  }

  /** False when the snapshot does not fit: what could not be taken up learns anew. */
  restore(snapshot: WarmerSnapshot): boolean {
    if (snapshot.version !== 1 || !this.model.restore(snapshot.model)) return false;
    this.grow(snapshot.gaps.length);
    const billsFit = snapshot.shadow.every((bill, at) => this.#ski[at]?.restore(bill) ?? false);
    const gapsFit = snapshot.gaps.every((book, at) => this.#gaps[at]?.restore(book) ?? false);
    return this.#guard.restore(snapshot.guard) && billsFit && gapsFit;
  }
}

function demandOf(model: HazardModel, attack: WarmerOptions['attack']): LevelDemand & { pool: number } {
  return {
    pool: 0,
    get busy(): number {
      return model.busy(this.pool);
    },
    get highest(): number {
      return model.highest(this.pool);
    },
    hazard(level: number): number {
      const hazard = model.hazard(this.pool, level);
      return attack === undefined ? hazard : attack(hazard, this.pool, level);
    },
  };
}

function isSamePlan(a: LevelPlan, b: LevelPlan): boolean {
  return (
    a.keepHot === b.keepHot && a.warmTo === b.warmTo && a.keepParked === b.keepParked && a.parkTo === b.parkTo
  );
}

function skiPlan(figures: WarmthFigures, by: 'guard' | 'broken'): PoolPlan {
  return { keepHot: 0, warmTo: 0, keepParked: 0, parkTo: 0, ...skiWindows(figures), by };
}

function skiWindow(figures: WarmthFigures): { readonly hotSeconds: number; readonly totalSeconds: number } {
  const { hotMaxMs, parkedMaxMs } = skiWindows(figures);
  return { hotSeconds: hotMaxMs / 1000, totalSeconds: (hotMaxMs + parkedMaxMs) / 1000 };
}

/** One cold start with its wait: what a wrong decision costs at most. */
function startCost(figures: WarmthFigures): number {
  return isParkingWorthwhile(figures)
    ? figures.loadSeconds * (1 + figures.gamma)
    : buyCosts(figures).hotSeconds;
}
