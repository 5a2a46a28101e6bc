// Whether and when a replica is started for a need that is expected of a run on its way: so that it is hot when the need comes, if what
// that saves in waiting is worth more than what it wastes when the need does not come. Owns that comparison, in GPU-seconds. Pure.
import type { Expectation } from './expect-demand.ts';

/** `just-in-time-p` asks whether it pays; the others start for whatever is expected, late or at once. */
export const prewarmModes = ['off', 'all-at-once', 'just-in-time', 'just-in-time-p'] as const;
export type PrewarmMode = (typeof prewarmModes)[number];

/** What a load takes: for half of all loads, and for nine in ten. */
export interface LoadQuantiles {
  readonly p50: number;
  readonly p90: number;
}

export interface PrewarmCase {
  readonly mode: PrewarmMode;
  readonly expectation: Expectation;
  readonly loadMs: LoadQuantiles;
  /** GPU-seconds that a second of waiting is worth. */
  readonly gamma: number;
  readonly nowMs: number;
}

/** A need that may come at any moment still gains by what is begun now; less than this is nothing to weigh. */
const leadMsMin = 1;

/** When to start, at `nowMs` or later; null when it is not worth it, or the expectation is void. */
export function decidePrewarm(prewarm: PrewarmCase): { readonly atMs: number } | null {
  const { mode, expectation, loadMs, nowMs } = prewarm;
  if (mode === 'off' || expectation.untilMs <= nowMs || !(expectation.probability > 0)) return null;
  if (mode === 'all-at-once') return { atMs: nowMs };
  const atMs = Math.max(nowMs, expectation.startMs - loadMs.p90);
  return mode === 'just-in-time' || isWorthwhile(prewarm, atMs) ? { atMs } : null;
}

/**
 * `gamma p saved > (1 - p) wasted + p early`. Begun at `atMs`, it saves as much of the load as is over by the time it is needed. When the
 * need does not come, that is also what was wasted: the run tells which way it takes, and the load is given up. When it comes, the
 * replica was ready early by what the load was faster than it may be.
 */
function isWorthwhile({ expectation, loadMs, gamma }: PrewarmCase, atMs: number): boolean {
  const { probability, startMs } = expectation;
  const leadMs = Math.max(leadMsMin, startMs - atMs);
  const savedMs = Math.min(loadMs.p50, leadMs);
  const earlyMs = leadMs - savedMs;
  return gamma * probability * savedMs > (1 - probability) * savedMs + probability * earlyMs;
}
