// Pauses between the arrivals of a pool in half octaves, and the renewal forecast that follows from them: given how long nothing has
// come, how much comes in the next minutes if pauses go on being drawn from this histogram. After the hybrid histogram policy of
// "Serverless in the Wild" (ATC 2020), which keeps such a histogram per function. Constant memory. Pure.
import { horizonsMs } from '../forecast.ts';
import type { TapeReader, TapeWriter } from './number-tape.ts';

/** One second to twelve days. */
const bins = 42;
const perOctave = 2;
/** Counts are halved at this many pauses: a histogram forgets within a few thousand. */
const pausesMax = 2_000;
/** Pauses that the population's histogram counts as in a pool's own. */
const borrowed = 6;
/** Parts that a horizon is cut into. */
const parts = 12;
const stride = parts + 1;

export class GapHistogram {
  readonly #counts = new Float64Array(bins);
  #pauses = 0;
  #pausedMs = 0;
  /** Expected arrivals within 0..12 parts of each horizon after an arrival. */
  readonly #renewals = new Float64Array(horizonsMs.length * stride);

  /** `gapMs` = null for the first arrival of all; of `count` arrivals at once all but one follow without a pause. */
  add(gapMs: number | null, count: number): void {
    if (gapMs !== null) {
      const bin = binOf(gapMs);
      this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
      this.#pausedMs += gapMs;
    }
    this.#counts[0] = (this.#counts[0] ?? 0) + count - 1;
    this.#pauses += gapMs === null ? count - 1 : count;
    while (this.#pauses > pausesMax) {
      for (let at = 0; at < bins; at += 1) this.#counts[at] = (this.#counts[at] ?? 0) / 2;
      this.#pauses /= 2;
      this.#pausedMs /= 2;
    }
  }

  /** Share of pauses up to this long. */
  #within(spanMs: number): number {
    if (this.#pauses === 0) return 0;
    const at = Math.max(0, Math.log2(Math.max(1, spanMs / 1000)) * perOctave);
    const whole = Math.min(bins - 1, Math.floor(at));
    let sum = 0;
    for (let bin = 0; bin < whole; bin += 1) sum += this.#counts[bin] ?? 0;
    return (sum + (this.#counts[whole] ?? 0) * Math.min(1, at - whole)) / this.#pauses;
  }

  #blend(population: GapHistogram, spanMs: number): number {
    const share = borrowed / (borrowed + this.#pauses);
    return (1 - share) * this.#within(spanMs) + share * population.#within(spanMs);
  }

  /** Renews what follows an arrival, with the population as it now is. */
  renew(population: GapHistogram): void {
    for (const [slot, horizonMs] of horizonsMs.entries()) this.#renewSlot(slot, horizonMs, population);
  }

  /** The renewal equation m = F + f * m on a grid; several arrivals may fall into one part. */
  #renewSlot(slot: number, horizonMs: number, population: GapHistogram): void {
    const partMs = horizonMs / parts;
    const chances = new Float64Array(stride);
    let before = 0;
    for (let at = 0; at < stride; at += 1) {
      const within = this.#blend(population, (at + 0.5) * partMs);
      chances[at] = within - before;
      before = within;
    }
    const again = chances[0] ?? 0;
    // Where a part holds many arrivals, the mean pause says more than the grid.
    const perPart = again > 0.8 ? (partMs * this.#pauses) / Math.max(1, this.#pausedMs) : null;
    let within = 0;
    for (let at = 0; at < stride; at += 1) {
      within += chances[at] ?? 0;
      let sum = within;
      for (let back = 1; back <= at; back += 1)
        sum += (chances[back] ?? 0) * (this.#renewals[slot * stride + at - back] ?? 0);
      this.#renewals[slot * stride + at] = perPart === null ? sum / (1 - again) : perPart * at;
    }
  }

  /** Arrivals to expect in the horizon of a slot when nothing has come for `ageMs`. */
  expected(slot: number, ageMs: number, population: GapHistogram): number {
    const partMs = (horizonsMs[slot] ?? 0) / parts;
    let before = this.#blend(population, ageMs);
    const left = 1 - before;
    // A pause longer than any known says nothing: a renewal once in as long again.
    if (left < 1e-3) return Math.min(1, (parts * partMs) / Math.max(1, ageMs)) / 2;
    let sum = 0;
    for (let at = 1; at <= parts; at += 1) {
      const within = this.#blend(population, ageMs + at * partMs);
      sum += (within - before) * (1 + (this.#renewals[slot * stride + parts - at] ?? 0));
      before = within;
    }
    return sum / left;
  }

  write(tape: TapeWriter): void {
    tape.putAll(this.#counts);
    tape.put(this.#pauses);
    tape.put(this.#pausedMs);
    tape.putAll(this.#renewals);
  }

  read(tape: TapeReader): void {
    tape.takeInto(this.#counts);
    this.#pauses = tape.take();
    this.#pausedMs = tape.take();
    tape.takeInto(this.#renewals);
  }
}

function binOf(gapMs: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, gapMs / 1000)) * perOctave)));
}
