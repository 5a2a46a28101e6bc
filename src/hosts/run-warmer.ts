// Warms what a run is about to need: listens to how far it is, and tells each pool when it is expected there, how likely, and when no more.
// Owns what was told; what is expected is the function graph's, whether to start a replica is each pool's own decision.
import { expectDemand, type Expectation } from '../core/graph/expect-demand.ts';
import { emptyGraph, type FunctionGraph, type RunTrace } from '../core/graph/function-graph.ts';
import type { RunState, StepRecord } from '../core/run/run-state.ts';
import { traceOfRun, visitsOfRun } from '../core/run/visits-of-run.ts';
import type { SetTimer } from './session-ports.ts';

/** What moved less than this is not told again: a replica's load takes seconds. */
const MOVED_MS = 200;
const MOVED_CHANCE = 0.05;

/** While a step waits for its slot, everything behind it is later by as much: told again this often, before what was told is void. */
const WAITING_MS = 1_000;

export interface RunWarmerPorts {
  /** Whether anything is warmed at all; runs are learned from either way. */
  readonly isOn: boolean;
  /** What was learned of the function. */
  graphOf(functionName: string): Promise<FunctionGraph>;
  expect(pool: string, run: string, expectations: readonly Expectation[]): Promise<unknown>;
  learn(trace: RunTrace): Promise<unknown>;
  /** How long the pool would let a request wait that came now; 0 where nobody knows. */
  waitAt(pool: string): Promise<number>;
  /** The pool that a step of the run asks; null for one that asks none. */
  poolOf(state: RunState, step: StepRecord): string | null;
  /** The pools that the function declares. */
  declared(state: RunState): readonly string[];
  now(): number;
  setTimer: SetTimer;
  waitUntil(work: Promise<unknown>): void;
}

export class RunWarmer {
  readonly #ports: RunWarmerPorts;
  readonly #told = new Map<string, Expectation>();
  /** Steps that have their slot, and how long they waited for it because nothing was hot. */
  readonly #granted = new Map<number, number>();
  /** When a pool that a step waits for will have a slot, as it said when the step asked; null = it is being asked. */
  readonly #dueMs = new Map<string, number | null>();
  #cancelTimer: (() => void) | null = null;
  #graph: FunctionGraph | 'asked' | null = null;
  #state: RunState | null = null;
  #isLearned = false;

  constructor(ports: RunWarmerPorts) {
    this.#ports = ports;
  }

  /** The run has gone a step further, or has ended. */
  progress(state: RunState): void {
    if (this.#state === null && this.#ports.isOn) this.#recall(state);
    this.#state = state;
    if (state.progress.status.kind !== 'active') return this.#end(state);
    if (!this.#ports.isOn) return;
    if (this.#graph === null) {
      this.#graph = 'asked';
      this.#ports.waitUntil(this.#ask(state.spec.function));
    } else this.#tell();
  }

  /** What a life that has died told is not known any more: each pool that it may have told hears anew, or hears that nothing comes. */
  #recall(state: RunState): void {
    if (state.progress.lives === 1) return;
    for (const pool of this.#ports.declared(state))
      this.#told.set(pool, { pool, probability: 0, startMs: 0, untilMs: 0 });
  }

  /** A step has its slot: its pool need not expect it any more, and what follows is later by the time that it waited for a replica. */
  granted(n: number, coldMs: number): void {
    this.#granted.set(n, coldMs);
    if (this.#ports.isOn) this.#tell();
  }

  async #ask(functionName: string): Promise<void> {
    try {
      this.#graph = await this.#ports.graphOf(functionName);
    } catch {
      // Nothing is known then but what the function declares.
      this.#graph = emptyGraph();
    }
    this.#tell();
  }

  #tell(): void {
    const [state, graph] = [this.#state, this.#graph];
    if (state === null || graph === null || graph === 'asked' || state.progress.status.kind !== 'active')
      return;
    const waitedFor = this.#poolsWaitedFor(state);
    if (this.#askWaits(waitedFor)) return;
    const progress = {
      waitMs: this.#waitMs(waitedFor),
      function: state.spec.function,
      startedMs: state.spec.createdMs,
      nowMs: this.#ports.now(),
      visits: visitsOfRun(state, this.#pools(state)),
    };
    const expected = new Map(
      expectDemand(graph, progress, this.#ports.declared(state)).map((each) => [each.pool, each]),
    );
    for (const pool of new Set([...this.#told.keys(), ...expected.keys()])) {
      // The need that the pool was told of is on its way to it: taken back now, its replica would be put away a moment before it is asked.
      if (waitedFor.has(pool)) continue;
      const [was, is] = [this.#told.get(pool), expected.get(pool)];
      if (hasMoved(was, is)) this.#send(state, pool, is);
    }
    this.#tellAgainWhileWaiting(state);
  }

  /** Asks pools that a step has begun to wait for; true while an answer is on its way, after which everything is told at once. */
  #askWaits(waitedFor: ReadonlySet<string>): boolean {
    for (const pool of this.#dueMs.keys()) if (!waitedFor.has(pool)) this.#dueMs.delete(pool);
    for (const pool of waitedFor) {
      if (this.#dueMs.has(pool)) continue;
      this.#dueMs.set(pool, null);
      this.#ports.waitUntil(this.#askWait(pool));
    }
    return [...this.#dueMs.values()].includes(null);
  }

  async #askWait(pool: string): Promise<void> {
    const waitMs = await this.#ports.waitAt(pool).catch(() => 0);
    if (this.#dueMs.get(pool) !== null) return;
    this.#dueMs.set(pool, this.#ports.now() + waitMs);
    this.#tell();
  }

  /** Steps that wait side by side wait together. */
  #waitMs(waitedFor: ReadonlySet<string>): number {
    const dues = [...waitedFor].map((pool) => this.#dueMs.get(pool) ?? 0);
    return Math.max(0, ...dues.map((dueMs) => dueMs - this.#ports.now()));
  }

  #tellAgainWhileWaiting(state: RunState): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const isWaiting = this.#poolsWaitedFor(state).size > 0;
    if (isWaiting && this.#told.size > 0)
      this.#cancelTimer = this.#ports.setTimer(WAITING_MS, () => this.#tell());
  }

  /** Pools that a step has asked and that have not given it a slot yet. */
  #poolsWaitedFor(state: RunState): ReadonlySet<string> {
    const waiting = state.steps.filter(({ n, status }) => status.kind === 'running' && !this.#granted.has(n));
    return new Set(waiting.map((step) => this.#ports.poolOf(state, step)).filter((pool) => pool !== null));
  }

  #send(state: RunState, pool: string, expectation: Expectation | undefined): void {
    if (expectation === undefined) this.#told.delete(pool);
    else this.#told.set(pool, expectation);
    const list = expectation === undefined ? [] : [expectation];
    // A pool that does not hear it starts when it is asked, as it would without a warmer.
    this.#ports.waitUntil(this.#ports.expect(pool, state.spec.id, list).catch(() => undefined));
  }

  #end(state: RunState): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const pool of this.#told.keys()) this.#send(state, pool, undefined);
    const trace = this.#isLearned ? null : traceOfRun(state, this.#pools(state));
    if (trace === null) return;
    this.#isLearned = true;
    this.#ports.waitUntil(this.#ports.learn(trace).catch(() => undefined));
  }

  #pools(state: RunState) {
    return {
      poolOf: (step: StepRecord) => this.#ports.poolOf(state, step),
      // Without a slot so far, it waits; a hot pool grants one within milliseconds.
      coldMs: (step: StepRecord) =>
        this.#granted.get(step.n) ?? Math.max(0, this.#ports.now() - step.askedMs),
    };
  }
}

function hasMoved(was: Expectation | undefined, is: Expectation | undefined): boolean {
  if (was === undefined || is === undefined) return was !== is;
  const isLater = Math.abs(was.startMs - is.startMs) > MOVED_MS;
  return isLater || Math.abs(was.probability - is.probability) > MOVED_CHANCE;
}
