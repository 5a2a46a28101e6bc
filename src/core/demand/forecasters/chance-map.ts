// What a forecast chance has really meant: how often it happened, at each size of the chance. A mix of calibrated chances is too timid
// (Ranjan and Gneiting 2010); this puts it right. Shared by all pools. Constant memory, deterministic. Pure.
import type { TapeReader, TapeWriter } from './number-tape.ts';

/** Sizes lie 1.5 apart in log-odds, from 1 in 8,000 to as much short of certain. */
const low = -9;
const step = 1.5;
const sizes = 13;
/** Forecasts that a size is taken to have been right for before it is used. */
const trusted = 30;
/** Evidence fades by half in so many forecasts of which half come true; a rarer event fades it by as much less. */
const halfLife = 2_000;

export class ChanceMap {
  readonly #happened = new Float64Array(sizes);
  /** Sum of the chances that were forecast, and how many. */
  readonly #forecast = new Float64Array(sizes);
  readonly #n = new Float64Array(sizes).fill(trusted);

  constructor() {
    for (let size = 0; size < sizes; size += 1) {
      const chance = 1 / (1 + Math.exp(-(low + size * step)));
      this.#happened[size] = trusted * chance;
      this.#forecast[size] = trusted * chance;
    }
  }

  /** The chance that has been behind such a forecast. */
  of(chance: number): number {
    const held = hold(chance);
    const at = place(held);
    const size = Math.min(sizes - 2, Math.floor(at));
    const shift = this.#shift(size) + (at - size) * (this.#shift(size + 1) - this.#shift(size));
    return 1 / (1 + ((1 - held) / held) * Math.exp(-shift));
  }

  /** By how much log-odds near this size were too low. */
  #shift(size: number): number {
    const n = this.#n[size] ?? 1;
    return logOdds((this.#happened[size] ?? 0) / n) - logOdds((this.#forecast[size] ?? 0) / n);
  }

  /** Both neighbours learn, each as far as the chance is near it. */
  observe(chance: number, happened: boolean): void {
    const held = hold(chance);
    const at = place(held);
    const size = Math.min(sizes - 2, Math.floor(at));
    this.#note(size, 1 - (at - size), held, happened);
    this.#note(size + 1, at - size, held, happened);
  }

  #note(size: number, weight: number, chance: number, happened: boolean): void {
    const keep = 2 ** ((-2 * weight * Math.min(chance, 1 - chance)) / halfLife);
    this.#happened[size] = keep * (this.#happened[size] ?? 0) + (happened ? weight : 0);
    this.#forecast[size] = keep * (this.#forecast[size] ?? 0) + weight * chance;
    this.#n[size] = keep * (this.#n[size] ?? 0) + weight;
  }

  write(tape: TapeWriter): void {
    tape.putAll(this.#happened);
    tape.putAll(this.#forecast);
    tape.putAll(this.#n);
  }

  read(tape: TapeReader): void {
    tape.takeInto(this.#happened);
    tape.takeInto(this.#forecast);
    tape.takeInto(this.#n);
  }
}

const surest = 1e-6;

function hold(chance: number): number {
  return chance > surest ? Math.min(1 - surest, chance) : surest;
}

function logOdds(chance: number): number {
  const held = hold(chance);
  return Math.log(held / (1 - held));
}

function place(chance: number): number {
  return Math.min(sizes - 1, Math.max(0, (logOdds(chance) - low) / step));
}
