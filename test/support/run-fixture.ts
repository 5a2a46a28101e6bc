// A run host over memory for tests: scripted performers, a clock that stands until a timer is due, and lives that can be ended at any time.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkRun } from '../../src/core/run/check-run.ts';
import type { CompoundFunction } from '../../src/core/run/define-function.ts';
import { hashText } from '../../src/core/run/hash-text.ts';
import { stableText, type Json } from '../../src/core/run/json.ts';
import { makeBudget } from '../../src/core/run/run-budget.ts';
import type { LogEntry, RunSpec, RunState } from '../../src/core/run/run-state.ts';
import { NOTHING_MEASURED } from '../../src/hosts/perform-effect.ts';
import { RunHost } from '../../src/hosts/run-host.ts';
import type { Attempted, RunPorts, StepPerformers } from '../../src/hosts/run-ports.ts';
import { MemoryRunStore } from '../../src/sim/run/memory-run-store.ts';

export const runStartMs = 1_000_000;

/** What a performer gives when all is well. */
export function done(value: Json): Attempted {
  return { end: { ok: true, value }, measure: NOTHING_MEASURED };
}

export function failed(code: string, retryable = false): Attempted {
  return {
    end: { ok: false, error: { code, message: `it failed: ${code}` }, retryable, retryAfterMs: null },
    measure: NOTHING_MEASURED,
  };
}

/** A model's reply as a step keeps it. */
export function said(text: string): Attempted {
  return done({ text, finishReason: 'stop', promptTokens: 1, completionTokens: 1, version: 'm@1' });
}

const silent: StepPerformers = {
  chat: async () => said('hello'),
  embed: async (_attempt, _model, texts) => done(texts.map((text) => [text.length, 1])),
  search: async () => done([]),
  call: async () => done(null),
};

export class RunFixture {
  readonly store = new MemoryRunStore();
  readonly bugs: unknown[] = [];
  readonly crashes: unknown[] = [];
  /** Called runs that were told to end. */
  readonly abandoned: string[] = [];
  readonly fn: CompoundFunction | null;
  nowMs = runStartMs;
  wakeMs: number | null = null;
  host: RunHost;
  #life = 0;
  readonly #perform: StepPerformers;

  constructor(fn: CompoundFunction | null, perform: Partial<StepPerformers> = {}) {
    this.fn = fn;
    this.#perform = { ...silent, ...perform };
    this.host = this.#open();
  }

  /** Begins a run of the function. */
  start(input: Json, change: Partial<RunSpec> = {}): void {
    this.host.create({
      id: 'run_1',
      tenant: 'acme',
      function: this.fn?.name ?? 'gone',
      version: this.fn?.version ?? 1,
      input,
      inputHash: hashText(stableText(input) ?? ''),
      budget: makeBudget(this.fn?.budget ?? {}),
      createdMs: this.nowMs,
      parent: null,
      ...change,
    });
  }

  /** The object dies: what the last life was doing is lost, a new one reads the rows. */
  revive(): void {
    this.host = this.#open();
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  }

  /** Time goes on; the alarm fires when it is due. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (let wakes = 0; this.wakeMs !== null && this.wakeMs <= untilMs && wakes < 1_000; wakes += 1) {
      this.nowMs = Math.max(this.nowMs, this.wakeMs);
      this.wakeMs = null;
      this.host.tick();
      await this.settle();
    }
    this.nowMs = untilMs;
    await this.settle();
  }

  get state(): RunState {
    const { state } = this.host;
    if (state === null) throw new Error('no run');
    return state;
  }

  get log(): readonly LogEntry[] {
    return this.store.log(0, 1_000_000);
  }

  /** Types of the log, in order. */
  get types(): readonly string[] {
    return this.log.map(({ type }) => type);
  }

  check(): readonly string[] {
    return checkRun(this.state, this.log);
  }

  #open(): RunHost {
    this.#life += 1;
    const life = this.#life;
    const isAlive = (): boolean => life === this.#life;
    const store = this.store;
    const ports: RunPorts = {
      store: {
        load: () => store.load(),
        commit: (writes) => isAlive() && store.commit(writes),
        log: (after, max) => store.log(after, max),
        erase: () => store.erase(),
      },
      perform: this.#perform,
      findFunction: (name, version) =>
        this.fn !== null && this.fn.name === name && this.fn.version === version ? this.fn : null,
      now: () => this.nowMs,
      setTimer: (delayMs, run) => {
        // Only pauses between turns and the grouping of text use timers here; long silences are never waited for.
        const timer = delayMs > 100 ? null : setImmediate(() => isAlive() && run());
        return () => timer !== null && clearImmediate(timer);
      },
      setWake: (atMs) => {
        if (isAlive()) this.wakeMs = atMs;
      },
      waitUntil: (work) => void work.catch((cause: unknown) => this.bugs.push(cause)),
      crash: (reason) => this.crashes.push(reason),
      reportBug: (_run, cause) => this.bugs.push(cause),
      onProgress: () => undefined,
      abandonChild: (_tenant, run) => this.abandoned.push(run),
    };
    return new RunHost(ports);
  }
}
