// What an isolate does about a store that fails: asks it less. A store that has failed several times in a row is left alone for a while, so
// that no request waits for it; then one asks, and the others go on without. Pure.

/** What can be wrong with a store. `late`: no answer in time. `down`: it said no, or cannot be reached. `garbage`: it answered what it cannot mean. */
export type StoreFault = 'late' | 'down' | 'garbage';

export interface StoreRest {
  /** Faults in a row. */
  readonly faults: number;
  /** Nobody asks before; 0 = everybody may. */
  readonly untilMs: number;
}

export const noRest: StoreRest = { faults: 0, untilMs: 0 };

/** One lost answer says nothing yet. */
const faultsMax = 3;
/** The first rest; each further one is twice as long. */
const restMsMin = 1_000;
/** A store that is back is noticed within this time. */
export const restMsMax = 30_000;

/** Whether the store may be asked; when it has rested enough, the one who asks keeps the others waiting by the state returned. */
export function mayAsk(rest: StoreRest, nowMs: number): { readonly asks: boolean; readonly rest: StoreRest } {
  if (rest.faults < faultsMax) return { asks: true, rest };
  if (nowMs < rest.untilMs) return { asks: false, rest };
  return { asks: true, rest: { ...rest, untilMs: nowMs + restMsMin } };
}

export function noteAnswered(): StoreRest {
  return noRest;
}

export function noteFault({ faults }: StoreRest, nowMs: number): StoreRest {
  const inRow = faults + 1;
  const beyond = inRow - faultsMax;
  if (beyond < 0) return { faults: inRow, untilMs: 0 };
  // The exponent is bounded: two to the power of 1024 is no number of milliseconds.
  return { faults: inRow, untilMs: nowMs + Math.min(restMsMax, restMsMin * 2 ** Math.min(beyond, 10)) };
}
