// Whether a request is refused in the isolate, without a call to the pool's object, because the pool has been turning its like away.
// Client-side throttling (Beyer et al., Site Reliability Engineering, 2016, chapter 21): requests pass while they are at most `slack`
// times what was accepted of late. Owns the counts per class of requests. Plain data, pure.

export interface EarlyRefusal {
  readonly asked: number;
  readonly accepted: number;
  readonly atMs: number;
}

export const noEarlyRefusal: EarlyRefusal = { asked: 0, accepted: 0, atMs: 0 };

/** Twice what is accepted still reaches the pool, so that it notices at once when it has room again. */
const slack = 2;
/** Requests that are always let through: a few must be refused before any pattern is one. */
const grace = 10;
/** Counts fade with this time: a storm that is over is forgotten within seconds, and one that goes on is noticed again with each ten refusals. */
const memoryMs = 1_000;

/** A request's turn to ask. One that is refused here counts as asked; one that is sent counts when its answer is known. */
export function decideEarlyRefusal(
  before: EarlyRefusal,
  nowMs: number,
  draw: number,
): { readonly state: EarlyRefusal; readonly refused: boolean } {
  const state = fade(before, nowMs);
  const excess = (state.asked - grace - slack * state.accepted) / (state.asked + 1);
  const refused = draw < excess;
  return { state: refused ? { ...state, asked: state.asked + 1 } : state, refused };
}

/** The pool's answer: a slot, or a refusal for load. One that waits has no answer yet: a pool that wakes turns nobody away. */
export function notePoolAnswer(before: EarlyRefusal, isGranted: boolean, nowMs: number): EarlyRefusal {
  const state = fade(before, nowMs);
  return { ...state, asked: state.asked + 1, accepted: state.accepted + (isGranted ? 1 : 0) };
}

function fade(state: EarlyRefusal, nowMs: number): EarlyRefusal {
  const passedMs = Math.max(0, nowMs - state.atMs);
  const factor = Math.exp(-passedMs / memoryMs);
  return {
    asked: state.asked * factor,
    accepted: state.accepted * factor,
    atMs: Math.max(nowMs, state.atMs),
  };
}
