// One member's forecast of one pool with its band: the mean that the model names, what has really come of such means, and the levels at
// which the band is read off, which follow the pool's own misses. Pure.
import { horizonsMs } from '../forecast.ts';
import { adaptLevels, missTarget, type Levels } from './band-levels.ts';
import type { Look, MeanModel } from './mean-model.ts';
import { noneChance, quantiles } from './negative-binomial.ts';
import type { TapeReader, TapeWriter } from './number-tape.ts';
import type { SharedDemand } from './shared-demand.ts';

/** Where each number of a forecast lies in a row. */
export const said = { named: 0, mean: 1, low: 2, mid: 3, high: 4, any: 5, dispersion: 6 } as const;
export const saidSize = 7;

/** What came of a forecast. */
export interface Outcome {
  readonly slot: number;
  readonly count: number;
  readonly row: Float64Array;
  readonly alone: boolean;
}

const ends = new Float64Array(3);

export class Banded {
  readonly model: MeanModel;
  readonly #member: number;
  readonly #shared: SharedDemand;
  readonly #levels: readonly Levels[] = horizonsMs.map(() => ({ low: missTarget, high: missTarget }));

  /** `member` is the index under which the shared state knows the model. */
  constructor(model: MeanModel, member: number, shared: SharedDemand) {
    this.model = model;
    this.#member = member;
    this.#shared = shared;
  }

  /** Room in a row: the forecast, then what a learning model saw. */
  get size(): number {
    return saidSize + (this.model.learning?.size ?? 0);
  }

  say(look: Look, into: Float64Array, offset: number): void {
    const { slot } = look;
    const named = this.model.mean(look);
    const spread = this.#shared.spreadOf(this.#member, slot);
    const mean = spread.meanOf(named);
    const dispersion = spread.dispersionOf(named);
    const levels = this.#levels[slot] ?? { low: missTarget, high: missTarget };
    quantiles(mean, dispersion, [levels.low, 0.5, 1 - levels.high], ends);
    into[offset + said.named] = named;
    into[offset + said.mean] = mean;
    into[offset + said.low] = ends[0] ?? 0;
    into[offset + said.mid] = ends[1] ?? 0;
    into[offset + said.high] = ends[2] ?? 0;
    into[offset + said.any] = 1 - noneChance(mean, dispersion);
    into[offset + said.dispersion] = dispersion;
    this.model.learning?.trace(into, offset + saidSize);
  }

  /**
   * `count` came of what was said in this row, from `offset` on. `alone`: no other forecast of this horizon was open when it was made;
   * only such ones move the levels, because the misses of overlapping ones are the same miss.
   */
  learn({ slot, count, row, alone }: Outcome, offset: number): void {
    const named = row[offset + said.named] ?? 0;
    const mean = row[offset + said.mean] ?? 0;
    const dispersion = row[offset + said.dispersion] ?? 0;
    const levels = this.#levels[slot];
    if (alone && levels !== undefined) adaptLevels(levels, count, mean, dispersion);
    this.#shared.spreadOf(this.#member, slot).observe(count, named);
    this.model.learning?.learn(this.#shared, slot, {
      trace: row.subarray(offset + saidSize, offset + this.size),
      mean: named,
      dispersion,
      count,
    });
  }

  write(tape: TapeWriter): void {
    for (const { low, high } of this.#levels) {
      tape.put(low);
      tape.put(high);
    }
  }

  read(tape: TapeReader): void {
    for (const levels of this.#levels) {
      levels.low = tape.take();
      levels.high = tape.take();
    }
  }
}
