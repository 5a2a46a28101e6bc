// How the levels of a pool are laid out in memory and written down: the fields of a level's row, and the snapshot of a pool with what makes
// it sound. What the fields mean is pool-levels.ts. Pure.
import { levelFigures, poolFigures } from './hazard-figures.ts';
import type { GapSnapshot } from './gap-hazard.ts';
import type { OnTheirWaySnapshot } from './on-their-way.ts';
import { seasonSlots } from './season.ts';

/** One row per level, flat: times, fading counts, what the last tick predicted and what came, the figures' positions. */
export const field = {
  upMs: 0,
  downMs: 1,
  countMs: 2,
  log10m: 3,
  log1h: 4,
  log1d: 5,
  expected: 6,
  hits: 7,
  positions: 8,
} as const;
export const stride = field.positions + levelFigures;
/** What a row holds up to here is kept for good; from here on it belongs to the tick under way. */
export const remembered = field.expected;

export interface PoolLevelsSnapshot {
  readonly busy: number;
  readonly lastMs: number;
  readonly counts: readonly [atMs: number, log5m: number, log1h: number, log1d: number];
  /** Per level: upMs, downMs, countMs, log10m, log1h, log1d. */
  readonly levels: readonly (readonly number[])[];
  readonly season: readonly [readonly number[], number, number];
  readonly gaps: GapSnapshot;
  readonly onTheirWay: OnTheirWaySnapshot;
  /** Highest level that is still looked at. */
  readonly live: number;
  readonly predictedMs: number;
  /** What the tick under way expects: its first level, the pool's figures, per level the mean, what came so far, and the figures. */
  readonly tick: readonly [from: number, pool: readonly number[], levels: readonly (readonly number[])[]];
}

/** Whether every number is one and the parts fit together: no more than `levelsMax` levels, rows of this layout. */
export function isSound(snapshot: PoolLevelsSnapshot, levelsMax: number): boolean {
  const { busy, lastMs, counts, levels, season, tick, live, predictedMs } = snapshot;
  const [from, positions, expected] = tick;
  const top = levels.length;
  const fits =
    top <= levelsMax &&
    levels.every((row) => row.length === remembered) &&
    isCount(busy, top) &&
    isCount(live, top) &&
    season[0].length === seasonSlots &&
    positions.length === poolFigures &&
    isCount(from - 1, top) &&
    from - 1 + expected.length <= top &&
    expected.every((row) => row.length === stride - remembered);
  const numbers = [
    ...counts,
    lastMs,
    predictedMs,
    ...levels.flat(),
    ...season.flat(),
    ...positions,
    ...expected.flat(),
  ];
  return fits && numbers.every(Number.isFinite);
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
