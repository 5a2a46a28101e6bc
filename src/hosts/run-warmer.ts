// Warms what a run is about to need: listens to how far it is, and tells each pool when it is expected there, how likely, and when no more.
// Owns what was told; what is expected is the function graph's, whether to start a replica is each pool's own decision.
import { expectDemand, type Expectation } from '../core/graph/expect-demand.ts';
import { emptyGraph, type FunctionGraph, type RunTrace } from '../core/graph/function-graph.ts';
import type { RunState, StepRecord } from '../core/run/run-state.ts';
import { traceOfRun, visitsOfRun } from '../core/run/visits-of-run.ts';

/** What moved less than this is not told again: a replica's load takes seconds. */
const MOVED_MS = 200;
const MOVED_CHANCE = 0.05;

export interface RunWarmerPorts {
  /** Whether anything is warmed at all; runs are learned from either way. */
  readonly isOn: boolean;
  /** What was learned of the function. */
  graphOf(functionName: string): Promise<FunctionGraph>;
  expect(pool: string, run: string, expectations: readonly Expectation[]): Promise<unknown>;
  learn(trace: RunTrace): Promise<unknown>;
  /** The pool that a step of the run asks; null for one that asks none. */
  poolOf(state: RunState, step: StepRecord): string | null;
  /** The pools that the function declares. */
  declared(state: RunState): readonly string[];
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

export class RunWarmer {
  readonly #ports: RunWarmerPorts;
  readonly #told = new Map<string, Expectation>();
  readonly #coldMs = new Map<number, number>();
  #graph: FunctionGraph | 'asked' | null = null;
  #state: RunState | null = null;
  #isLearned = false;

  constructor(ports: RunWarmerPorts) {
    this.#ports = ports;
  }

  /** The run has gone a step further, or has ended. */
  progress(state: RunState): void {
    this.#state = state;
    if (state.progress.status.kind !== 'active') return this.#end(state);
    if (!this.#ports.isOn) return;
    if (this.#graph === null) {
      this.#graph = 'asked';
      this.#ports.waitUntil(this.#ask(state.spec.function));
    } else this.#tell();
  }

  /** A slot was granted after a wait for a replica: everything that follows is later by that much. */
  waited(n: number, coldMs: number): void {
    if (coldMs <= 0) return;
    this.#coldMs.set(n, coldMs);
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
    const progress = {
      function: state.spec.function,
      startedMs: state.spec.createdMs,
      nowMs: this.#ports.now(),
      visits: visitsOfRun(state, this.#pools(state)),
    };
    const expected = new Map(
      expectDemand(graph, progress, this.#ports.declared(state)).map((each) => [each.pool, each]),
    );
    for (const pool of new Set([...this.#told.keys(), ...expected.keys()])) {
      const [was, is] = [this.#told.get(pool), expected.get(pool)];
      if (hasMoved(was, is)) this.#send(state, pool, is);
    }
  }

  #send(state: RunState, pool: string, expectation: Expectation | undefined): void {
    if (expectation === undefined) this.#told.delete(pool);
    else this.#told.set(pool, expectation);
    const list = expectation === undefined ? [] : [expectation];
    // A pool that does not hear it starts when it is asked, as it would without a warmer.
    this.#ports.waitUntil(this.#ports.expect(pool, state.spec.id, list).catch(() => undefined));
  }

  #end(state: RunState): void {
    for (const pool of this.#told.keys()) this.#send(state, pool, undefined);
    const trace = this.#isLearned ? null : traceOfRun(state, this.#pools(state));
    if (trace === null) return;
    this.#isLearned = true;
    this.#ports.waitUntil(this.#ports.learn(trace).catch(() => undefined));
  }

  #pools(state: RunState) {
    return {
      poolOf: (step: StepRecord) => this.#ports.poolOf(state, step),
      coldMs: (n: number) => this.#coldMs.get(n) ?? 0,
    };
  }
}

function hasMoved(was: Expectation | undefined, is: Expectation | undefined): boolean {
  if (was === undefined || is === undefined) return was !== is;
  const isLater = Math.abs(was.startMs - is.startMs) > MOVED_MS;
  return isLater || Math.abs(was.probability - is.probability) > MOVED_CHANCE;
}
