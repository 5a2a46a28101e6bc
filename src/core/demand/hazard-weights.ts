// What each figure weighs: sums of weights for a prediction, and what a tick teaches them. Knows neither pools' memory nor time. Pure.
import { AdditiveTables } from './additive-tables.ts';
import { figureGroups, hazardAxes, levelFigures, poolFigures, type FigureGroup } from './hazard-figures.ts';
import type { PoolLevels } from './pool-levels.ts';

/** The mean per tick that stands before anything is learned: once in about 400 ticks. */
const priorLog = -6;

export class HazardWeights {
  readonly tables = new AdditiveTables(hazardAxes, priorLog);
  readonly #off: readonly boolean[];

  /** Of the groups in `off` nothing is ever learned, so that their weights stay zero. */
  constructor(off: readonly FigureGroup[]) {
    const left: ReadonlySet<number> = new Set(off.flatMap((group) => [...figureGroups[group]]));
    this.#off = hazardAxes.map((_, axis) => left.has(axis));
  }

  /** Sum of the terms of `count` axes from `axis` on, whose positions stand in `positions` from `at` on. */
  sum(axis: number, positions: Float64Array, at: number, count: number): number {
    let log = 0;
    for (let j = 0; j < count; j += 1) log += this.tables.term(axis + j, positions[at + j] ?? 0);
    return log;
  }

  note(axis: number, position: number, residual: number): void {
    if (this.#off[axis] !== true) this.tables.note(axis, position, residual);
  }

  /** Notes what came in a pool's tick less what was expected, for the level's figures, the pool's and the bias; gives their sum. */
  notePool(pool: PoolLevels): number {
    const { rows } = pool;
    let sum = 0;
    for (let level = pool.from; level <= pool.to; level += 1) {
      const residual = pool.residual(level);
      sum += residual;
      const row = pool.positionsAt(level);
      for (let axis = 0; axis < levelFigures; axis += 1) this.note(axis, rows[row + axis] ?? 0, residual);
    }
    this.tables.noteBias(sum);
    for (let at = 0; at < poolFigures; at += 1) this.note(levelFigures + at, pool.positions[at] ?? 0, sum);
    return sum;
  }
}
