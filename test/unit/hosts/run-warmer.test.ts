// What a run tells the pools that it is about to need: when it begins, while it waits, when it goes another way, when it ends.
import { describe, expect, test } from 'vitest';
import { emptyGraph, learnRun, type RunTrace } from '../../../src/core/graph/function-graph.ts';
import type { Expectation } from '../../../src/core/graph/expect-demand.ts';
import { decideRun } from '../../../src/core/run/decide-run.ts';
import { makeBudget } from '../../../src/core/run/run-budget.ts';
import type { RunEvent } from '../../../src/core/run/run-events.ts';
import type { RunState } from '../../../src/core/run/run-state.ts';
import { RunWarmer } from '../../../src/hosts/run-warmer.ts';

const measure = {
  pool: 'a',
  version: 'm@1',
  warmth: 'hot',
  queueMs: 0,
  coldMs: 0,
  tokens: 0,
  micros: 0,
} as const;

/** Runs of a function that asks pool a for a second, then pool b for a second. */
function learnedGraph() {
  let graph = emptyGraph();
  for (let run = 0; run < 20; run += 1) {
    const visits = [
      { pool: 'a', startedMs: 0, endedMs: 1_000, coldMs: 0 },
      { pool: 'b', startedMs: 1_000, endedMs: 2_000, coldMs: 0 },
    ];
    graph = learnRun(graph, { function: 'f', startedMs: 0, endedMs: 2_000, visits }, run);
  }
  return graph;
}

class Rig {
  readonly told: { readonly pool: string; readonly list: readonly Expectation[] }[] = [];
  readonly learned: RunTrace[] = [];
  nowMs = 10_000;
  /** What pool a says that a request would wait. */
  waitAtMs = 0;
  state: RunState | null = null;
  #timer: (() => void) | null = null;
  readonly warmer = new RunWarmer({
    isOn: true,
    graphOf: async () => learnedGraph(),
    expect: async (pool, _run, list) => void this.told.push({ pool, list }),
    learn: async (trace) => void this.learned.push(trace),
    waitAt: async (pool) => (pool === 'a' ? this.waitAtMs : 0),
    poolOf: (_state, step) => step.name,
    declared: () => ['a', 'b'],
    now: () => this.nowMs,
    setTimer: (_delayMs, run) => {
      this.#timer = run;
      return () => (this.#timer = null);
    },
    waitUntil: (work) => void work,
  });

  async tell(event: RunEvent): Promise<void> {
    this.state = decideRun(this.state, event, this.nowMs).state;
    if (this.state !== null) this.warmer.progress(this.state);
    for (let turns = 0; turns < 6; turns += 1) await Promise.resolve();
  }

  async begin(): Promise<void> {
    const budget = makeBudget({});
    const spec = {
      id: 'run_1',
      tenant: 't',
      function: 'f',
      version: 1,
      input: {},
      inputHash: '',
      budget,
      createdMs: this.nowMs,
      parent: null,
    };
    await this.tell({ kind: 'create', spec });
  }

  async ask(n: number, pool: string): Promise<void> {
    const ask = {
      n,
      kind: 'chat',
      name: pool,
      hash: '',
      once: false,
      attemptsMax: 3,
      seen: n,
      sleepMs: null,
    } as const;
    await this.tell({ kind: 'ask', ask });
  }

  /** A second passes, and what waits for it happens. */
  second(): void {
    this.nowMs += 1_000;
    this.#timer?.();
  }

  last(pool: string): Expectation | undefined {
    return this.told.findLast((each) => each.pool === pool)?.list[0];
  }
}

describe('a run on its way', () => {
  test('tells the pool of its second step, once it has begun, when it will be there', async () => {
    const rig = new Rig();
    await rig.begin();
    await rig.ask(0, 'a');
    const expectation = rig.last('b');
    expect(expectation?.probability).toBeGreaterThan(0.9);
    expect((expectation?.startMs ?? 0) - rig.nowMs).toBeGreaterThan(500);
    expect((expectation?.startMs ?? 0) - rig.nowMs).toBeLessThan(1_500);
  });

  test('that waits for a cold start tells it again, later by the wait, before what it told is void', async () => {
    const rig = new Rig();
    await rig.begin();
    await rig.ask(0, 'a');
    for (let waited = 0; waited < 20; waited += 1) {
      const before = rig.last('b');
      rig.second();
      expect(before?.untilMs ?? 0).toBeGreaterThan(rig.nowMs - 1_000);
      expect(rig.last('b')?.startMs ?? 0).toBeGreaterThan(rig.nowMs + 500);
    }
    rig.warmer.granted(0, 20_000);
    expect(rig.last('b')?.startMs ?? 0).toBeGreaterThan(rig.nowMs + 500);
    const told = rig.told.length;
    rig.second();
    expect(rig.told).toHaveLength(told);
  });

  test('counts what its pool says that it will wait, and is not told again for as long as that comes true', async () => {
    const rig = new Rig();
    rig.waitAtMs = 6_000;
    await rig.begin();
    await rig.ask(0, 'a');
    const startMs = rig.last('b')?.startMs ?? 0;
    expect(startMs - rig.nowMs).toBeGreaterThan(6_500);
    expect(startMs - rig.nowMs).toBeLessThan(7_500);
    for (let waited = 0; waited < 5; waited += 1) rig.second();
    expect(rig.last('b')?.startMs).toBe(startMs);
  });

  test('does not take back what it told a pool before that pool has given it its slot', async () => {
    const rig = new Rig();
    await rig.begin();
    await rig.ask(0, 'a');
    rig.warmer.granted(0, 0);
    await rig.tell({ kind: 'settle', n: 0, attempt: 1, end: { ok: true, value: 1 }, measure });
    await rig.ask(1, 'b');
    expect(rig.last('b')).toBeDefined();
    rig.warmer.granted(1, 0);
    expect(rig.last('b')).toBeUndefined();
  });

  test('takes back what it told when it ends, and is learned from once', async () => {
    const rig = new Rig();
    await rig.begin();
    await rig.ask(0, 'a');
    rig.warmer.granted(0, 0);
    await rig.tell({ kind: 'settle', n: 0, attempt: 1, end: { ok: true, value: 1 }, measure });
    await rig.tell({ kind: 'finish', output: 1, asked: 1 });
    await rig.tell({ kind: 'tick', asked: 1 });
    expect(rig.last('b')).toBeUndefined();
    expect(rig.told.at(-1)?.list).toEqual([]);
    expect(rig.learned).toHaveLength(1);
    expect(rig.learned[0]?.visits.map(({ pool }) => pool)).toEqual(['a']);
  });
});
