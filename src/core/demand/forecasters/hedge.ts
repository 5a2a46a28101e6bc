// Weighs experts by what following them has cost: AdaHedge (de Rooij, van Erven, Grunwald, Koolen 2014), exponential weights whose
// learning rate follows from the costs themselves, so that their scale need not be known. Constant memory, deterministic. Pure.
//
// Bound, for any costs in any order, with the weights taken before each cost is known and K experts of equal prior weight:
//   total cost of the mix <= total cost of the best expert + gap + gap', where the gaps are below
//   calm + S + sqrt(ln K x sum of s_t^2) / 2, s_t being the spread of the experts' costs at time t and S the largest spread.
// `certificate` is the bound as it stands.
import type { TapeReader, TapeWriter } from './number-tape.ts';

/** Begins with so much of a gap: the first few costs do not decide everything. */
const calm = 1;

export class Hedge {
  readonly weights: Float64Array;
  readonly #costs: Float64Array;
  readonly #priorLogs: Float64Array;
  /** ln(1 / the smallest prior weight). */
  readonly #span: number;
  #gap = calm;

  /** `prior` sums to 1; equal weights by default. */
  constructor(
    experts: number,
    prior: readonly number[] = Array.from({ length: experts }, () => 1 / experts),
  ) {
    this.weights = Float64Array.from(prior);
    this.#priorLogs = Float64Array.from(prior, (weight) => Math.log(weight));
    this.#costs = new Float64Array(experts);
    this.#span = Math.max(1e-9, -Math.min(...this.#priorLogs));
    // Rounded as they are after a restore, so that one leaves no trace.
    this.#reweigh();
  }

  /** By how much at most the mix has cost more than any single expert. */
  get certificate(): number {
    return 2 * this.#gap;
  }

  /** The mix of what the experts say. */
  mix(says: ArrayLike<number>): number {
    let sum = 0;
    for (let at = 0; at < this.weights.length; at += 1) sum += (this.weights[at] ?? 0) * (says[at] ?? 0);
    return sum;
  }

  /** `costs` of following each expert this time; only differences count. */
  observe(costs: ArrayLike<number>): void {
    const rate = this.#span / this.#gap;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.weights.length; at += 1) {
      least = Math.min(least, costs[at] ?? 0);
      most = Math.max(most, costs[at] ?? 0);
    }
    // All the same, as in most of the minutes of a quiet pool: nothing is learned. Written so that costs that are no numbers end here.
    if (!(most > least)) return;
    let mixed = 0;
    let soft = 0;
    for (let at = 0; at < this.weights.length; at += 1) {
      const cost = (costs[at] ?? 0) - least;
      const weight = this.weights[at] ?? 0;
      mixed += weight * cost;
      soft += weight * Math.exp(-rate * cost);
      this.#costs[at] = (this.#costs[at] ?? 0) + cost;
    }
    // The mixability gap: what the mix costs beyond the soft minimum.
    this.#gap += Math.max(0, mixed + Math.log(soft) / rate);
    this.#reweigh();
  }

  #reweigh(): void {
    const rate = this.#span / this.#gap;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.weights.length; at += 1) least = Math.min(least, this.#costs[at] ?? 0);
    let sum = 0;
    for (let at = 0; at < this.weights.length; at += 1) {
      const cost = (this.#costs[at] ?? 0) - least;
      // Only differences count: totals stay small for ever.
      this.#costs[at] = cost;
      const weight = Math.exp((this.#priorLogs[at] ?? 0) - rate * cost);
      this.weights[at] = weight;
      sum += weight;
    }
    for (let at = 0; at < this.weights.length; at += 1) this.weights[at] = (this.weights[at] ?? 0) / sum;
  }

  write(tape: TapeWriter): void {
    tape.putAll(this.#costs);
    tape.put(this.#gap);
  }

  read(tape: TapeReader): void {
    tape.takeInto(this.#costs);
    this.#gap = tape.take();
    this.#reweigh();
  }
}
