// A tier is what waiting is worth, and nothing else.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tiers, waitCostOf } from '../../../src/core/warming/tiers.ts';

test('tiers stand in the order of what waiting is worth; the standard one is the deployment’s own figure', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (standard) => {
      const costs = tiers.map((tier) => waitCostOf(tier, standard));
      expect(costs).toEqual(costs.toSorted((a, b) => a - b));
      expect(waitCostOf('standard', standard)).toBe(standard);
    }),
  );
});
