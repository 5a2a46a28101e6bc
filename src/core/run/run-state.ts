// What a run is: one execution of a function, as its journal tells it. Owns the shapes and the bounds; decides nothing (decide-run.ts) and
// stores nothing (the host's store). Pure data.
//
// Invariants, checked by check-run.ts in every test that runs a run:
// R1  Steps are numbered 0, 1, 2... in the order in which the code asked for them.
// R2  Settled steps carry the orders 1..settled, each once: the order in which their outcomes reach the code, at first and at replay.
// R3  A settled step never changes again; only the newest attempt of a step may settle it or add text.
// R4  The log's seq numbers are 1..tailSeq; a terminal entry is there exactly when the run has ended, once, and last.
// R5  What is spent is the sum over the steps.
// R6  The author's entries in the log are exactly `emitted`.
// R7  After text of one attempt no text of another attempt of the step comes without a segment entry between.
import type { Criticality } from '../resilience/criticality.ts';
import type { Json } from './json.ts';
import type { RunBudget, Spent } from './run-budget.ts';

/** How long an ended run can be read. */
export const RUN_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** While a run is active its object wakes this often: after a crash the run goes on this soon. */
export const RUN_WATCH_MS = 5_000;

/** A run whose object has died this often in a row, each time within its first watch and before any step settled, is what kills it. */
export const BARREN_LIVES_MAX = 20;

/** The value of one step, and of all steps together: they are held in memory at each replay. A value stands in one row of 2 MB. */
export const VALUE_CHARS_MAX = 1_000_000;
export const VALUE_BYTES_MAX = 1_900_000;
export const VALUES_CHARS_MAX = 16_000_000;

/** One entry of the author's, and all entries and text of a run. A row holds 2 MB; a follower reads all of it. */
export const EMIT_CHARS_MAX = 64_000;
export const LOG_CHARS_MAX = 2_000_000;
export const LOG_ENTRIES_MAX = 20_000;

/** A row holds 2 MB, and no UTF-16 unit takes more than 3 bytes. The input of a called function has the same bound. */
export const OUTPUT_CHARS_MAX = 600_000;

/** What an author says with an error: shown to callers, and repeated in rows and log. */
export const CODE_CHARS_MAX = 100;
export const MESSAGE_CHARS_MAX = 2_000;

/** What a run begins with is one row, and a row holds 2 MB. */
export const INPUT_BYTES_MAX = 1_900_000;

export const STEP_KINDS = ['chat', 'embed', 'rerank', 'search', 'call', 'effect', 'sleep'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** What a run begins with; never changes. */
export interface RunSpec {
  readonly id: string;
  readonly tenant: string;
  readonly function: string;
  readonly version: number;
  readonly input: Json;
  /** Of the input: a second creation with the same id must mean the same run. */
  readonly inputHash: string;
  readonly budget: RunBudget;
  readonly createdMs: number;
  readonly parent: string | null;
  /** How much its calls of models matter when not all can be served. Rows of an earlier version have none: `default`. */
  readonly criticality?: Criticality;
}

export interface StepError {
  readonly code: string;
  readonly message: string;
}

export type StepOutcome =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: StepError };

/** What the attempt that settled a step was measured to be. */
export interface StepMeasure {
  readonly pool: string | null;
  readonly version: string | null;
  readonly warmth: 'hot' | 'parked' | 'cold' | null;
  /** Waiting for a slot: behind others of a hot pool, or because nothing was hot. */
  readonly queueMs: number;
  readonly coldMs: number;
  readonly tokens: number;
  readonly micros: number;
}

export type StepStatus =
  | { readonly kind: 'running' }
  /** Waits for a time: a sleep for its end, a failed attempt for the next. */
  | { readonly kind: 'waiting'; readonly dueMs: number }
  | {
      readonly kind: 'settled';
      readonly order: number;
      readonly outcome: StepOutcome;
      readonly atMs: number;
      readonly measure: StepMeasure;
    }
  /** Its branch was given up: the outcome reaches nobody. */
  | { readonly kind: 'dropped'; readonly atMs: number };

export interface StepRecord {
  readonly n: number;
  readonly kind: StepKind;
  /** The alias, or the author's name of an effect. */
  readonly name: string;
  /** Of the request: at replay the code must ask for the same. */
  readonly hash: string;
  readonly once: boolean;
  readonly attemptsMax: number;
  readonly askedMs: number;
  /** Outcomes that the code had been given when it asked. */
  readonly seen: number;
  /** Counts every try, also those that a crash cut short: the fence. */
  readonly attempt: number;
  readonly attemptMs: number;
  /** Tries that failed for a passing reason. */
  readonly failures: number;
  /** Text that was shown of the present attempt, in UTF-16 units. */
  readonly shownChars: number;
  readonly status: StepStatus;
}

export type RunStatus =
  | { readonly kind: 'active' }
  | { readonly kind: 'completed'; readonly output: Json }
  | { readonly kind: 'failed'; readonly error: StepError }
  | { readonly kind: 'cancelled' }
  /** The budget ended first; `draft` is the author's best output so far. */
  | { readonly kind: 'incomplete'; readonly reason: string; readonly draft: Json };

/** What changes as the run goes on, beside its steps and its log. */
export interface RunProgress {
  readonly status: RunStatus;
  readonly endedMs: number | null;
  readonly spent: Spent;
  readonly settled: number;
  readonly emitted: number;
  readonly tailSeq: number;
  readonly logChars: number;
  readonly valueChars: number;
  readonly draft: Json;
  /** Lives of the object, and how many of them in a row have neither settled a step nor lived as long as a watch. */
  readonly lives: number;
  readonly barrenLives: number;
  readonly watchMs: number;
}

export interface RunState {
  readonly spec: RunSpec;
  readonly progress: RunProgress;
  readonly steps: readonly StepRecord[];
}

/** One entry of the run's log: what followers see, in order. */
export interface LogEntry {
  readonly seq: number;
  readonly type: LogType;
  readonly data: { readonly [key: string]: Json };
}

export const TERMINAL_TYPES = ['run.completed', 'run.failed', 'run.cancelled', 'run.incomplete'] as const;

export type LogType =
  | 'run.started'
  | 'step.started'
  | 'step.progress'
  | 'step.retry'
  | 'step.done'
  | 'text'
  | 'segment'
  | 'event'
  | 'draft'
  | (typeof TERMINAL_TYPES)[number];

export function isTerminal(type: string): boolean {
  return (TERMINAL_TYPES as readonly string[]).includes(type);
}

/** A text of an entry's data; empty where there is none. */
export function textIn(data: LogEntry['data'], key: string): string {
  const value = data[key];
  return typeof value === 'string' ? value : '';
}
