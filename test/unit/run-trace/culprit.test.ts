import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTrace } from '../../../src/core/run-trace/make-trace.ts';
import { aStep, play, somePlan, type PlannedStep } from './planned-runs.ts';

const culpritOf = (...steps: readonly PlannedStep[]) => makeTrace(play({ steps, tailMs: 0 })).culprit;

describe('the culprit', () => {
  test('a slow step that was planted is named, wherever the run waits for it', () => {
    fc.assert(
      fc.property(somePlan, fc.nat(11), (plan, pick) => {
        const waited = plan.steps.flatMap(({ isLoser }, n) => (isLoser ? [] : [n]));
        const slow = waited[pick % waited.length];
        // Longer than everything else together could be: the run cannot but wait for it.
        const steps = plan.steps.map((step, n) => (n === slow ? { ...step, computeMs: 1_000_000 } : step));
        const culprit = makeTrace(play({ ...plan, steps })).culprit;
        expect(culprit?.step?.n).toBe(slow);
        expect(culprit?.part).toBe('compute');
        expect(culprit?.share).toBeGreaterThan(0.5);
      }),
    );
  });

  test('a step that is slow beside the critical path is not named', () => {
    const loser = { ...aStep, computeMs: 100_000, isLoser: true };
    expect(culpritOf({ ...aStep, computeMs: 400 }, loser, { ...aStep, needs: [0] })?.step?.n).toBe(0);
  });

  test('the sentence says which step, its share, and what it did', () => {
    const first = { ...aStep, computeMs: 1_100 };
    const slow = { ...aStep, needs: [0], computeMs: 4_900 };
    expect(culpritOf(first, slow)?.sentence).toBe(
      'step 1 chat `name-1` took 82 % of the run: 4.9 s of 6.0 s computing',
    );
    expect(culpritOf(first, { ...slow, coldMs: 8_000, computeMs: 900 })?.sentence).toBe(
      'step 1 chat `name-1` took 89 % of the run: 8.9 s of 10.0 s, 8.0 s of them waiting for a cold start of tiny-chat@1~local',
    );
    expect(culpritOf({ ...aStep, queueMs: 5_000 })?.sentence).toContain(
      '5.1 s waiting for a slot of tiny-chat@1~local',
    );
    expect(culpritOf({ ...aStep, retryMs: 900 })?.sentence).toContain(
      '900 ms of them in tries that failed (2 tries)',
    );
    expect(culpritOf({ ...aStep, kind: 'call', pool: 'none' })?.sentence).toContain(
      'in the run that it called',
    );
    expect(culpritOf({ ...aStep, codeMs: 300 })?.sentence).toBe(
      "the function's own code and the platform between its steps took 75 % of the run: 300 ms of 400 ms",
    );
  });
});

describe('cold delay', () => {
  test('is attributed to the pools that caused it, on the critical path and beside it, and none is lost', () => {
    fc.assert(
      fc.property(somePlan, (plan) => {
        const timing = play({
          ...plan,
          steps: plan.steps.map((step) => (step.isLoser ? { ...step, coldMs: 0 } : step)),
        });
        const { coldByPool, totals, steps } = makeTrace(timing);
        for (const { pool, coldMs, steps: delayed } of coldByPool) {
          const truth = plan.steps.filter((step) => step.pool === pool && !step.isLoser && step.coldMs > 0);
          expect(coldMs).toBe(truth.reduce((sum, step) => sum + step.coldMs, 0));
          expect(delayed).toBe(truth.length);
        }
        const critical = coldByPool.reduce((sum, { criticalColdMs }) => sum + criticalColdMs, 0);
        expect(critical).toBe(totals.coldMs);
        expect(coldByPool.length).toBe(
          new Set(steps.filter(({ timing }) => timing.coldMs > 0).map(({ timing }) => timing.pool)).size,
        );
      }),
    );
  });

  test('the pool that delayed the run most comes first, though another was cold for longer beside it', () => {
    const hidden = { ...aStep, pool: 'hidden@1~local', coldMs: 3_000, computeMs: 10 };
    const shown = { ...aStep, pool: 'shown@1~local', coldMs: 2_000, computeMs: 5_000 };
    const { coldByPool } = makeTrace(play({ steps: [hidden, shown], tailMs: 0 }));
    expect(coldByPool).toEqual([
      { pool: 'shown@1~local', coldMs: 2_000, criticalColdMs: 2_000, steps: 1 },
      { pool: 'hidden@1~local', coldMs: 3_000, criticalColdMs: 0, steps: 1 },
    ]);
  });
});
