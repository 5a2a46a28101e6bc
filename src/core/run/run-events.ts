// What a run hears, what it writes, and what it wants done. Types only.
import type { Failure } from '../api/failure.ts';
import type { Json } from './json.ts';
import type {
  LogEntry,
  RunProgress,
  RunSpec,
  RunState,
  StepError,
  StepKind,
  StepMeasure,
  StepOutcome,
  StepRecord,
} from './run-state.ts';

/** One step as the code asks for it. */
export interface StepAsk {
  readonly n: number;
  readonly kind: StepKind;
  readonly name: string;
  readonly hash: string;
  readonly once: boolean;
  readonly attemptsMax: number;
  /** Outcomes given to the code so far in this life. */
  readonly seen: number;
  /** Of a sleep. */
  readonly sleepMs: number | null;
}

export interface AttemptRef {
  readonly n: number;
  readonly attempt: number;
}

/** How one attempt ended. `retryable` says that the same request may fare better later. */
export type AttemptEnd =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      readonly error: StepError;
      readonly retryable: boolean;
      readonly retryAfterMs: number | null;
    };

/** What a step is busy with that takes long, for whoever follows. Nothing depends on it: the next attempt may tell it again. */
export interface StepProgress {
  /** The documents that a function brings along are embedded, the first time and when they have changed. */
  readonly doing: 'load-index';
  /** Documents. */
  readonly total: number;
}

export type Emission =
  | { readonly kind: 'event'; readonly type: string; readonly data: Json }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'draft'; readonly output: Json };

export type RunEvent =
  | { readonly kind: 'create'; readonly spec: RunSpec }
  /** A new life of the object has read the journal. */
  | { readonly kind: 'revive' }
  | { readonly kind: 'ask'; readonly ask: StepAsk }
  | ({ readonly kind: 'text'; readonly text: string } & AttemptRef)
  | ({ readonly kind: 'progress'; readonly progress: StepProgress } & AttemptRef)
  | ({ readonly kind: 'settle'; readonly end: AttemptEnd; readonly measure: StepMeasure } & AttemptRef)
  | { readonly kind: 'drop'; readonly steps: readonly number[] }
  | { readonly kind: 'emit'; readonly k: number; readonly emission: Emission }
  | { readonly kind: 'finish'; readonly output: Json; readonly asked: number }
  | { readonly kind: 'throw'; readonly error: StepError }
  /** Code and journal do not tell the same story. */
  | { readonly kind: 'disagree'; readonly message: string }
  | { readonly kind: 'cancel' }
  /** `asked`: steps that the code of this life has asked for; the others wait until it does. */
  | { readonly kind: 'tick'; readonly asked: number };

export type RunWrite =
  | { readonly kind: 'spec'; readonly spec: RunSpec }
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'step'; readonly step: StepRecord }
  | { readonly kind: 'log'; readonly entry: LogEntry };

export type RunEffect =
  /** Runs the code from its beginning, over the journal. */
  | { readonly kind: 'execute' }
  | ({ readonly kind: 'perform' } & AttemptRef)
  /** The outcome is in the journal: it may reach the code when its turn has come. */
  | {
      readonly kind: 'deliver';
      readonly n: number;
      readonly order: number;
      readonly outcome: StepOutcome;
      readonly atMs: number;
    }
  /** Attempts to end, whatever they are doing. */
  | { readonly kind: 'abort'; readonly steps: readonly number[] }
  /** The log has grown. */
  | { readonly kind: 'show' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'erase' }
  | { readonly kind: 'refuse'; readonly failure: Failure };

export interface RunStep {
  readonly state: RunState | null;
  readonly writes: readonly RunWrite[];
  readonly effects: readonly RunEffect[];
}
