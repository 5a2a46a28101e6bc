// How likely each further replica of each pool is needed soon: the hazard of level k is the expected number of times per second that
// the k-th replica becomes busy. A log-linear additive function of a few figures about the level, its pool, the platform and the
// tenants that are here; learned online from every tick, shared by all pools. Owns the learning; decides nothing. Pure.
import type { TablesSnapshot } from './additive-tables.ts';
import { countMore, fade, fadePerMs, noneLog } from './decayed-count.ts';
import { figure, hazardAxes, levelFigures, poolFigures, type FigureGroup } from './hazard-figures.ts';
import { GapHazard, type GapSnapshot } from './gap-hazard.ts';
import type { RunOnItsWay } from './on-their-way.ts';
import { HazardWeights } from './hazard-weights.ts';
import type { PoolLevelsSnapshot } from './level-rows.ts';
import { PoolLevels } from './pool-levels.ts';
import { TenantSessions, type TenantSnapshot } from './tenant-sessions.ts';

/** A level goes up at most some 20 times a tick; what learning overshoots beyond is cut. */
export const hazardLogMax = 3;
/** What was expected of a tick says little of one that was half as long again: planning had paused, or ran twice. */
const tickErrorMax = 0.5;
const hourMs = 3_600_000;
/** How often a pool is predicted by how long nobody has used it: what changes slowly is looked at seldom. */
const quiet = [
  { afterMs: 6 * hourMs, ticks: 4 },
  { afterMs: 2 * hourMs, ticks: 2 },
] as const;
const per30m = fadePerMs(30 * 60_000);

/** Part of the logarithm that one figure contributes. */
export interface HazardTerm {
  readonly name: string;
  readonly log: number;
}

/** What is the same for every pool at one moment: two positions, and the logarithm that they and the bias add up to. */
interface Shared {
  readonly platform: number;
  readonly hour: number;
  readonly log: number;
}

export interface HazardSnapshot {
  readonly version: 1;
  readonly tickMs: number;
  readonly tables: TablesSnapshot;
  readonly tenants: TenantSnapshot;
  readonly gaps: GapSnapshot;
  readonly platform: readonly [atMs: number, log30m: number];
  /** The last tick: when it was, and its two positions. */
  readonly tick: readonly [atMs: number, platform: number, hour: number];
  readonly pools: readonly PoolLevelsSnapshot[];
}

export class HazardModel {
  readonly tickMs: number;
  readonly #weights: HazardWeights;
  /** Gaps of all pools together. */
  readonly #gaps = new GapHazard(null);
  #tenants: TenantSessions;
  readonly #pools: PoolLevels[] = [];
  #tickedMs = 0;
  #platformMs = 0;
  #platformLog = noneLog;
  /** Of the last tick. */
  #shared: Shared = { platform: 0, hour: 0, log: 0 };
  /** Of the moment that `look` was last called for. */
  readonly #looked = { pool: -1, from: 1, to: 0, hazards: new Float64Array(0) };
  readonly #poolScratch = new Float64Array(poolFigures);
  readonly #levelScratch = new Float64Array(levelFigures);

  /** `off` leaves groups of figures out: for measuring what each is worth. */
  constructor(tickMs: number, poolCount: number, off: readonly FigureGroup[] = []) {
    this.tickMs = tickMs;
    this.#tenants = new TenantSessions(poolCount);
    this.#weights = new HazardWeights(off);
    this.grow(poolCount);
  }

  get poolCount(): number {
    return this.#pools.length;
  }

  /** Makes room for more pools; those that are known keep their index. */
  grow(poolCount: number): void {
    while (this.#pools.length < poolCount) this.#pools.push(new PoolLevels(this.#weights.tables, this.#gaps));
    this.#tenants.grow(poolCount);
  }

  /** `count` requests of a tenant have come; null = nobody knows whose. */
  arrive(at: number, tenant: number | null, nowMs: number, count = 1): void {
    const pool = this.#pools[at];
    if (pool === undefined || !(count > 0)) return;
    pool.arrive(nowMs, count);
    // Pools report one after the other: what one tells late is not earlier than what another told before.
    const atMs = Math.max(nowMs, this.#platformMs);
    this.#platformLog = countMore(fade(this.#platformLog, atMs - this.#platformMs, per30m), count);
    this.#platformMs = atMs;
    if (tenant !== null) this.#tenants.arrive(tenant, at, nowMs);
  }

  /** The pool keeps `busy` replicas busy from now on. */
  load(at: number, busy: number, nowMs: number): void {
    this.#pools[at]?.load(busy, nowMs);
    if (this.#looked.pool === at) this.#looked.pool = -1;
  }

  /** All runs of functions that are on their way to a pool now, in the place of those told before. */
  expect(at: number, runs: readonly RunOnItsWay[]): void {
    this.#pools[at]?.onTheirWay.expect(runs);
    if (this.#looked.pool === at) this.#looked.pool = -1;
  }

  busy(at: number): number {
    return this.#pools[at]?.busy ?? 0;
  }

  /** When the pool was last asked for anything; 0 = never. */
  lastMs(at: number): number {
    return this.#pools[at]?.lastMs ?? 0;
  }

  /** Learns from the tick that ends now and predicts the next one. Of one that is much too long or short nothing is learned. */
  tick(nowMs: number): void {
    if (Math.abs(nowMs - this.#tickedMs - this.tickMs) <= tickErrorMax * this.tickMs) this.#learn();
    this.#tickedMs = nowMs;
    this.#tenants.endSessions(nowMs);
    this.#tenants.measure(nowMs);
    this.#looked.pool = -1;
    const shared = this.#measureShared(nowMs);
    this.#shared = shared;
    for (let at = 0; at < this.#pools.length; at += 1) {
      const pool = this.#pools[at];
      if (pool === undefined) continue;
      if (!pool.isUsed) pool.skipTick();
      else if (this.#isTurn(pool, at, nowMs)) this.#predictPool(pool, at, nowMs, shared);
    }
  }

  /** Whether a pool is predicted at this tick: one that nobody has used for hours only now and then, its last prediction stands. */
  #isTurn(pool: PoolLevels, at: number, nowMs: number): boolean {
    const idleMs = pool.busy > 0 ? 0 : nowMs - pool.lastMs;
    const rest = quiet.find(({ afterMs }) => idleMs >= afterMs);
    return rest === undefined || (Math.round(nowMs / this.tickMs) + at) % rest.ticks === 0;
  }

  /** Whether what is known of a pool has changed at the last tick. */
  isFresh(at: number): boolean {
    return this.#pools[at]?.predictedMs === this.#tickedMs;
  }

  /** Looks at one pool at this very moment, between two ticks. `hazard` then speaks of this moment until the next look or tick. */
  look(at: number, nowMs: number): void {
    const pool = this.#pools[at];
    if (pool === undefined) return;
    this.#tenants.measure(nowMs);
    const looked = this.#looked;
    looked.pool = at;
    looked.from = pool.busy + 1;
    looked.to = pool.highest();
    if (looked.hazards.length <= looked.to) looked.hazards = new Float64Array(2 * looked.to + 8);
    const { log: sharedLog } = this.#measureShared(nowMs);
    this.#measurePool(pool, at, nowMs, this.#poolScratch);
    const base = sharedLog + this.#weights.sum(levelFigures, this.#poolScratch, 0, poolFigures);
    for (let level = looked.from; level <= looked.to; level += 1) {
      pool.measureLevel(level, nowMs, this.#levelScratch);
      const mean = meanOf(base + this.#weights.sum(0, this.#levelScratch, 0, levelFigures));
      looked.hazards[level] = (mean * 1000) / this.tickMs;
    }
  }

  /** Expected times per second that this level goes up; Infinity for one that is busy now, 0 for one that is not looked at. */
  hazard(at: number, level: number): number {
    const pool = this.#pools[at];
    if (pool === undefined) return 0;
    if (level <= pool.busy) return Infinity;
    const looked = this.#looked;
    if (looked.pool === at) return level > looked.to ? 0 : (looked.hazards[level] ?? 0);
    if (level < pool.from || level > pool.to) return 0;
    return (pool.expected(level) * 1000) / this.tickMs;
  }

  /** The highest level with a hazard. */
  highest(at: number): number {
    return this.#pools[at]?.highest() ?? 0;
  }

  /** What the hazard of a level is made of at this moment: its logarithm (per tick) is the sum of the terms, the bias first. */
  explain(at: number, level: number, nowMs: number): readonly HazardTerm[] {
    const pool = this.#pools[at];
    if (pool === undefined) return [];
    this.#tenants.measure(nowMs);
    const positions = new Float64Array(hazardAxes.length);
    pool.measureLevel(level, nowMs, positions);
    this.#measurePool(pool, at, nowMs, this.#poolScratch);
    positions.set(this.#poolScratch, levelFigures);
    const shared = this.#measureShared(nowMs);
    positions[figure.platform] = shared.platform;
    positions[figure.hour] = shared.hour;
    const terms = hazardAxes.map(({ name }, axis) => ({
      name,
      log: this.#weights.tables.term(axis, positions[axis] ?? 0),
    }));
    return [{ name: 'usual', log: this.#weights.tables.bias }, ...terms];
  }

  /** Bytes per pool and level that the model takes, for the planner's benchmark. */
  measureBytes(): { readonly pools: number; readonly levels: number } {
    let pools = 0;
    let levels = 0;
    for (const pool of this.#pools) {
      pools += pool.bytes;
      levels += Math.max(1, pool.highest() - pool.busy);
    }
    return { pools, levels };
  }

  #measureShared(nowMs: number): Shared {
    const platform = this.#weights.tables.position(
      figure.platform,
      fade(this.#platformLog, nowMs - this.#platformMs, per30m),
    );
    const hour = this.#weights.tables.position(figure.hour, (nowMs / hourMs) % 24);
    const log =
      this.#weights.tables.bias +
      this.#weights.tables.term(figure.platform, platform) +
      this.#weights.tables.term(figure.hour, hour);
    return { platform, hour, log };
  }

  #measurePool(pool: PoolLevels, at: number, nowMs: number, out: Float64Array): void {
    pool.measurePool(nowMs, this.#tenants.cross(at), this.#tenants.stay(at), out);
  }

  #predictPool(pool: PoolLevels, at: number, nowMs: number, shared: Shared): void {
    this.#measurePool(pool, at, nowMs, pool.positions);
    const base = shared.log + this.#weights.sum(levelFigures, pool.positions, 0, poolFigures);
    pool.beginTick(nowMs);
    const { rows } = pool;
    for (let level = pool.from; level <= pool.to; level += 1) {
      const row = pool.positionsAt(level);
      pool.measureLevel(level, nowMs, rows, row);
      pool.expect(level, meanOf(base + this.#weights.sum(0, rows, row, levelFigures)));
    }
  }

  #learn(): void {
    let residuals = 0;
    for (const pool of this.#pools) {
      // What was predicted at an earlier tick was for that one: learning from it only when something came would be learning too much.
      if (pool.to >= pool.from && pool.predictedMs === this.#tickedMs)
        residuals += this.#weights.notePool(pool);
    }
    this.#weights.note(figure.platform, this.#shared.platform, residuals);
    this.#weights.note(figure.hour, this.#shared.hour, residuals);
    this.#weights.tables.learn();
  }

  snapshot(): HazardSnapshot {
    return {
      version: 1,
      tickMs: this.tickMs,
      tables: this.#weights.tables.snapshot(),
      tenants: this.#tenants.snapshot(),
      gaps: this.#gaps.snapshot(),
      platform: [this.#platformMs, this.#platformLog],
      tick: [this.#tickedMs, this.#shared.platform, this.#shared.hour],
      pools: this.#pools.map((pool) => pool.snapshot()),
    };
  }

  /**
   * Takes up what was learned before, the tick under way included. False when the snapshot does not fit (another version or tick, other
   * figures, no numbers): then nothing has changed. Pools that the snapshot does not know stay as they are.
   */
  restore(snapshot: HazardSnapshot): boolean {
    const { version, tickMs, platform, tick } = snapshot;
    if (version !== 1 || tickMs !== this.tickMs || ![...platform, ...tick].every(Number.isFinite))
      return false;
    if (!new GapHazard(null).restore(snapshot.gaps)) return false;
    const pools = snapshot.pools.map(() => new PoolLevels(this.#weights.tables, this.#gaps));
    if (!snapshot.pools.every((pool, at) => pools[at]?.restore(pool))) return false;
    const tenants = new TenantSessions(Math.max(pools.length, this.poolCount));
    if (!tenants.restore(snapshot.tenants) || !this.#weights.tables.restore(snapshot.tables)) return false;
    this.#tenants = tenants;
    this.#gaps.restore(snapshot.gaps);
    for (const [at, pool] of pools.entries()) this.#pools[at] = pool;
    [this.#platformMs, this.#platformLog] = platform;
    this.#tickedMs = tick[0];
    this.#shared = { platform: tick[1], hour: tick[2], log: 0 };
    this.#looked.pool = -1;
    return true;
  }
}

function meanOf(log: number): number {
  return Math.exp(Math.min(hazardLogMax, log));
}
