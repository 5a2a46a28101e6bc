import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figureGroups } from '../../../src/core/demand/hazard-figures.ts';
import { explainLevel } from '../../../src/core/warming/explain-plan.ts';
import { layOutTerms, termWords } from '../../../src/dashboard/term-bars.ts';

const seconds = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const someTerms = fc
  .array(seconds, { maxLength: 16 })
  .map((values) => values.map((gpuSeconds, at) => ({ name: `t${at}`, gpuSeconds })));

describe('the terms of a level as bars', () => {
  test('every bar stays within the room, and begins or ends at zero', () => {
    fc.assert(
      fc.property(someTerms, (terms) => {
        const { zeroPercent, bars, sum } = layOutTerms({ terms });
        for (const { gpuSeconds, startPercent, lengthPercent } of [...bars, sum]) {
          expect(startPercent).toBeGreaterThanOrEqual(-1e-6);
          expect(startPercent + lengthPercent).toBeLessThanOrEqual(100 + 1e-6);
          const atZero = gpuSeconds < 0 ? startPercent + lengthPercent : startPercent;
          expect(atZero).toBeCloseTo(zeroPercent, 6);
        }
      }),
    );
  });

  test('lengths are in proportion, and the sum is the sum', () => {
    const terms = [
      { name: 'usual', gpuSeconds: 80 },
      { name: 'age', gpuSeconds: -20 },
      { name: 'price of keeping it', gpuSeconds: -60 },
    ];
    const { zeroPercent, bars, sum } = layOutTerms({ terms });
    expect(bars.map(({ lengthPercent }) => Math.round(lengthPercent))).toEqual([57, 14, 43]);
    expect(zeroPercent).toBeCloseTo(42.86, 1);
    expect(sum).toMatchObject({ gpuSeconds: 0, lengthPercent: 0 });
  });

  test('a term that is no number has no length, and takes none from the others', () => {
    const terms = [
      { name: 'usual', gpuSeconds: Number.NaN },
      { name: 'age', gpuSeconds: 5 },
    ];
    expect(layOutTerms({ terms }).bars.map(({ lengthPercent }) => lengthPercent)).toEqual([0, 100]);
  });

  test('every term that the planner knows has its words', () => {
    const { terms } = explainLevel(2, [], { buySeconds: 100, tickSeconds: 60 });
    expect(terms.length).toBeGreaterThan(Object.keys(figureGroups).length);
    for (const { name } of terms) expect(termWords[name], name).toBeDefined();
  });
});
