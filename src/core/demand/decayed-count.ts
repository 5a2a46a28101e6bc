// A count whose past fades exponentially, kept as its binary logarithm: it then decays by a subtraction, and no exponential is taken
// when it is only read. Pure.

/** Stands for none: far below any count that is told from zero. */
export const noneLog = -40;

/** Slope of the logarithm per ms for a time constant: log2(e) / tau. */
export function fadePerMs(tauMs: number): number {
  return 1 / (tauMs * Math.LN2);
}

/** The logarithm after `passedMs`. */
export function fade(log: number, passedMs: number, perMs: number): number {
  return log - passedMs * perMs;
}

/** More than is ever counted: a clock that jumps far back must not end in Infinity, which never fades again. */
const mostLog = 60;

/** log2(2^log + count): one more, or several, have been counted; `count` is above 0. */
export function countMore(log: number, count = 1): number {
  return Math.log2((log < noneLog ? 0 : 2 ** Math.min(log, mostLog)) + count);
}
