import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTrace } from '../../../src/core/run-trace/make-trace.ts';
import type { RunTrace } from '../../../src/core/run-trace/run-trace.ts';
import type { RunTiming, StepTiming } from '../../../src/core/run-trace/run-timing.ts';
import { anyTiming, aStep, play, somePlan, startMs, type Plan } from './planned-runs.ts';

const criticalSteps = (trace: RunTrace): readonly number[] =>
  trace.path.flatMap((entry) => (entry.kind === 'step' ? [entry.step.timing.n] : []));

const lengthOf = ({ startedMs, endedMs }: RunTiming): number => (endedMs ?? startedMs) - startedMs;

const change = (plan: Plan, n: number, patch: Partial<Plan['steps'][number]>): Plan => ({
  ...plan,
  steps: plan.steps.map((step, at) => (at === n ? { ...step, ...patch } : step)),
});

/** T1 to T3 of run-trace.ts. */
function checkLaws(trace: RunTrace): void {
  for (const { startMs: stepMs, durationMs, parts } of trace.steps) {
    let cursorMs = stepMs;
    for (const part of parts) {
      expect(part.startMs).toBe(cursorMs);
      expect(part.durationMs).toBeGreaterThan(0);
      cursorMs += part.durationMs;
    }
    expect(cursorMs).toBe(stepMs + durationMs);
  }
  let cursorMs = trace.startMs;
  for (const entry of trace.path) {
    const span = entry.kind === 'step' ? entry.step : entry;
    expect(span.startMs).toBe(cursorMs);
    cursorMs += span.durationMs;
  }
  expect(cursorMs).toBe(trace.startMs + trace.durationMs);
  const { queueMs, coldMs, computeMs, codeMs, endToEndMs, criticalPathMs, overheadMs } = trace.totals;
  expect(queueMs + coldMs + computeMs + codeMs).toBe(endToEndMs);
  expect(criticalPathMs + overheadMs).toBe(endToEndMs);
  expect(endToEndMs).toBe(trace.durationMs);
}

describe('the parts add up', () => {
  test('for every run: parts to their step, the critical path to the run, the totals to end-to-end', () => {
    fc.assert(fc.property(somePlan, (plan) => checkLaws(makeTrace(play(plan)))));
  });

  test('whatever the journal claims: clocks that stepped back, waits longer than the step, causes that do not exist', () => {
    fc.assert(
      fc.property(anyTiming, (timing) => checkLaws(makeTrace(timing))),
      { numRuns: 500 },
    );
  });

  test('every part of a well-kept journal is found again', () => {
    fc.assert(
      fc.property(somePlan, (plan) => {
        for (const { timing, parts } of makeTrace(play(plan)).steps) {
          const planned = plan.steps[timing.n];
          if (planned === undefined || planned.isLoser) continue;
          const found = Object.fromEntries(parts.map(({ kind, durationMs }) => [kind, durationMs]));
          const { retryMs, routeMs, queueMs, coldMs, computeMs } = planned;
          expect({ retry: 0, route: 0, queue: 0, cold: 0, compute: 0, ...found }).toEqual({
            retry: retryMs,
            route: routeMs,
            queue: queueMs,
            cold: coldMs,
            compute: computeMs,
          });
        }
      }),
    );
  });
});

describe('the critical path', () => {
  test('making every other step take no time does not end the run sooner', () => {
    fc.assert(
      fc.property(somePlan, (plan) => {
        const timing = play(plan);
        const path = new Set(criticalSteps(makeTrace(timing)));
        const faster = plan.steps.map((step, n) =>
          path.has(n) ? step : { ...step, retryMs: 0, routeMs: 0, queueMs: 0, coldMs: 0, computeMs: 0 },
        );
        expect(lengthOf(play({ ...plan, steps: faster }))).toBe(lengthOf(timing));
      }),
    );
  });

  test('making any step of it slower ends the run exactly that much later', () => {
    fc.assert(
      fc.property(somePlan, fc.nat(11), fc.integer({ min: 1, max: 10_000 }), (plan, pick, slowerMs) => {
        const timing = play(plan);
        const path = criticalSteps(makeTrace(timing));
        const n = path[pick % path.length];
        if (n === undefined) return;
        const slower = change(plan, n, { computeMs: (plan.steps[n]?.computeMs ?? 0) + slowerMs });
        expect(lengthOf(play(slower))).toBe(lengthOf(timing) + slowerMs);
      }),
    );
  });

  test('of parallel branches the slowest is on it, and a join waits for that one', () => {
    const steps = [
      { ...aStep, computeMs: 300 },
      { ...aStep, computeMs: 900 },
      { ...aStep, computeMs: 200 },
      { ...aStep, needs: [0, 1, 2] },
    ];
    expect(criticalSteps(makeTrace(play({ steps, tailMs: 0 })))).toEqual([1, 3]);
  });

  test('the loser of a race is not on it, even when it ran for longer', () => {
    const steps = [{ ...aStep, computeMs: 5_000, isLoser: true }, aStep, { ...aStep, needs: [1] }];
    const trace = makeTrace(play({ steps, tailMs: 7 }));
    expect(criticalSteps(trace)).toEqual([1, 2]);
    expect(trace.steps[0]).toMatchObject({ isCritical: false, durationMs: 207 });
    expect(trace.culprit?.step?.n).toBe(1);
  });

  test('fan-out overhead is what orchestration adds to the slowest branch', () => {
    const steps = Array.from({ length: 5 }, (_, at) => ({
      ...aStep,
      codeMs: at,
      routeMs: 3,
      computeMs: 100 + at,
    }));
    const { totals } = makeTrace(play({ steps, tailMs: 2 }));
    expect(totals).toMatchObject({ endToEndMs: 113, criticalPathMs: 104, overheadMs: 9, codeMs: 9 });
  });
});

const journaled: StepTiming = {
  n: 0,
  kind: 'chat',
  name: 'reason',
  pool: 'tiny-chat@1~local',
  version: 'tiny-chat@1',
  askedMs: startMs,
  startedMs: startMs,
  doneMs: startMs + 100,
  queueMs: 0,
  coldMs: 0,
  warmth: 'hot',
  attempts: 1,
  status: 'done',
  after: [],
  retriedMs: 0,
};

const runOf = (status: string, endedMs: number | null, steps: readonly StepTiming[]): RunTiming => ({
  run: 'run_1',
  function: 'f',
  startedMs: startMs,
  endedMs,
  status,
  steps,
});

describe('runs that did not complete', () => {
  const open: StepTiming = {
    ...journaled,
    n: 1,
    askedMs: startMs + 100,
    startedMs: startMs + 100,
    doneMs: null,
    status: 'running',
    after: [0],
  };

  test('one that goes on is traced up to now: the open step is what it waits for', () => {
    const trace = makeTrace(runOf('active', null, [journaled, open]), startMs + 600);
    checkLaws(trace);
    expect(criticalSteps(trace)).toEqual([0, 1]);
    expect(trace.culprit).toMatchObject({ step: { n: 1 }, durationMs: 500 });
    // Nobody knows yet whether it computes or waits.
    expect(trace.culprit?.sentence).toBe(
      'step 1 chat `reason` took 83 % of the run: 500 ms of 600 ms so far',
    );
  });

  test('of several open steps the one that was asked for first stands for them', () => {
    const early: StepTiming = { ...open, n: 2, askedMs: startMs + 50, startedMs: startMs + 50, after: [] };
    const trace = makeTrace(runOf('active', null, [journaled, open, early]), startMs + 600);
    expect(criticalSteps(trace)).toEqual([2]);
  });

  test('one that was cancelled was waiting for the step that was cancelled with it', () => {
    const cut: StepTiming = { ...open, status: 'cancelled', doneMs: startMs + 800 };
    const trace = makeTrace(runOf('cancelled', startMs + 800, [journaled, cut]));
    expect(criticalSteps(trace)).toEqual([0, 1]);
    expect(trace.culprit?.sentence).toContain('700 ms of 800 ms until it was given up');
  });

  test('one that failed ended with the step that failed, not with the branches that were given up for it', () => {
    const sibling: StepTiming = { ...journaled, n: 1, status: 'cancelled' };
    const failed: StepTiming = { ...journaled, status: 'failed' };
    const trace = makeTrace(runOf('failed', startMs + 100, [failed, sibling]));
    expect(criticalSteps(trace)).toEqual([0]);
  });

  test('one that failed in the middle of a step was waiting for that step', () => {
    const cut: StepTiming = { ...open, status: 'cancelled', doneMs: startMs + 9_000 };
    expect(criticalSteps(makeTrace(runOf('failed', startMs + 9_000, [journaled, cut])))).toEqual([0, 1]);
  });

  test('one without steps is code from end to end, and one without time has no culprit', () => {
    const trace = makeTrace(runOf('completed', startMs + 12, []));
    expect(trace.culprit).toMatchObject({ step: null, part: 'code', share: 1 });
    expect(makeTrace(runOf('completed', startMs, [])).culprit).toBeNull();
  });

  test('waits that are longer than the step are cut to it, the cold one last', () => {
    const waited: StepTiming = { ...journaled, queueMs: 90, coldMs: 80 };
    const { totals } = makeTrace(runOf('completed', startMs + 100, [waited]));
    expect(totals).toMatchObject({ queueMs: 20, coldMs: 80, computeMs: 0 });
  });

  test('a sleep is time as asked for, also when no attempt is recorded', () => {
    const sleep: StepTiming = { ...journaled, kind: 'sleep', name: 'sleep', pool: null, startedMs: null };
    const trace = makeTrace(runOf('completed', startMs + 100, [sleep]));
    expect(trace.totals).toMatchObject({ sleepMs: 100, computeMs: 100, codeMs: 0 });
    expect(trace.culprit?.part).toBe('sleep');
  });

  test('a clock that stepped back between two steps loses no step of the path', () => {
    const next: StepTiming = { ...journaled, n: 1, askedMs: startMs + 90, doneMs: startMs + 300, after: [0] };
    expect(criticalSteps(makeTrace(runOf('completed', startMs + 300, [journaled, next])))).toEqual([0, 1]);
  });
});
