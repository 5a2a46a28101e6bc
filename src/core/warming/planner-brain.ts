// The planner's mind over named pools: reports in, plans out. Feeds the warmer, shares out the GPU budget and the budget for starts ahead
// of demand, and says why. Owns no I/O and no clock: the planner object and the simulator host it. Pure.
import type { DemandReport } from '../pool/demand-report.ts';
import { BrainPoolState, type BrainPoolSnapshot, type Issued } from './brain-pool.ts';
import { withAskedWindows, type BrainPool } from './brain-settings.ts';
import { buyCosts } from './exchange.ts';
import { explainLevel, type LevelExplanation } from './explain-plan.ts';
import { planBurst } from './plan-burst.ts';
import { PoolForecasts, type PoolForecastsSnapshot } from './pool-forecasts.ts';
import { farMs, type WarmthPlan } from './pool-plan.ts';
import { sayWhy } from './say-why.ts';
import { GpuShares } from './share-gpus.ts';
import {
  affordableStarts,
  isBlocked,
  standingOf,
  startAhead,
  type Standing,
  type Wish,
} from './start-ahead.ts';
import { Warmer, type PoolPlan, type WarmerSnapshot, type WarmerSwitches } from './warmer.ts';

export interface BrainOptions {
  readonly pools: readonly BrainPool[];
  readonly tickMs: number;
  /** Replicas that may be hot or loading in all pools together; null = no bound. */
  readonly gpuBudget: number | null;
  readonly switches?: Partial<WarmerSwitches>;
}

export interface BrainSnapshot {
  readonly version: 1;
  readonly warmer: WarmerSnapshot;
  readonly pools: readonly BrainPoolSnapshot[];
  readonly forecasts: PoolForecastsSnapshot;
  readonly ticks: number;
}

/** A plan outlives two missed ticks; then the pool lives by its own windows. What was reported is out of date as soon. */
const planTicks = 2.5;
/** Levels explained above the present load. */
const explainedLevels = 4;

export class PlannerBrain {
  readonly tickMs: number;
  readonly warmer: Warmer;
  readonly forecasts: PoolForecasts;
  readonly #options: BrainOptions;
  readonly #index = new Map<string, number>();
  readonly #pools: BrainPoolState[] = [];
  readonly #shares: GpuShares;
  #ticks = 0;
  /** What was paid and would have been is added up with other prices than before. */
  #isRepriced = false;

  constructor(options: BrainOptions) {
    this.#options = options;
    this.tickMs = options.tickMs;
    for (const pool of options.pools) {
      this.#index.set(pool.pool, this.#pools.length);
      this.#pools.push(new BrainPoolState(pool));
    }
    this.forecasts = new PoolForecasts(this.#pools.length);
    this.warmer = new Warmer({
      tickMs: options.tickMs,
      poolCount: this.#pools.length,
      figures: (at) => this.pool(at).figures,
      ...(options.switches === undefined ? {} : { switches: options.switches }),
    });
    this.#shares = new GpuShares(this.#pools, this.warmer, options.gpuBudget);
  }

  get poolNames(): readonly string[] {
    return [...this.#index.keys()];
  }

  get ticks(): number {
    return this.#ticks;
  }

  get gpuBudget(): number | null {
    return this.#options.gpuBudget;
  }

  pool(at: number): BrainPoolState {
    const pool = this.#pools[at];
    if (pool === undefined) throw new RangeError(`no pool has index ${at}`);
    return pool;
  }

  indexOf(name: string): number | null {
    return this.#index.get(name) ?? null;
  }

  /** Number of the last event heard of a pool; 0 for one that is not known. */
  heardSeq(name: string): number {
    const at = this.indexOf(name);
    return at === null ? 0 : this.pool(at).heardSeq;
  }

  /**
   * Takes in what a pool reports. A report that comes twice is heard once, one that a newer one has overtaken is not heard; one of an
   * unknown pool is ignored.
   */
  hear(name: string, report: DemandReport): void {
    const at = this.indexOf(name);
    if (at === null) return;
    const pool = this.pool(at);
    const sinceSeq = pool.heardSeq;
    const heard = pool.hear(report);
    if (heard === 'stale') return;
    // The guard's account is sized by the dearest start.
    if (heard === 'measured') this.warmer.grow(this.#pools.length);
    for (const event of report.events) {
      if (event.seq <= sinceSeq) continue;
      if (event.kind === 'level') this.#load(at, event.busy, event.atMs);
      else {
        this.warmer.arrive(at, tenantId(event.tenant), event.atMs, event.count);
        this.forecasts.arrive(at, event.atMs, event.count);
      }
    }
    // What was not told for want of room is made up for: the load of this moment is known.
    if (report.busy !== this.warmer.model.busy(at)) this.#load(at, report.busy, report.nowMs);
    this.warmer.model.expect(at, report.expected);
    this.warmer.hold(at, report.nowMs);
    pool.meter.hold(pool.config.floor, report.nowMs);
    if (this.gpuBudget === null) return;
    this.warmer.model.look(at, report.nowMs);
    this.#shares.refresh();
  }

  #load(at: number, busy: number, nowMs: number): void {
    const pool = this.pool(at);
    this.warmer.load(at, busy, nowMs);
    pool.meter.load(busy, nowMs, pool.figures);
  }

  /** One tick: learns, books what was paid, and shares out the GPUs. */
  tick(nowMs: number): void {
    this.#ticks += 1;
    // What was restored as busy and is not heard of was at rest when this life began.
    for (const [at, { report }] of this.#pools.entries())
      if (report === null && this.warmer.model.busy(at) > 0) this.#load(at, 0, nowMs);
    for (const pool of this.#pools) pool.chargeBurst(nowMs);
    const paid = this.#pools.reduce((sum, { paidMicros }) => sum + paidMicros, 0);
    if (this.#isRepriced) this.warmer.reprice(nowMs, paid);
    this.#isRepriced = false;
    this.warmer.tick(nowMs, paid);
    this.#shares.refresh();
  }

  /** The plan for a pool at this moment, which it is going to be told; null for one that is not known. */
  plan(name: string, nowMs: number): WarmthPlan | null {
    const at = this.indexOf(name);
    if (at === null) return null;
    const pool = this.pool(at);
    const { plan, issued } = this.#make(at, nowMs);
    const isMore = issued.toPark !== pool.issued.toPark;
    pool.issued = issued;
    if (pool.config.bursts === true) this.#holdBurst(at, plan, nowMs);
    if (isMore) this.#shares.refresh();
    return plan;
  }

  #holdBurst(at: number, { burstTo = 0, warmTo, untilMs }: WarmthPlan, nowMs: number): void {
    const spare = Math.max(0, burstTo - this.#heldBy(at, warmTo, nowMs));
    this.pool(at).holdBurst(spare, nowMs, untilMs);
  }

  /** Replicas of a pool once its plan is carried out. */
  #heldBy(at: number, warmTo: number, nowMs: number): number {
    const { busy, hot, coming } = standingOf(this.pool(at), nowMs, planTicks * this.tickMs);
    return Math.max(busy, hot + coming, warmTo);
  }

  /** The same plan to look at: nothing comes of it. */
  preview(name: string, nowMs: number): WarmthPlan | null {
    const at = this.indexOf(name);
    return at === null ? null : this.#make(at, nowMs).plan;
  }

  #make(at: number, nowMs: number): { readonly plan: WarmthPlan; readonly issued: Issued } {
    const { config } = this.pool(at);
    this.warmer.model.look(at, nowMs);
    const wished = this.warmer.plan(at);
    const most = this.#shares.most(at);
    const levels = this.#bound(at, wished, most);
    const windows = withAskedWindows(config, wished);
    const { wish, issued, startsLeft } = this.#limitAhead(at, levels, nowMs);
    const isCut = config.hotIdleMs === null && this.#shares.cut(at) > 0;
    const plan = {
      keepHot: levels.keepHot,
      keepParked: levels.keepParked,
      ...wish,
      hotMinMs: isCut ? 0 : finite(windows.hotMinMs),
      hotMaxMs: finite(windows.hotMaxMs),
      parkedMinMs: finite(windows.parkedMinMs),
      parkedMaxMs: finite(windows.parkedMaxMs),
      ...this.#burst(at, { keepHot: levels.keepHot, warmTo: wish.warmTo, startsLeft }, nowMs),
      untilMs: nowMs + Math.round(planTicks * this.tickMs),
      ...sayWhy({ config, by: wished.by, levels: this.explain(at, nowMs), most }),
    };
    return { plan, issued };
  }

  /** Beside a window that was asked for nothing is held, and nothing for bursts where nothing may be started either. */
  #burst(
    at: number,
    { keepHot, warmTo, startsLeft }: Readonly<Record<'keepHot' | 'warmTo' | 'startsLeft', number>>,
    nowMs: number,
  ): Pick<WarmthPlan, 'burstTo'> {
    const { bursts, hotIdleMs } = this.pool(at).config;
    if (bursts !== true || hotIdleMs !== null) return {};
    return { burstTo: planBurst({ keepHot, held: this.#heldBy(at, warmTo, nowMs), starts: startsLeft }) };
  }

  /** Levels within what the pool may have. Where a window was asked for, nothing is held or brought up beside it. */
  #bound(at: number, { by, ...levels }: PoolPlan, most: number): Omit<PoolPlan, 'by'> {
    const { replicasMax, hotIdleMs, parkedIdleMs, isFixed } = this.pool(at).config;
    // What is always there is neither kept nor brought up.
    if (isFixed === true) return { ...levels, keepHot: 0, keepParked: 0, warmTo: 0, parkTo: 0 };
    // Ski-rental keeps by its windows alone: under a budget only as many replicas as got a GPU.
    const wished = by === 'forecast' || this.#shares.cut(at) === 0 ? levels.keepHot : most;
    const keepHot = Math.min(replicasMax, most, wished);
    const keepParked = Math.min(replicasMax, levels.keepParked);
    return {
      ...levels,
      keepHot,
      keepParked,
      warmTo: hotIdleMs === null ? Math.min(keepHot, levels.warmTo) : 0,
      parkTo: parkedIdleMs === null ? Math.min(keepParked, levels.parkTo) : 0,
    };
  }

  #limitAhead(
    at: number,
    wish: Wish,
    nowMs: number,
  ): { readonly wish: Wish; readonly issued: Issued; readonly startsLeft: number } {
    const ageMsMax = planTicks * this.tickMs;
    const standing = (index: number): Standing => standingOf(this.pool(index), nowMs, ageMsMax);
    const { speculation: share } = this.warmer.switches;
    const starts = affordableStarts(this.#pools, at, { share, standing });
    // What it was asked for before is asked for anew.
    const toPark = this.#shares.spare + this.pool(at).issued.toPark;
    const { warmTo, parkTo } = wish;
    const stands = standing(at);
    const ahead = startAhead({ warmTo, parkTo }, stands, nowMs, { starts, toPark });
    return { ...ahead, startsLeft: isBlocked(stands, nowMs) ? 0 : starts - ahead.issued.starts };
  }

  /** Why the levels above the present load are kept hot or not, the nearest first, up to what the pool may have. */
  explain(at: number, nowMs: number): readonly LevelExplanation[] {
    const { model } = this.warmer;
    const { figures, config } = this.pool(at);
    const from = model.busy(at) + 1;
    const to = Math.min(model.highest(at), config.replicasMax, from + explainedLevels - 1);
    const costs = { buySeconds: buyCosts(figures).hotSeconds, tickSeconds: this.tickMs / 1000 };
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, step) =>
      explainLevel(from + step, model.explain(at, from + step, nowMs), costs),
    );
  }

  /** Levels of a pool that were worth keeping and that the GPU budget cut. */
  cut(at: number): number {
    return this.#shares.cut(at);
  }

  snapshot(): BrainSnapshot {
    return {
      version: 1,
      warmer: this.warmer.snapshot(),
      pools: this.#pools.map((pool) => pool.snapshot()),
      forecasts: this.forecasts.snapshot(),
      ticks: this.#ticks,
    };
  }

  /** False when the snapshot is not of these pools in this order, or does not fit: this brain is then to be thrown away. */
  restore(snapshot: BrainSnapshot): boolean {
    if (snapshot.version !== 1) return false;
    const isSame =
      snapshot.pools.length <= this.#pools.length &&
      snapshot.pools.every(({ pool }, at) => this.#pools[at]?.config.pool === pool);
    if (!isSame || !Number.isFinite(snapshot.ticks)) return false;
    if (!snapshot.pools.every((pool, at) => this.#pools[at]?.restore(pool) ?? false)) return false;
    // What loads take is known again, by which the guard's account is sized.
    this.warmer.grow(this.#pools.length);
    if (!this.warmer.restore(snapshot.warmer)) return false;
    this.#isRepriced = snapshot.pools.some((pool, at) => this.#pools[at]?.isRepriced(pool) ?? false);
    this.forecasts.restore(snapshot.forecasts);
    this.#ticks = snapshot.ticks;
    this.#shares.refresh();
    return true;
  }
}

function finite(ms: number): number {
  return Math.min(farMs, ms);
}

/** A number for a tenant's name; null for none. FNV-1a (Fowler, Noll, Vo), 32 bits: two that collide share a session's forecast. */
function tenantId(name: string): number | null {
  if (name === '') return null;
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
