// How long the idle gaps of each level of one pool have lasted of late, as a hazard by age: what this very pool does, where the shared
// tables know what pools do in general. Counts and exposure per octave of age, fading with each gap. Pure, constant memory per level.
import { logAge } from './log-age.ts';

/** Octaves of age from one second to six days. */
export const gapBins = 19;
/** Each gap makes the earlier ones count this much less: some forty of the last are remembered. */
const fadePerGap = 0.975;
/** What all pools together say counts as much as this many gaps. */
const priorGaps = 1;

/** Upper edge of each bin in seconds. */
const edges = Float64Array.from({ length: gapBins }, (_, bin) => 2 ** (bin + 1));

/** Counts and exposure (seconds) per bin, one level after the other. */
export interface GapSnapshot {
  readonly counts: readonly number[];
  readonly exposure: readonly number[];
  /** What was made of them when they last changed. */
  readonly logs: readonly number[];
}

export class GapHazard {
  #counts = new Float64Array(gapBins);
  #exposure = new Float64Array(gapBins);
  /** log2 of the hazard per second, kept because it is read far more often than it changes. */
  #logs = new Float32Array(gapBins);
  readonly #prior: GapHazard | null;

  /** `prior` is what stands in where this pool has shown too little; null for the one that all pools share. */
  constructor(prior: GapHazard | null) {
    this.#prior = prior;
    this.#refresh(0, gapBins);
  }

  /** A level was idle for `gapMs` and is used again. */
  close(level: number, gapMs: number): void {
    this.#grow(level);
    const from = (level - 1) * gapBins;
    const seconds = gapMs / 1000;
    const fades = this.#prior !== null;
    let low = 0;
    let isOpen = true;
    for (let bin = 0; bin < gapBins; bin += 1) {
      const at = from + bin;
      const high = bin === gapBins - 1 ? Infinity : (edges[bin] ?? Infinity);
      if (fades) {
        this.#counts[at] = (this.#counts[at] ?? 0) * fadePerGap;
        this.#exposure[at] = (this.#exposure[at] ?? 0) * fadePerGap;
      }
      if (isOpen) {
        this.#exposure[at] = (this.#exposure[at] ?? 0) + Math.min(seconds, high) - low;
        isOpen = seconds > high;
        if (!isOpen) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
        low = high;
      }
    }
    this.#refresh(from, from + gapBins);
  }

  /** log2 of the hazard per second of a level that has been idle for `ageMs`. */
  log(level: number, ageMs: number): number {
    const at = (level - 1) * gapBins + Math.min(gapBins - 1, Math.trunc(logAge(ageMs)));
    if (at < this.#logs.length || this.#prior === null) return this.#logAt(at);
    return this.#prior.log(level, ageMs);
  }

  #refresh(from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const bin = at % gapBins;
      const prior = this.#prior === null ? priorPerSecond(bin) : 2 ** this.#prior.#logAt(at);
      const counts = (this.#counts[at] ?? 0) + priorGaps;
      this.#logs[at] = Math.log2(counts / ((this.#exposure[at] ?? 0) + priorGaps / prior));
    }
  }

  /** Levels that this one does not know of yet are like the highest that it knows. */
  #logAt(at: number): number {
    return this.#logs[at < this.#logs.length ? at : this.#logs.length - gapBins + (at % gapBins)] ?? 0;
  }

  #grow(level: number): void {
    const before = this.#logs.length;
    const size = level * gapBins;
    if (size <= before) return;
    this.#counts = wider(this.#counts, size);
    this.#exposure = wider(this.#exposure, size);
    const logs = new Float32Array(size);
    logs.set(this.#logs);
    this.#logs = logs;
    this.#refresh(before, size);
  }

  get bytes(): number {
    return this.#counts.byteLength + this.#exposure.byteLength + this.#logs.byteLength;
  }

  snapshot(): GapSnapshot {
    return { counts: [...this.#counts], exposure: [...this.#exposure], logs: [...this.#logs] };
  }

  /** False, and nothing changed, when the snapshot has another shape or holds what is no count. */
  restore({ counts, exposure, logs }: GapSnapshot): boolean {
    const size = counts.length;
    const fits = exposure.length === size && logs.length === size && size > 0 && size % gapBins === 0;
    if (!fits || !logs.every(Number.isFinite)) return false;
    if (![...counts, ...exposure].every((value) => Number.isFinite(value) && value >= 0)) return false;
    this.#counts = Float64Array.from(counts);
    this.#exposure = Float64Array.from(exposure);
    this.#logs = Float32Array.from(logs);
    return true;
  }
}

/** Before anything is learned: a heavy-tailed gap, whose hazard falls as one over its age. */
function priorPerSecond(bin: number): number {
  return 0.3 / (1.5 * 2 ** bin);
}

function wider(column: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const all = new Float64Array(size);
  all.set(column);
  return all;
}
