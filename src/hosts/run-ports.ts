// What the run host needs of the world: rows, a clock, one alarm, and those who perform steps. Durable Objects, tests and simulations
// implement it.
import type { Criticality } from '../core/resilience/criticality.ts';
import type { CompoundFunction, IndexUse } from '../core/run/define-function.ts';
import type { Json } from '../core/run/json.ts';
import type { ChatAsk, SearchAsk } from '../core/run/run-context.ts';
import type { AttemptEnd, RunWrite, StepProgress } from '../core/run/run-events.ts';
import type { RunBudget } from '../core/run/run-budget.ts';
import type { LogEntry, RunState, StepMeasure } from '../core/run/run-state.ts';
import type { SetTimer } from './session-ports.ts';

/** The rows of one run. Everything is synchronous, so that no step can be torn by another event. */
export interface RunStore {
  /** The run as it was last committed; null when it was never created, or has been erased. */
  load(): RunState | null;
  /** Writes all rows in one transaction, or throws and writes none. */
  commit(writes: readonly RunWrite[]): void;
  /** Entries of the log after `afterSeq`, oldest first. */
  log(afterSeq: number, entriesMax: number): readonly LogEntry[];
  /** Everything is gone afterwards. */
  erase(): void;
}

/** One attempt of a step, as those see it who perform it. */
export interface Attempt {
  readonly run: string;
  readonly tenant: string;
  readonly function: string;
  readonly criticality: Criticality;
  readonly n: number;
  readonly attempt: number;
  /** `run/n`: the same for every attempt of the step. */
  readonly key: string;
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Fires when the step or the run has been given up. */
  readonly signal: AbortSignal;
}

export interface Attempted {
  readonly end: AttemptEnd;
  readonly measure: StepMeasure;
}

/** Performs what leaves the object. None of them throws for an expected failure. */
export interface StepPerformers {
  /** `onText` is given for a step whose words are shown; it is awaited for each piece, in order. */
  chat(
    attempt: Attempt,
    model: string,
    ask: ChatAsk,
    onText: ((text: string) => Promise<void>) | null,
  ): Promise<Attempted>;
  embed(attempt: Attempt, model: string, texts: readonly string[]): Promise<Attempted>;
  /** `onProgress` may be called while the search waits for something long. */
  search(
    attempt: Attempt,
    use: IndexUse,
    ask: SearchAsk,
    onProgress: (progress: StepProgress) => void,
  ): Promise<Attempted>;
  call(attempt: Attempt, called: CalledFunction): Promise<Attempted>;
}

export interface CalledFunction {
  readonly fn: CompoundFunction;
  readonly input: Json;
  readonly budget: RunBudget;
}

export interface RunPorts {
  readonly store: RunStore;
  readonly perform: StepPerformers;
  /** The function as this deployment has it in this version; null when it has not. */
  findFunction(name: string, version: number): CompoundFunction | null;
  now(): number;
  setTimer: SetTimer;
  /** The one alarm; null takes it away. */
  setWake(atMs: number | null): void;
  /** Keeps work alive that no request waits for. */
  waitUntil(work: Promise<unknown>): void;
  /** Ends this life of the object: what could not be written must not live on in memory. */
  crash(reason: unknown): void;
  /** Something that the code threw and nobody may see but the operator. */
  reportBug(run: string, cause: unknown): void;
  /** Called after each commit that changed a step or ended the run: who warms what comes next listens here. */
  onProgress(state: RunState): void;
  /** Ends a run that this one has called and waits for no more. */
  abandonChild(tenant: string, run: string): void;
}
