// The decisions of a run one by one, without a host: what is written, what is wanted, when it wakes.
import { describe, expect, test } from 'vitest';
import { checkRun } from '../../../src/core/run/check-run.ts';
import { decideRun, nextWakeMs } from '../../../src/core/run/decide-run.ts';
import { budgetForChild, makeBudget, withinTime } from '../../../src/core/run/run-budget.ts';
import type { AttemptEnd, RunEvent, StepAsk } from '../../../src/core/run/run-events.ts';
import { RUN_KEPT_MS, type LogEntry, type RunSpec, type RunState } from '../../../src/core/run/run-state.ts';
import { viewRun } from '../../../src/core/run/view-run.ts';
import { traceOfRun, visitsOfRun } from '../../../src/core/run/visits-of-run.ts';

const spec: RunSpec = {
  id: 'run_1',
  tenant: 'acme',
  function: 'f',
  version: 1,
  input: {},
  inputHash: 'x',
  budget: makeBudget({ steps: 2, tokens: 100 }),
  createdMs: 1_000,
  parent: null,
};
const measure = {
  pool: 'p',
  version: 'm@1',
  warmth: 'cold',
  queueMs: 0,
  coldMs: 40,
  tokens: 60,
  micros: 5,
} as const;
const good: AttemptEnd = { ok: true, value: 'v' };
const bad: AttemptEnd = {
  ok: false,
  error: { code: 'c', message: 'm' },
  retryable: true,
  retryAfterMs: null,
};

const ask = (n: number, change: Partial<StepAsk> = {}): RunEvent => ({
  kind: 'ask',
  ask: {
    n,
    kind: 'chat',
    name: 'a',
    hash: 'h',
    once: false,
    attemptsMax: 2,
    seen: 0,
    sleepMs: null,
    ...change,
  },
});
const settle = (n: number, attempt: number, end: AttemptEnd = good): RunEvent => ({
  kind: 'settle',
  n,
  attempt,
  end,
  measure,
});

interface Told {
  readonly state: RunState;
  readonly log: readonly LogEntry[];
  readonly effects: readonly string[];
}

/** All events, one after another, at the times given (1,000 and on where none is). */
function tell(events: readonly RunEvent[], atMs = (at: number): number => 1_000 + at): Told {
  let state: RunState | null = null;
  const log: LogEntry[] = [];
  const effects: string[] = [];
  for (const [at, event] of [{ kind: 'create' as const, spec }, ...events].entries()) {
    const step = decideRun(state, event, atMs(at));
    state = step.state;
    for (const write of step.writes) if (write.kind === 'log') log.push(write.entry);
    effects.push(...step.effects.map(({ kind }) => kind));
    if (state !== null) expect(checkRun(state, log)).toEqual([]);
  }
  if (state === null) throw new Error('no run');
  return { state, log, effects };
}

describe('a step', () => {
  test('is written before it is performed, and its outcome before it is delivered', () => {
    const asked = decideRun(tell([]).state, ask(0), 2_000);
    expect(asked.writes.map(({ kind }) => kind)).toContain('step');
    expect(asked.effects.map(({ kind }) => kind)).toContain('perform');
    const settled = decideRun(asked.state, settle(0, 1), 2_001);
    expect(settled.writes.map(({ kind }) => kind)).toContain('step');
    expect(settled.effects).toContainEqual(expect.objectContaining({ kind: 'deliver', n: 0, order: 1 }));
  });

  test('is tried again after a passing failure, at a time that is written down, until its tries are used up', () => {
    const { state } = tell([ask(0), settle(0, 1, bad)]);
    const [step] = state.steps;
    expect(step?.status.kind).toBe('waiting');
    const dueMs = nextWakeMs(state, 1) ?? 0;
    expect(decideRun(state, { kind: 'tick', asked: 0 }, dueMs).effects).toEqual([]);
    const again = decideRun(state, { kind: 'tick', asked: 1 }, dueMs);
    expect(again.effects).toContainEqual({ kind: 'perform', n: 0, attempt: 2 });
    const failed = decideRun(again.state, settle(0, 2, bad), dueMs + 1);
    expect(failed.state?.steps[0]?.status).toMatchObject({ kind: 'settled', outcome: { ok: false } });
  });

  test('hears nothing from an attempt that is not its newest', () => {
    const { state } = tell([ask(0), { kind: 'revive' }, ask(0)]);
    expect(state.steps[0]?.attempt).toBe(2);
    const late = decideRun(state, settle(0, 1), 2_000);
    expect([late.writes, late.effects]).toEqual([[], []]);
  });

  test('tells what it is busy with while its attempt runs, and neither before nor after', () => {
    const busy = (attempt: number): RunEvent => {
      return { kind: 'progress', n: 0, attempt, progress: { doing: 'load-index', total: 3 } };
    };
    const told = (...events: readonly RunEvent[]): readonly LogEntry[] =>
      tell(events).log.filter(({ type }) => type === 'step.progress');
    expect(told(ask(0), busy(1))).toHaveLength(1);
    expect(told(busy(1))).toEqual([]);
    expect(told(ask(0), busy(2))).toEqual([]);
    expect(told(ask(0), settle(0, 1), busy(1))).toEqual([]);
    expect(told(ask(0), settle(0, 1, bad), busy(1))).toEqual([]);
  });

  test('that was settled is delivered at replay, not performed', () => {
    const { effects } = tell([ask(0), settle(0, 1), { kind: 'revive' }, ask(0)]);
    expect(effects.filter((kind) => kind === 'perform')).toHaveLength(1);
    expect(effects.filter((kind) => kind === 'deliver')).toHaveLength(2);
  });
});

describe('a budget', () => {
  test('of steps or tokens that is used up ends the run before the next step', () => {
    const steps = tell([ask(0), ask(1), ask(2)]).state.progress.status;
    expect(steps).toMatchObject({ kind: 'incomplete', reason: 'budget_steps' });
    const tokens = tell([ask(0), settle(0, 1), ask(1), settle(1, 1)]).state;
    expect(tokens.progress.spent).toEqual({ steps: 2, tokens: 120, micros: 10 });
  });

  test('of a child is never more than what its parent has left', () => {
    const child = budgetForChild(makeBudget({}), spec.budget, { steps: 1, tokens: 99, micros: 0 }, 500);
    expect(child).toMatchObject({ steps: 1, tokens: 1, totalMs: 500, depth: 3 });
  });

  test.each([
    [null, 300_000],
    [1_500.7, 1_500],
    [900_000, 300_000],
    [0.2, 1],
  ])('has no more time than its caller has left: %j ms', (leftMs, totalMs) => {
    expect(withinTime(makeBudget({}), leftMs)).toEqual({ ...makeBudget({}), totalMs });
  });

  test('that is no positive number is as if it were not there, and nothing passes its ceiling', () => {
    expect(makeBudget({ steps: Number.NaN, tokens: -1, totalMs: 1e12 })).toEqual(
      makeBudget({ totalMs: 3_600_000 }),
    );
  });
});

test('a run that has ended stays as it is, and is erased when it has been kept long enough', () => {
  const { state } = tell([ask(0), settle(0, 1), { kind: 'finish', output: { a: 1 }, asked: 1 }]);
  for (const event of [ask(1), settle(0, 1), { kind: 'cancel' }, { kind: 'revive' }] as const) {
    expect(decideRun(state, event, 9_000).writes).toEqual([]);
  }
  const wakeMs = nextWakeMs(state, 1) ?? 0;
  expect(wakeMs - (state.progress.endedMs ?? 0)).toBe(RUN_KEPT_MS);
  expect(decideRun(state, { kind: 'tick', asked: 0 }, wakeMs).effects).toEqual([{ kind: 'erase' }]);
});

test('a second creation with the same id means the same run, or is refused', () => {
  const { state } = tell([]);
  expect(decideRun(state, { kind: 'create', spec }, 2_000).effects).toEqual([]);
  const other = decideRun(state, { kind: 'create', spec: { ...spec, inputHash: 'y' } }, 2_000);
  expect(other.effects).toEqual([{ kind: 'refuse', failure: { kind: 'idempotency-mismatch' } }]);
});

test('a run is seen with what it used, and learned from as visits to pools', () => {
  const { state } = tell([ask(0), settle(0, 1), ask(1), { kind: 'cancel' }]);
  expect(viewRun(state)).toMatchObject({
    status: 'cancelled',
    usage: { steps: 2, tokens: 60, cost_micros: 5 },
  });
  const pools = { poolOf: () => 'p', coldMs: () => 7_000 };
  expect(visitsOfRun(state, pools)).toEqual([
    { pool: 'p', startedMs: 1_001, endedMs: 1_002, coldMs: 40 },
    { pool: 'p', startedMs: 1_003, endedMs: 1_004, coldMs: 1 },
  ]);
  expect(traceOfRun(state, pools)?.endedMs).toBe(1_004);
  expect(traceOfRun(tell([]).state, pools)).toBeNull();
});

test('an input that no row can hold is refused before anything is written', () => {
  const step = decideRun(null, { kind: 'create', spec: { ...spec, input: 'é'.repeat(1_000_000) } }, 1_000);
  expect(step).toMatchObject({
    state: null,
    writes: [],
    effects: [{ kind: 'refuse', failure: { kind: 'too-large' } }],
  });
});
