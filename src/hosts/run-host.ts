// The loop of one run: feeds events into decide-run, commits rows, then carries out effects, and runs the function's code over the journal.
// Owns the order "decide, commit, then do"; decides nothing itself. Memory is a cache: the state here is what the rows say.
import type { Failure } from '../core/api/failure.ts';
import { must } from '../core/base/assert.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import type { CompoundFunction } from '../core/run/define-function.ts';
import { deadlineMs, decideRun, nextWakeMs } from '../core/run/decide-run.ts';
import { compactWrites } from '../core/run/compact-writes.ts';
import { budgetForChild, makeBudget } from '../core/run/run-budget.ts';
import { FunctionError } from '../core/run/run-context.ts';
import type { AttemptRef, RunEffect, RunEvent, RunWrite } from '../core/run/run-events.ts';
import type { LogEntry, RunSpec, RunState, StepError } from '../core/run/run-state.ts';
import { GivenUp, never, RunCode, StepFailure } from './run-code.ts';
import { makeContext } from './run-context-maker.ts';
import { NOTHING_MEASURED } from './perform-effect.ts';
import type { Attempted, RunPorts } from './run-ports.ts';
import { TextGroup } from './text-group.ts';

interface LiveAttempt {
  readonly attempt: number;
  readonly abort: AbortController;
  readonly text: TextGroup;
}

export class RunHost {
  readonly #ports: RunPorts;
  #state: RunState | null;
  #code: RunCode | null = null;
  readonly #attempts = new Map<number, LiveAttempt>();
  #queue: RunEvent[] = [];
  #watchers: (() => void)[] = [];
  #armed: { readonly atMs: number | null } | null = null;

  /** A new life: a run that is active goes on from its journal. */
  constructor(ports: RunPorts) {
    this.#ports = ports;
    this.#state = ports.store.load();
    if (this.#state !== null) this.#apply([{ kind: 'revive' }]);
  }

  get state(): RunState | null {
    return this.#state;
  }

  /** Begins the run; a second call with the same id changes nothing, or is refused when it means another run. */
  create(spec: RunSpec): Result<RunState, Failure> {
    const effects = this.#apply([{ kind: 'create', spec }]);
    for (const effect of effects) if (effect.kind === 'refuse') return err(effect.failure);
    return ok(must(this.#state, 'a run that was just created'));
  }

  cancel(): void {
    this.#apply([{ kind: 'cancel' }]);
  }

  tick(): void {
    this.#armed = null;
    this.#apply([{ kind: 'tick', asked: this.#code?.asked ?? 0 }]);
  }

  /** Durable entries of the log: what is not committed cannot be read. */
  log(afterSeq: number, entriesMax: number): readonly LogEntry[] {
    return this.#state === null ? [] : this.#ports.store.log(afterSeq, entriesMax);
  }

  /** Resolves at the next change of the log. Ask before reading, wait after: then nothing is missed. */
  changed(): Promise<void> {
    if (this.#state !== null && this.#state.progress.status.kind !== 'active') return never();
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** One commit for all events, in order. A commit that throws leaves everything as it was. */
  #apply(events: readonly RunEvent[]): readonly RunEffect[] {
    const nowMs = this.#ports.now();
    let state = this.#state;
    const writes: RunWrite[] = [];
    const effects: RunEffect[] = [];
    for (const event of events) {
      const step = decideRun(state, event, nowMs);
      state = step.state;
      writes.push(...step.writes);
      effects.push(...step.effects);
    }
    if (writes.length > 0) this.#ports.store.commit(compactWrites(writes));
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#arm();
    if (state !== null && writes.some(({ kind }) => kind !== 'log')) this.#tellProgress(state);
    return effects;
  }

  /** Who listens helps the run along; what goes wrong there is no matter of the run. */
  #tellProgress(state: RunState): void {
    try {
      this.#ports.onProgress(state);
    } catch (cause) {
      this.#ports.reportBug(state.spec.id, cause);
    }
  }

  #arm(): void {
    const wakeMs = nextWakeMs(this.#state, this.#code?.asked ?? 0);
    if (this.#armed?.atMs === wakeMs) return;
    this.#ports.setWake(wakeMs);
    this.#armed = { atMs: wakeMs };
  }

  #carryOut(effect: RunEffect): void {
    switch (effect.kind) {
      case 'execute':
        return this.#execute();
      case 'perform':
        return this.#perform(effect);
      case 'deliver':
        return this.#code?.receive(effect.order, effect);
      case 'abort':
        for (const n of effect.steps) this.#abandon(n);
        return;
      case 'show':
        return this.#wakeWatchers();
      case 'ended':
        this.#code?.stop();
        this.#code = null;
        return;
      case 'erase':
        this.#ports.store.erase();
        this.#state = null;
        return;
      case 'refuse':
        return;
      default:
        return effect satisfies never;
    }
  }

  #wakeWatchers(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }

  /** Takes an event of the code; all of one turn of the code are committed together. */
  #tell(event: RunEvent): void {
    this.#queue.push(event);
    if (this.#queue.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const events = this.#queue;
    this.#queue = [];
    this.#applyOrCrash(events);
  }

  #execute(): void {
    const { spec } = must(this.#state, 'the run to execute');
    const fn = this.#ports.findFunction(spec.function, spec.version);
    if (fn === null) {
      const message = `The run began on ${spec.function} version ${spec.version}, which this deployment does not have any more.`;
      // Told after this step is done: a step cannot be taken inside another.
      return queueMicrotask(() =>
        this.#applyOrCrash([{ kind: 'throw', error: { code: 'code_version_gone', message } }]),
      );
    }
    const code = new RunCode(
      {
        tell: (event) => this.#tell(event),
        setTimer: this.#ports.setTimer,
        settled: () => this.#state?.progress.settled ?? 0,
        stepOfOrder: (order) => this.#stepOfOrder(order),
      },
      spec.createdMs,
    );
    this.#code = code;
    // Nothing is kept alive for code that only waits: a run that sleeps may be put away, and its alarm brings it back.
    code.begin(() => void this.#run(fn, code, spec));
  }

  async #run(fn: CompoundFunction, code: RunCode, spec: RunSpec): Promise<void> {
    const end = await this.#settleCode(fn, code, spec);
    if (end !== null && this.#code === code) this.#tell(end);
  }

  async #settleCode(fn: CompoundFunction, code: RunCode, spec: RunSpec): Promise<RunEvent | null> {
    try {
      const input = fn.input.parse(spec.input);
      const output = await fn.run(this.#contextOf(fn, code, spec), input);
      const checked = fn.output.safeParse(output);
      if (checked.success) return { kind: 'finish', output: checked.data as never, asked: code.asked };
      const where = checked.error.issues[0];
      const message = `The output of the function does not fit its schema: ${where?.path.join('.') ?? ''} ${where?.message ?? ''}`;
      return { kind: 'throw', error: { code: 'invalid_output', message } };
    } catch (cause) {
      // A run that has ended throws this into its code, and has nothing more to hear of it.
      const isOver = cause instanceof GivenUp && this.#code !== code;
      return isOver ? null : { kind: 'throw', error: this.#errorOf(cause, spec) };
    }
  }

  /** What the caller may be told of what the code threw. */
  #errorOf(cause: unknown, spec: RunSpec): StepError {
    if (cause instanceof FunctionError) return { code: cause.code, message: cause.message };
    if (cause instanceof StepFailure) {
      return { code: cause.code, message: `Step ${cause.step} (${cause.label}) failed: ${cause.message}` };
    }
    this.#ports.reportBug(spec.id, cause);
    return { code: 'function_error', message: 'The code of the function threw an error.' };
  }

  #contextOf(fn: CompoundFunction, code: RunCode, spec: RunSpec) {
    const endMs = deadlineMs(spec);
    return makeContext({
      spec,
      fn,
      code,
      deadlineMs: endMs,
      performers: this.#ports.perform,
      childBudget: (own) =>
        budgetForChild(
          makeBudget(own),
          spec.budget,
          must(this.#state, 'a run').progress.spent,
          endMs - this.#ports.now(),
        ),
      showText: async (n, attempt, text) => {
        const live = this.#attempts.get(n);
        if (live?.attempt === attempt) live.text.add(text);
      },
      showProgress: ({ n, attempt }, progress) => this.#tell({ kind: 'progress', n, attempt, progress }),
    });
  }

  #perform({ n, attempt }: AttemptRef): void {
    const perform = this.#code?.performer(n) ?? null;
    const { spec, steps } = must(this.#state, 'the run of a step');
    const step = steps[n];
    // What came later in the same commit may have ended the step already.
    if (perform === null || step?.status.kind !== 'running' || step.attempt !== attempt) return;
    this.#endAttempt(n);
    const abort = new AbortController();
    const commit = (text: string): void => this.#applyOrCrash([{ kind: 'text', n, attempt, text }]);
    const live: LiveAttempt = { attempt, abort, text: new TextGroup(commit, this.#ports.setTimer) };
    this.#attempts.set(n, live);
    const asked = {
      run: spec.id,
      tenant: spec.tenant,
      function: spec.function,
      criticality: spec.criticality ?? ('default' as const),
      n,
      attempt,
      key: `${spec.id}/${n}`,
      startedMs: this.#ports.now(),
      deadlineMs: deadlineMs(spec),
      signal: abort.signal,
    };
    const work = perform(asked).catch((cause: unknown): Attempted => {
      this.#ports.reportBug(spec.id, cause);
      const error = { code: 'internal_error', message: 'Something went wrong on our side.' };
      return { end: { ok: false, error, retryable: false, retryAfterMs: null }, measure: NOTHING_MEASURED };
    });
    this.#ports.waitUntil(work.then((attempted) => this.#settle({ n, attempt }, live, attempted)));
  }

  #settle(ref: AttemptRef, live: LiveAttempt, { end, measure }: Attempted): void {
    if (this.#attempts.get(ref.n) !== live) return;
    if (end.ok) live.text.flush();
    live.text.discard();
    this.#attempts.delete(ref.n);
    this.#applyOrCrash([{ kind: 'settle', ...ref, end, measure }]);
  }

  /** A called function that an earlier life has begun has no attempt here to abort: it is told itself. */
  #abandon(n: number): void {
    const { spec, steps } = must(this.#state, 'the run of a step');
    const isCalled = steps[n]?.kind === 'call' && !this.#attempts.has(n);
    if (isCalled) this.#ports.abandonChild(spec.tenant, `${spec.id}.${n}`);
    this.#endAttempt(n);
  }

  #endAttempt(n: number): void {
    const live = this.#attempts.get(n);
    if (live === undefined) return;
    this.#attempts.delete(n);
    live.text.discard();
    live.abort.abort();
  }

  #stepOfOrder(order: number): number | null {
    const found = this.#state?.steps.find(
      ({ status }) => status.kind === 'settled' && status.order === order,
    );
    return found?.n ?? null;
  }

  #applyOrCrash(events: readonly RunEvent[]): void {
    try {
      this.#apply(events);
    } catch (reason) {
      this.#ports.crash(reason);
    }
  }
}
