// How long each part of the overload scenario lasts: in full, in minutes, in seconds.
import type { RigContext } from '../scenario.ts';

export interface Lengths {
  readonly capacityMs: number;
  /** Below capacity a line needs longer to become as long as it does, and its slowest answers are what storms are held to. */
  readonly kneeMs: number;
  readonly plateauMs: number;
  /** With half of the slots gone, and what comes after it. */
  readonly stormMs: number;
  readonly afterMs: number;
  /** Of the calm tenants, alone and beside the noisy one. */
  readonly calmMs: number;
}

const full: Lengths = {
  capacityMs: 30_000,
  kneeMs: 120_000,
  plateauMs: 120_000,
  stormMs: 60_000,
  afterMs: 40_000,
  calmMs: 60_000,
};
/** With the whole of the storm that is recovered from. */
const short: Lengths = {
  capacityMs: 10_000,
  kneeMs: 20_000,
  plateauMs: 12_000,
  stormMs: 60_000,
  afterMs: 20_000,
  calmMs: 12_000,
};
const quick: Lengths = {
  ...short,
  capacityMs: 5_000,
  kneeMs: 12_000,
  plateauMs: 8_000,
  stormMs: 6_000,
  afterMs: 12_000,
  calmMs: 10_000,
};

/** Of the run as it was asked for. */
export function lengthsOf({ isQuick, isShort }: RigContext): Lengths {
  return isQuick ? quick : isShort ? short : full;
}
