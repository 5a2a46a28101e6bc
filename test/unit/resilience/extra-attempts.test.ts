// One allowance for retries, fallbacks and hedges: what it promises of every window.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  budgetLeft,
  decideExtra,
  noBudget,
  noteAdmitted,
  windowMs,
  type RetryBudget,
} from '../../../src/core/resilience/retry-budget.ts';

/** Requests and wishes for extras at these moments: when each was admitted, when each extra was granted. */
function play(
  steps: readonly { readonly gapMs: number; readonly wishes: number; readonly hedge: boolean }[],
) {
  let budget: RetryBudget = noBudget;
  let nowMs = 1_000_000;
  const [admitted, granted]: [number[], number[]] = [[], []];
  for (const { gapMs, wishes, hedge } of steps) {
    nowMs += gapMs;
    budget = noteAdmitted(budget, nowMs);
    admitted.push(nowMs);
    for (let wish = 0; wish < wishes; wish += 1) {
      const decided = decideExtra(budget, { kind: hedge ? 'hedge' : 'retry', outermost: true }, nowMs);
      budget = decided.budget;
      if (decided.granted) granted.push(nowMs);
    }
  }
  return { budget, admitted, granted, nowMs };
}

const within = (times: readonly number[], fromMs: number): number =>
  times.filter((at) => at >= fromMs && at < fromMs + windowMs).length;

describe('the allowance for extra attempts', () => {
  test('keeps attempts within 1.1 of requests in every window of ten seconds with 200 of them, wherever it begins', () => {
    const step = fc.record({
      gapMs: fc.integer({ min: 0, max: 60 }),
      wishes: fc.integer({ min: 0, max: 3 }),
      hedge: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 900 }), (steps) => {
        const { admitted, granted } = play(steps);
        for (const fromMs of [...admitted, ...granted]) {
          const requests = within(admitted, fromMs);
          if (requests >= 200) expect(within(granted, fromMs)).toBeLessThanOrEqual(0.1 * requests);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('allows eighteen in ten seconds where there is little traffic, and as many again ten seconds later', () => {
    const first = play([{ gapMs: 0, wishes: 30, hedge: false }]);
    expect(first.granted).toHaveLength(18);
    const later = decideExtra(first.budget, { kind: 'retry', outermost: true }, first.nowMs + windowMs + 200);
    expect(later.granted).toBe(true);
  });

  test('gives hedges half, and nothing to an inner layer', () => {
    const busy = play(Array.from({ length: 400 }, () => ({ gapMs: 10, wishes: 1, hedge: true })));
    expect(busy.granted.length).toBeGreaterThan(0);
    expect(busy.granted.length).toBeLessThanOrEqual(0.05 * 400);
    expect(decideExtra(busy.budget, { kind: 'retry', outermost: false }, busy.nowMs).granted).toBe(false);
    expect(decideExtra(busy.budget, { kind: 'retry', outermost: true }, busy.nowMs).granted).toBe(true);
  });

  test('says how much of it is left', () => {
    expect(budgetLeft(noBudget, 0)).toBe(1);
    const spent = play([{ gapMs: 0, wishes: 18, hedge: false }]);
    expect(budgetLeft(spent.budget, spent.nowMs)).toBe(0);
  });
});
