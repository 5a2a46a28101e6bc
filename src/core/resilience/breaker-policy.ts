// The figures a circuit opens and closes by, each with its reason, and the look at the last outcomes. Pure.
import { countOf, rowAtEnd } from './outcome-class.ts';

/** `hard` is the one cause that says for certain that nobody is there; `operator` the one that no outcome brings about. */
export type OpenCause =
  | 'hard'
  | 'failures'
  | 'errors'
  | 'slow'
  | 'stalls'
  | 'outlier-errors'
  | 'outlier-slow'
  | 'all-replicas'
  | 'operator';

export interface BreakerPolicy {
  /** Failures in a row, of any kind; slow first tokens neither count nor end the row. */
  readonly failuresInRow: number;
  /** Failures among the last twenty outcomes, however many successes lie between. */
  readonly failuresOfRun: number;
  readonly slowsInRow: number;
  readonly slowsOfRun: number;
  /** Outcomes older than this say nothing about now: the run begins anew. */
  readonly staleMs: number;
  readonly probeFirstMs: number;
  readonly probeMsMax: number;
}

/**
 * With one error in a thousand, three in a row are met once in 1e9 requests and five in twenty once in 2e11; a server that fails half of its
 * requests is found within ten of them in the mean, one that fails all within 3, and one that fails more than the tenth that may be spent on
 * extra attempts before that is spent: three in ten within twenty. A first token counts as slow beyond three medians and
 * 1.5 times the 95th percentile, so fewer than one in twenty do: six in a row are met once in 6e7. Probes come within 0.8 s of each
 * other, so that a circuit closes within two seconds of its server's recovery, and cost a request or two a second.
 */
export const breakerPolicy: BreakerPolicy = {
  failuresInRow: 3,
  failuresOfRun: 5,
  slowsInRow: 6,
  slowsOfRun: 14,
  staleMs: 30_000,
  probeFirstMs: 200,
  probeMsMax: 800,
};

const failureLetters = 'hft';

export interface Trip {
  readonly cause: OpenCause;
  readonly detail: string;
}

/** Why a circuit with these last outcomes is to open; null when it is not. */
export function findTrip(run: string, policy: BreakerPolicy): Trip | null {
  const row = rowAtEnd(run, failureLetters, 's');
  if (row >= policy.failuresInRow) return { cause: causeOfRow(run), detail: `${row} failures in a row` };
  const failures = countOf(run, failureLetters);
  if (failures >= policy.failuresOfRun)
    return { cause: 'errors', detail: `${failures} of the last ${run.length} failed` };
  const slowRow = rowAtEnd(run, 's', failureLetters);
  if (slowRow >= policy.slowsInRow) return { cause: 'slow', detail: `${slowRow} slow in a row` };
  const slows = countOf(run, 's');
  if (slows >= policy.slowsOfRun)
    return { cause: 'slow', detail: `${slows} of the last ${run.length} were slow` };
  return null;
}

/** By what most of the last three were. */
function causeOfRow(run: string): OpenCause {
  const last = run.replaceAll('s', '').slice(-3);
  if (countOf(last, 'h') >= 2) return 'hard';
  return countOf(last, 't') >= 2 ? 'stalls' : 'failures';
}

/**
 * Probes that must pass in a row: where some requests succeeded all along, or the last one that passed was followed by failures within
 * `flapMs`, one success says little.
 */
export function probesToClose(cause: OpenCause | null, closedForMs: number): number {
  return cause === 'errors' || cause === 'outlier-errors' || closedForMs < flapMs ? 3 : 1;
}

const flapMs = 10_000;

/**
 * The run with which a circuit begins when it closes: one outcome short of opening again for the same cause, so that its next failure
 * opens it and its next success ends the trial.
 */
export function trialRun(cause: OpenCause | null, policy: BreakerPolicy): string {
  const isSlow = cause === 'slow' || cause === 'outlier-slow';
  return isSlow ? 's'.repeat(policy.slowsInRow - 1) : 'f'.repeat(policy.failuresInRow - 1);
}
