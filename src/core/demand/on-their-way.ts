// Runs of compound functions that are on their way to one pool, as one figure of its demand: how many of them are expected within about
// a tick. Owns the bounded list; who learns from the figure is the hazard model. A pool that never was expected has no such figure. Pure.

/** A need that somebody expects, with its chance; epoch ms. */
export interface RunOnItsWay {
  readonly probability: number;
  readonly startMs: number;
  readonly untilMs: number;
}

/** More than a pool keeps of them itself. */
const runsMax = 64;
/** Stands for none among counts: below the faintest chance that is told. */
const faint = 2 ** -9;

export interface OnTheirWaySnapshot {
  /** Whether any run was ever on its way here. */
  readonly isKnown: boolean;
  readonly runs: readonly (readonly number[])[];
}

export class OnTheirWay {
  #isKnown = false;
  #runs: readonly RunOnItsWay[] = [];

  /** All that are on their way now, in the place of those known before. */
  expect(runs: readonly RunOnItsWay[]): void {
    this.#runs = runs.filter((run) => isSound(run)).slice(0, runsMax);
    this.#isKnown ||= this.#runs.length > 0;
  }

  /**
   * The binary logarithm of the expected number within `withinMs`; one that comes later counts by half less with every further such time.
   * Null where no run was ever expected.
   */
  log(nowMs: number, withinMs: number): number | null {
    if (!this.#isKnown) return null;
    let count = 0;
    for (const { probability, startMs, untilMs } of this.#runs) {
      if (untilMs <= nowMs) continue;
      count += probability * 2 ** -(Math.max(0, startMs - nowMs - withinMs) / withinMs);
    }
    return Math.log2(count + faint);
  }

  snapshot(): OnTheirWaySnapshot {
    const runs = this.#runs.map(({ probability, startMs, untilMs }) => [probability, startMs, untilMs]);
    return { isKnown: this.#isKnown, runs };
  }

  /** False when it holds what is no number; then nothing is on its way. */
  restore({ isKnown, runs }: OnTheirWaySnapshot): boolean {
    const read = runs.map(([probability = Number.NaN, startMs = 0, untilMs = 0]) => ({
      probability,
      startMs,
      untilMs,
    }));
    if (!read.every((run) => isSound(run))) return false;
    this.expect(read);
    this.#isKnown = isKnown;
    return true;
  }
}

function isSound({ probability, startMs, untilMs }: RunOnItsWay): boolean {
  return probability > 0 && probability <= 1 && Number.isFinite(startMs) && Number.isFinite(untilMs);
}
