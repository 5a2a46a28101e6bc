// A run under change: gathers rows and effects of one decision, so that each decision reads as a list of what happens. Mutable inside,
// pure to whoever calls decideRun. Owns the numbering of the log.
import type { Json } from './json.ts';
import type { RunEffect, RunStep, RunWrite } from './run-events.ts';
import {
  LOG_CHARS_MAX,
  LOG_ENTRIES_MAX,
  type LogType,
  type RunProgress,
  type RunState,
  type RunStatus,
  type StepError,
  type StepRecord,
} from './run-state.ts';

export class RunDraft {
  readonly #spec: RunState['spec'];
  readonly #steps: StepRecord[];
  readonly #touched = new Set<number>();
  readonly #log: RunWrite[] = [];
  readonly #effects: RunEffect[] = [];
  #progress: RunProgress;
  #progressIsNew = false;
  readonly nowMs: number;

  constructor(state: RunState, nowMs: number) {
    this.#spec = state.spec;
    this.#steps = [...state.steps];
    this.#progress = state.progress;
    this.nowMs = nowMs;
  }

  get spec(): RunState['spec'] {
    return this.#spec;
  }

  get progress(): RunProgress {
    return this.#progress;
  }

  get steps(): readonly StepRecord[] {
    return this.#steps;
  }

  get isActive(): boolean {
    return this.#progress.status.kind === 'active';
  }

  advance(change: Partial<RunProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#progressIsNew = true;
  }

  putStep(step: StepRecord): void {
    this.#steps[step.n] = step;
    this.#touched.add(step.n);
  }

  want(effect: RunEffect): void {
    this.#effects.push(effect);
  }

  /** Adds an entry to the log. A log that is full ends the run; its own end always finds room. */
  log(type: LogType, data: { readonly [key: string]: Json }, chars = 0): void {
    const { tailSeq, logChars } = this.#progress;
    const seq = tailSeq + 1;
    this.#log.push({ kind: 'log', entry: { seq, type, data } });
    this.advance({ tailSeq: seq, logChars: logChars + chars });
    if (this.isActive && (seq > LOG_ENTRIES_MAX || logChars + chars > LOG_CHARS_MAX)) {
      this.endIncomplete('output_too_large');
    }
  }

  endCompleted(output: Json): void {
    this.#end({ kind: 'completed', output }, 'run.completed', { output });
  }

  endFailed(error: StepError): void {
    this.#end({ kind: 'failed', error }, 'run.failed', { code: error.code, message: error.message });
  }

  endCancelled(): void {
    this.#end({ kind: 'cancelled' }, 'run.cancelled', {});
  }

  endIncomplete(reason: string): void {
    const { draft } = this.#progress;
    this.#end({ kind: 'incomplete', reason, draft }, 'run.incomplete', { reason, draft });
  }

  done(): RunStep {
    const steps = [...this.#touched].toSorted((a, b) => a - b).map((n) => this.#steps[n]);
    const writes: RunWrite[] = [
      ...(this.#progressIsNew ? [{ kind: 'progress' as const, progress: this.#progress }] : []),
      ...steps.flatMap((step) => (step === undefined ? [] : [{ kind: 'step' as const, step }])),
      ...this.#log,
    ];
    const effects: RunEffect[] = this.#log.length > 0 ? [...this.#effects, { kind: 'show' }] : this.#effects;
    return {
      state: { spec: this.#spec, progress: this.#progress, steps: this.#steps },
      writes,
      effects,
    };
  }

  #end(status: RunStatus, type: LogType, data: { readonly [key: string]: Json }): void {
    const open = this.#steps.filter(({ status: each }) => each.kind === 'running' || each.kind === 'waiting');
    for (const step of open) this.putStep({ ...step, status: { kind: 'dropped', atMs: this.nowMs } });
    this.advance({ status, endedMs: this.nowMs });
    this.log(type, data);
    if (open.length > 0) this.want({ kind: 'abort', steps: open.map(({ n }) => n) });
    this.want({ kind: 'ended' });
  }
}
