// When each step of a run was asked for, began and ended: what a trace is made from. Owns the shape alone; the journal is mapped onto it
// by whoever holds one. Pure data.
import type { StepKind } from '../run/run-state.ts';

/** All times are epoch milliseconds of the clock that wrote the journal. */
export interface StepTiming {
  /** Steps are numbered in the order in which the code asked for them. */
  readonly n: number;
  readonly kind: StepKind;
  readonly name: string;
  readonly pool: string | null;
  readonly version: string | null;
  readonly askedMs: number;
  /** When the attempt that counted began; null while none has. */
  readonly startedMs: number | null;
  /** When the step settled or was given up; null while it goes on. */
  readonly doneMs: number | null;
  /** Of the attempt that counted: waiting behind others for a slot of a hot pool. */
  readonly queueMs: number;
  /** Of the attempt that counted: waiting because nothing was hot. */
  readonly coldMs: number;
  readonly warmth: 'hot' | 'parked' | 'cold' | null;
  readonly attempts: number;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  /** Steps whose outcome the code had been given when it asked for this one; the one delivered last is enough. */
  readonly after: readonly number[];
  /** From the first attempt's beginning to that of the one that counted: failed tries and the pauses between them. */
  readonly retriedMs: number;
}

export interface RunTiming {
  readonly run: string;
  readonly function: string;
  readonly startedMs: number;
  /** Null while the run goes on. */
  readonly endedMs: number | null;
  /** `completed`, `failed`, `cancelled`, `incomplete`, or how a run that goes on is called. */
  readonly status: string;
  readonly steps: readonly StepTiming[];
}
