// What a trace says: where the time of one run went. Owns the shapes alone.
//
// Laws, held by the tests:
// T1  The parts of a step lie end to end from its asking to its end.
// T2  The entries of the critical path lie end to end from the run's start to its end.
// T3  queueMs + coldMs + computeMs + codeMs = endToEndMs.
import type { StepTiming } from './run-timing.ts';

/**
 * What a step did with its time. `retry`: tries that failed and the pauses after them. `route`: from the asking to the attempt that
 * counted. `queue`: behind others for a slot of a hot pool. `cold`: because nothing was hot. `compute`: the work itself. `sleep`: as asked.
 */
export type PartKind = 'retry' | 'route' | 'queue' | 'cold' | 'compute' | 'sleep';

export interface TracePart {
  readonly kind: PartKind;
  readonly startMs: number;
  readonly durationMs: number;
}

export interface TracedStep {
  readonly timing: StepTiming;
  readonly startMs: number;
  readonly durationMs: number;
  /** In time order; a part of no length is left out. */
  readonly parts: readonly TracePart[];
  readonly isCritical: boolean;
}

/** One stretch of the critical path: a step, or the function's own code and the platform between two. */
export type PathEntry =
  | { readonly kind: 'step'; readonly step: TracedStep }
  | { readonly kind: 'code'; readonly startMs: number; readonly durationMs: number };

/** Along the critical path; the first four add up to the end-to-end time. */
export interface TraceTotals {
  readonly queueMs: number;
  readonly coldMs: number;
  /** Everything else that steps did: the work, sleeps, and tries that failed. */
  readonly computeMs: number;
  /** The function's own code and the platform: between steps, and `route` inside them. */
  readonly codeMs: number;
  readonly endToEndMs: number;
  /** Parts of `computeMs`. */
  readonly retryMs: number;
  readonly sleepMs: number;
  /** Queue, cold and compute: what would remain if code and platform took no time. */
  readonly criticalPathMs: number;
  /** End-to-end less critical path: what orchestration costs, at any fan-out. */
  readonly overheadMs: number;
}

/** Cold delay of one pool, over all its steps and over those that the run waited for. */
export interface ColdShare {
  readonly pool: string;
  readonly coldMs: number;
  readonly criticalColdMs: number;
  /** Steps that were delayed. */
  readonly steps: number;
}

/** What took the largest share of the critical path. */
export interface Culprit {
  /** Null when it was no step, but what lay between them. */
  readonly step: StepTiming | null;
  /** What most of that time was spent on. */
  readonly part: PartKind | 'code';
  readonly durationMs: number;
  readonly partMs: number;
  /** Of the end-to-end time, 0 to 1. */
  readonly share: number;
  readonly sentence: string;
}

export interface RunTrace {
  readonly run: string;
  readonly function: string;
  readonly status: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly steps: readonly TracedStep[];
  readonly path: readonly PathEntry[];
  readonly totals: TraceTotals;
  /** The pool that delayed the run most comes first. */
  readonly coldByPool: readonly ColdShare[];
  /** Null for a run that has taken no time yet. */
  readonly culprit: Culprit | null;
}
