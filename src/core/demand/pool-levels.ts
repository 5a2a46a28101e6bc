// What is remembered of one pool's levels and arrivals: when each level was last used, how often it went up, how many requests came.
// Level k is "the k-th replica busy at once". Owns the rows (laid out in level-rows.ts) and how they are
// measured; predicts nothing. Pure, bounded memory.
import { absent, type AdditiveTables } from './additive-tables.ts';
import { countMore, fade, fadePerMs, noneLog } from './decayed-count.ts';
import { figure, poolFigures } from './hazard-figures.ts';
import { GapHazard } from './gap-hazard.ts';
import { field, isSound, remembered, stride, type PoolLevelsSnapshot } from './level-rows.ts';
import { logAge } from './log-age.ts';
import { OnTheirWay } from './on-their-way.ts';
import { Season, seasonSlot } from './season.ts';

/** Levels of one pool that are told apart; a pool that is larger is planned for up to here. */
export const levelsMax = 256;
/** A level that was not used for this long is not looked at until it is used again. */
const levelForgottenMs = 72 * 3_600_000;
/** Levels whose gaps are told apart over all pools; higher ones count as the last. */
const sharedGapLevels = 4;
/**
 * Levels looked at above the present load: this many and a quarter of the load. Far more than will be needed at once as a rule, because
 * what is not looked at is put away: after a burst its replicas are worth keeping parked, one by one, by their own chances.
 */
const lookAhead = 16;

const minuteMs = 60_000;
const per5m = fadePerMs(5 * minuteMs);
const per10m = fadePerMs(10 * minuteMs);
const per1h = fadePerMs(60 * minuteMs);
const per1d = fadePerMs(1_440 * minuteMs);

/** Measured: the season, counters, and what an engine adds to every object and typed array. */
const objectBytes = 1_700;

export class PoolLevels {
  readonly #tables: AdditiveTables;
  readonly #allGaps: GapHazard;
  readonly #gaps: GapHazard;
  #rows = new Float64Array(2 * stride);
  /** Highest level ever used. */
  #top = 0;
  /** Highest level that was used within `levelForgottenMs`. */
  #live = 0;
  #busy = 0;
  #predictedMs = 0;
  /** Levels that the last tick predicted, both ends included. */
  #from = 1;
  #to = 0;
  #lastMs = 0;
  #countMs = 0;
  #log5m = noneLog;
  #log1h = noneLog;
  #log1d = noneLog;
  #season = new Season();
  /** Runs of functions that are expected here. */
  readonly onTheirWay = new OnTheirWay();
  #slot = -1;
  #logSeason = noneLog;
  /** The pool's own figures at the last tick. */
  readonly positions = new Float64Array(poolFigures);

  /** `tables` are read for their scales alone. */
  constructor(tables: AdditiveTables, allGaps: GapHazard) {
    this.#tables = tables;
    this.#allGaps = allGaps;
    this.#gaps = new GapHazard(allGaps);
  }

  get busy(): number {
    return this.#busy;
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  get lastMs(): number {
    return this.#lastMs;
  }

  /** The tick that the predictions are of. */
  get predictedMs(): number {
    return this.#predictedMs;
  }

  get isUsed(): boolean {
    return this.#top > 0;
  }

  /** Bytes that this pool takes, roughly. */
  get bytes(): number {
    return this.#rows.byteLength + this.positions.byteLength + this.#gaps.bytes + objectBytes;
  }

  arrive(nowMs: number, count: number): void {
    const passed = nowMs - this.#countMs;
    this.#log5m = countMore(fade(this.#log5m, passed, per5m), count);
    this.#log1h = countMore(fade(this.#log1h, passed, per1h), count);
    this.#log1d = countMore(fade(this.#log1d, passed, per1d), count);
    this.#countMs = nowMs;
    this.#lastMs = nowMs;
    this.#season.arrive(nowMs, count);
  }

  /** The pool keeps `busy` replicas busy from now on. */
  load(busy: number, nowMs: number): void {
    const to = Math.max(0, Math.min(Math.trunc(busy), levelsMax));
    for (let level = this.#busy + 1; level <= to; level += 1) this.#goUp(level, nowMs);
    for (let level = this.#busy; level > to; level -= 1)
      this.#rows[(level - 1) * stride + field.downMs] = nowMs;
    this.#busy = to;
  }

  #goUp(level: number, nowMs: number): void {
    if (level > this.#top) this.#open(level, nowMs);
    else this.#noteGap(level, nowMs);
    this.#live = Math.max(this.#live, level);
    const rows = this.#rows;
    const row = (level - 1) * stride;
    const passed = nowMs - (rows[row + field.countMs] ?? 0);
    rows[row + field.log10m] = countMore(fade(rows[row + field.log10m] ?? 0, passed, per10m));
    rows[row + field.log1h] = countMore(fade(rows[row + field.log1h] ?? 0, passed, per1h));
    rows[row + field.log1d] = countMore(fade(rows[row + field.log1d] ?? 0, passed, per1d));
    rows[row + field.countMs] = nowMs;
    rows[row + field.upMs] = nowMs;
    rows[row + field.hits] = (rows[row + field.hits] ?? 0) + 1;
  }

  #noteGap(level: number, nowMs: number): void {
    const gapMs = Math.max(0, nowMs - (this.#rows[(level - 1) * stride + field.downMs] ?? 0));
    this.#gaps.close(level, gapMs);
    this.#allGaps.close(Math.min(level, sharedGapLevels), gapMs);
  }

  #open(level: number, nowMs: number): void {
    if (level * stride > this.#rows.length) {
      const rows = new Float64Array(Math.min(levelsMax, 2 * level) * stride);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#top = level;
    const row = (level - 1) * stride;
    this.#rows[row + field.countMs] = nowMs;
    for (const log of [field.log10m, field.log1h, field.log1d]) this.#rows[row + log] = noneLog;
  }

  /** Opens the tick: the levels that are idle and near the load are predicted. */
  beginTick(nowMs: number): void {
    this.#predictedMs = nowMs;
    // A level is never used without those below it, so that the highest is the one idle longest.
    const rows = this.#rows;
    while (
      this.#live > this.#busy &&
      nowMs - (rows[(this.#live - 1) * stride + field.downMs] ?? 0) > levelForgottenMs
    )
      this.#live -= 1;
    this.#from = this.#busy + 1;
    this.#to = this.highest();
  }

  /** Closes the tick without predicting anything. */
  skipTick(): void {
    this.#from = 1;
    this.#to = 0;
  }

  /** The highest level that is looked at with the present load. */
  highest(): number {
    return Math.min(this.#live, this.#busy + lookAhead + (this.#busy >> 2));
  }

  /** Writes the positions of the pool's own figures into `out`, of length `poolFigures`. */
  measurePool(nowMs: number, cross: number, stay: number, out: Float64Array): void {
    const tables = this.#tables;
    const passed = nowMs - this.#countMs;
    if (this.#slot !== seasonSlot(nowMs)) {
      this.#slot = seasonSlot(nowMs);
      this.#logSeason = Math.log2(this.#season.expected(nowMs) + 1e-6);
    }
    out[0] = tables.position(figure.arrivals5m, fade(this.#log5m, passed, per5m));
    out[1] = tables.position(figure.arrivals1h, fade(this.#log1h, passed, per1h));
    out[2] = tables.position(figure.arrivals1d, fade(this.#log1d, passed, per1d));
    out[3] = tables.position(figure.season, this.#logSeason);
    out[4] = tables.position(figure.cross, Math.log2(cross + 1e-9));
    out[5] = tables.position(figure.here, Math.log2(cross + stay + 1e-9));
    const onWay = this.onTheirWay.log(nowMs, minuteMs);
    out[6] = onWay === null ? absent : tables.position(figure.onTheirWay, onWay);
  }

  /** Writes the positions of a level's figures into `out` from `at` on, `levelFigures` of them. */
  measureLevel(level: number, nowMs: number, out: Float64Array, at = 0): void {
    const tables = this.#tables;
    const rows = this.#rows;
    const row = (level - 1) * stride;
    const passed = nowMs - (rows[row + field.countMs] ?? 0);
    out[at] = tables.position(figure.idleAge, logAge(nowMs - (rows[row + field.downMs] ?? 0)));
    out[at + 1] = tables.position(figure.upAge, logAge(nowMs - (rows[row + field.upMs] ?? 0)));
    out[at + 2] =
      level === 1
        ? 0
        : tables.position(figure.belowAge, logAge(nowMs - (rows[row - stride + field.upMs] ?? 0)));
    out[at + 3] = tables.position(figure.ups10m, fade(rows[row + field.log10m] ?? 0, passed, per10m));
    out[at + 4] = tables.position(figure.ups1h, fade(rows[row + field.log1h] ?? 0, passed, per1h));
    out[at + 5] = tables.position(figure.ups1d, fade(rows[row + field.log1d] ?? 0, passed, per1d));
    out[at + 6] = tables.position(figure.gap, level - 1 - this.#busy);
    out[at + 7] = tables.position(
      figure.ownGaps,
      this.#gaps.log(level, nowMs - (rows[row + field.downMs] ?? 0)),
    );
  }

  /** The rows themselves, for the tick loop: `row(level) + positions` is where a level's figures are written. */
  get rows(): Float64Array {
    return this.#rows;
  }

  positionsAt(level: number): number {
    return (level - 1) * stride + field.positions;
  }

  expect(level: number, mean: number): void {
    const row = (level - 1) * stride;
    this.#rows[row + field.expected] = mean;
    this.#rows[row + field.hits] = 0;
  }

  expected(level: number): number {
    return this.#rows[(level - 1) * stride + field.expected] ?? 0;
  }

  /** What came in the tick less what was expected. */
  residual(level: number): number {
    const row = (level - 1) * stride;
    return (this.#rows[row + field.hits] ?? 0) - (this.#rows[row + field.expected] ?? 0);
  }

  snapshot(): PoolLevelsSnapshot {
    const levels = Array.from({ length: this.#top }, (_, at) => [
      ...this.#rows.subarray(at * stride, at * stride + remembered),
    ]);
    return {
      busy: this.#busy,
      lastMs: this.#lastMs,
      counts: [this.#countMs, this.#log5m, this.#log1h, this.#log1d],
      levels,
      season: this.#season.snapshot(),
      gaps: this.#gaps.snapshot(),
      onTheirWay: this.onTheirWay.snapshot(),
      live: this.#live,
      predictedMs: this.#predictedMs,
      tick: [
        this.#from,
        [...this.positions],
        Array.from({ length: Math.max(0, this.#to - this.#from + 1) }, (_, step) => {
          const row = (this.#from + step - 1) * stride;
          return [...this.#rows.subarray(row + remembered, row + stride)];
        }),
      ],
    };
  }

  /** False, and nothing changed, when the snapshot holds what is no number, or is of other sizes. */
  restore(snapshot: PoolLevelsSnapshot): boolean {
    if (!isSound(snapshot, levelsMax) || !this.#gaps.restore(snapshot.gaps)) return false;
    if (!this.onTheirWay.restore(snapshot.onTheirWay)) return false;
    const { levels, counts, busy, lastMs, season, tick, live } = snapshot;
    this.#rows = new Float64Array(Math.max(2, levels.length) * stride);
    for (const [at, row] of levels.entries()) this.#rows.set(row, at * stride);
    const [from, positions, expected] = tick;
    for (const [step, row] of expected.entries())
      this.#rows.set(row, (from + step - 1) * stride + remembered);
    this.positions.set(positions);
    this.#from = from;
    this.#to = from + expected.length - 1;
    this.#top = levels.length;
    this.#live = live;
    this.#predictedMs = snapshot.predictedMs;
    this.#busy = busy;
    this.#lastMs = lastMs;
    [this.#countMs, this.#log5m, this.#log1h, this.#log1d] = counts;
    this.#season = new Season(...season);
    this.#slot = -1;
    return true;
  }
}
