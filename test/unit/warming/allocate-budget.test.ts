// Who gets the GPUs when there are too few: the dearest levels, none without the one below it, and never what is in use.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocateBudget, type BudgetClaim } from '../../../src/core/warming/allocate-budget.ts';

const claims = fc
  .array(
    fc.record({
      held: fc.nat(4),
      worths: fc.array(fc.oneof(fc.double({ min: 0, max: 9, noNaN: true }), fc.constant(Infinity)), {
        maxLength: 5,
      }),
    }),
    { maxLength: 6 },
  )
  .map((drawn) => drawn.map((claim, pool): BudgetClaim => ({ pool, ...claim })));
const gpus = fc.nat(20);
const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
/** What a level is worth with all below it. */
const worthTo = (worths: readonly number[], level: number): number => Math.min(...worths.slice(0, level + 1));

test('the dearest level is next, whichever pool it is of; the lower ones of a pool come first', () => {
  const shares = allocateBudget(
    [
      { pool: 0, held: 1, worths: [5, 4] },
      { pool: 1, held: 0, worths: [1, 9] },
      { pool: 2, held: 0, worths: [4.5] },
    ],
    4,
  );
  expect(shares).toEqual([
    { pool: 0, hot: 3, cut: [] },
    { pool: 1, hot: 0, cut: [1, 9] },
    { pool: 2, hot: 1, cut: [] },
  ]);
});

test('the budget holds; where more is held than there is, nothing else is granted', () => {
  fc.assert(
    fc.property(claims, gpus, (drawn, most) => {
      const held = sum(drawn.map((claim) => claim.held));
      const hot = sum(allocateBudget(drawn, most).map((share) => share.hot));
      expect(hot).toBeLessThanOrEqual(Math.max(most, held));
    }),
  );
});

test('what is held is never cut, and every level is either granted or told as cut', () => {
  fc.assert(
    fc.property(claims, gpus, (drawn, most) => {
      for (const [at, { pool, hot, cut }] of allocateBudget(drawn, most).entries()) {
        const { held = 0, worths = [] } = drawn[at] ?? {};
        expect(pool).toBe(at);
        expect(hot).toBeGreaterThanOrEqual(held);
        expect(cut).toEqual(worths.slice(hot - held));
      }
    }),
  );
});

test('no level is cut that is worth more than one that is granted, and no GPU is left over while one is', () => {
  fc.assert(
    fc.property(claims, gpus, (drawn, most) => {
      const shares = allocateBudget(drawn, most);
      const granted: number[] = [];
      const cut: number[] = [];
      for (const [at, { hot }] of shares.entries()) {
        const { held = 0, worths = [] } = drawn[at] ?? {};
        for (const level of worths.keys()) (level < hot - held ? granted : cut).push(worthTo(worths, level));
      }
      if (cut.length === 0) return;
      expect(Math.max(...cut)).toBeLessThanOrEqual(Math.min(Infinity, ...granted));
      expect(sum(shares.map((share) => share.hot))).toBeGreaterThanOrEqual(most);
    }),
  );
});

test('more GPUs never take one from a pool', () => {
  fc.assert(
    fc.property(claims, gpus, (drawn, most) => {
      const more = allocateBudget(drawn, most + 1);
      for (const [at, { hot }] of allocateBudget(drawn, most).entries())
        expect(more[at]?.hot).toBeGreaterThanOrEqual(hot);
    }),
  );
});
