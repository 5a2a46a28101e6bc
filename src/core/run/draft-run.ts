// A run under change: gathers rows and effects of one decision, so that each decision reads as a list of what happens. Mutable inside,
// pure to whoever calls decideRun. Owns the numbering of the log, and that nothing follows its end: whatever a decision still says
// after the run has ended in the middle of it (a full log, say) is not heard.
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
  #effects: RunEffect[] = [];
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
    if (this.isActive) this.#advance(change);
  }

  putStep(step: StepRecord): void {
    if (this.isActive) this.#putStep(step);
  }

  want(effect: RunEffect): void {
    if (this.isActive || effect.kind === 'erase') this.#effects.push(effect);
  }

  /** Adds an entry to the log. A log that is full ends the run; its own end always finds room. */
  log(type: LogType, data: { readonly [key: string]: Json }, chars = 0): void {
    if (!this.isActive) return;
    this.#append(type, data, chars);
    const { tailSeq, logChars } = this.#progress;
    if (tailSeq > LOG_ENTRIES_MAX || logChars > LOG_CHARS_MAX) this.endIncomplete('output_too_large');
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

  #advance(change: Partial<RunProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#progressIsNew = true;
  }

  #putStep(step: StepRecord): void {
    this.#steps[step.n] = step;
    this.#touched.add(step.n);
  }

  #append(type: LogType, data: { readonly [key: string]: Json }, chars: number): void {
    const { tailSeq, logChars } = this.#progress;
    const seq = tailSeq + 1;
    this.#log.push({ kind: 'log', entry: { seq, type, data } });
    this.#advance({ tailSeq: seq, logChars: logChars + chars });
  }

  #end(status: RunStatus, type: LogType, data: { readonly [key: string]: Json }): void {
    if (!this.isActive) return;
    const open = this.#steps.filter(({ status: each }) => each.kind === 'running' || each.kind === 'waiting');
    for (const step of open) this.#putStep({ ...step, status: { kind: 'dropped', atMs: this.nowMs } });
    // The draft is in the status now, where it is one: a row holds one of them, not two.
    this.#advance({ status, endedMs: this.nowMs, draft: null });
    this.#append(type, data, 0);
    this.#effects = this.#effects.filter(({ kind }) => kind !== 'perform' && kind !== 'deliver');
    if (open.length > 0) this.#effects.push({ kind: 'abort', steps: open.map(({ n }) => n) });
    this.#effects.push({ kind: 'ended' });
  }
}
