// What really comes when a forecaster names a mean: how much on average, and how much more it varies than Poisson's. Learned at each
// size of the mean, shared by the pools of an environment. Constant memory, deterministic. Pure.
import { logLikelihood } from './negative-binomial.ts';
import type { TapeReader, TapeWriter } from './number-tape.ts';

/** The dispersions that are told apart: variance = mean + dispersion x mean^2. */
const grid = [0, 0.02, 0.06, 0.15, 0.35, 0.8, 1.6, 3.2, 6.4, 13, 26];
/** Sizes of the mean lie four-fold apart, from 2^-12 to 2^16; a mean below counts as 2^-12. */
const lowLog2 = -12;
const stepLog2 = 2;
const sizes = 15;
const meanMin = 2 ** lowLog2;
/** What overflowed must not poison the likelihoods. */
const meanMax = 1e9;
/** Evidence fades by half in so many forecasts that expect one arrival or more; one that expects less fades it by as much less. */
const halfLife = 2_000;
/** Forecasts that a size is taken to have been right for before it is used. */
const trusted = 20;

/** What came of a forecast, and how likely each dispersion makes it. */
interface Came {
  readonly count: number;
  readonly named: number;
  readonly mean: number;
  readonly logs: readonly number[];
}

export class CountSpread {
  /** ln likelihood by size and dispersion, the largest of a size being 0. */
  readonly #logs = new Float64Array(sizes * grid.length);
  readonly #came = new Float64Array(sizes);
  readonly #named = new Float64Array(sizes);
  /** What follows from them. */
  readonly #dispersions = new Float64Array(sizes);
  readonly #ratios = new Float64Array(sizes);

  constructor() {
    for (let size = 0; size < sizes; size += 1) {
      const mean = 2 ** (lowLog2 + size * stepLog2);
      this.#came[size] = trusted * mean;
      this.#named[size] = trusted * mean;
      // Nothing is known: the middle of the grid, slightly.
      for (let at = 0; at < grid.length; at += 1)
        this.#logs[size * grid.length + at] = -0.3 * Math.abs(at - 5);
      this.#settle(size);
    }
  }

  dispersionOf(mean: number): number {
    return between(this.#dispersions, mean);
  }

  /** The mean that has really come when `named` was forecast. */
  meanOf(named: number): number {
    return cut(named) * between(this.#ratios, named);
  }

  /** Both neighbours learn, each as far as the mean is near it: what is read between them is what was learned there. */
  observe(count: number, named: number): void {
    const [size, part] = place(named);
    const mean = this.meanOf(named);
    const logs = grid.map((dispersion) => logLikelihood(count, mean, dispersion));
    if (part < 1) this.#note(size, 1 - part, { count, named, mean, logs });
    if (part > 0) this.#note(size + 1, part, { count, named, mean, logs });
  }

  #note(size: number, weight: number, { count, named, mean, logs }: Came): void {
    const keep = 2 ** ((-weight * Math.min(1, mean)) / halfLife);
    const row = size * grid.length;
    for (let at = 0; at < grid.length; at += 1)
      this.#logs[row + at] = keep * (this.#logs[row + at] ?? 0) + weight * (logs[at] ?? 0);
    this.#came[size] = keep * (this.#came[size] ?? 0) + weight * count;
    this.#named[size] = keep * (this.#named[size] ?? 0) + weight * cut(named);
    this.#settle(size);
  }

  /** The mean of the dispersions, each weighed by its likelihood. */
  #settle(size: number): void {
    const row = size * grid.length;
    let top = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < grid.length; at += 1) top = Math.max(top, this.#logs[row + at] ?? 0);
    let weights = 0;
    let sum = 0;
    for (let at = 0; at < grid.length; at += 1) {
      const log = (this.#logs[row + at] ?? 0) - top;
      this.#logs[row + at] = log;
      if (log < -12) continue;
      const weight = Math.exp(log);
      weights += weight;
      sum += weight * (grid[at] ?? 0);
    }
    this.#dispersions[size] = sum / weights;
    this.#ratios[size] = (this.#came[size] ?? 0) / (this.#named[size] ?? 1);
  }

  write(tape: TapeWriter): void {
    tape.putAll(this.#logs);
    tape.putAll(this.#came);
    tape.putAll(this.#named);
  }

  read(tape: TapeReader): void {
    tape.takeInto(this.#logs);
    tape.takeInto(this.#came);
    tape.takeInto(this.#named);
    for (let size = 0; size < sizes; size += 1) this.#settle(size);
  }
}

function cut(mean: number): number {
  return mean > meanMin ? Math.min(mean, meanMax) : meanMin;
}

function place(mean: number): readonly [size: number, part: number] {
  const at = (Math.log2(cut(mean)) - lowLog2) / stepLog2;
  const size = Math.min(sizes - 2, Math.floor(at));
  return [size, Math.min(1, at - size)];
}

function between(column: Float64Array, mean: number): number {
  const [size, part] = place(mean);
  return (column[size] ?? 0) * (1 - part) + (column[size + 1] ?? 0) * part;
}
