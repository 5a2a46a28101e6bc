// The explanation of a level is the decision itself: its terms add up to what is saved less what is paid.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hazardAxes } from '../../../src/core/demand/hazard-figures.ts';
import { explainLevel } from '../../../src/core/warming/explain-plan.ts';
import { planTermsMax } from '../../../src/core/warming/pool-plan.ts';
import type { HazardTerm } from '../../../src/core/demand/hazard-model.ts';
import { makeUsedBrain, makeReport, monday, tickMs, visit } from './brain-fixtures.ts';

const log = fc.double({ min: -6, max: 6, noNaN: true });
const axes = ['usual', ...hazardAxes.map(({ name }) => name)];
const hazard = fc
  .tuple(
    fc.double({ min: -12, max: 2, noNaN: true }),
    fc.array(log, { minLength: hazardAxes.length, maxLength: hazardAxes.length }),
  )
  .map(([usual, logs]) =>
    axes.map((name, at): HazardTerm => ({ name, log: at === 0 ? usual : (logs[at - 1] ?? 0) })),
  );
const costs = fc.record({
  buySeconds: fc.double({ min: 1e-3, max: 1e7, noNaN: true }),
  tickSeconds: fc.constantFrom(1, 30, 60),
});
const sum = (values: readonly { readonly gpuSeconds: number }[]): number =>
  values.reduce((total, { gpuSeconds }) => total + gpuSeconds, 0);

describe('the terms of a level', () => {
  test('add up to the saving less the price', () => {
    fc.assert(
      fc.property(hazard, costs, (drawn, cost) => {
        const { terms, savingSeconds, priceSeconds } = explainLevel(1, drawn, cost);
        const scale = Math.max(1, ...terms.map(({ gpuSeconds }) => Math.abs(gpuSeconds)));
        expect(Math.abs(sum(terms) - (savingSeconds - priceSeconds))).toBeLessThanOrEqual(1e-9 * scale);
        expect(terms.length).toBeLessThanOrEqual(planTermsMax);
      }),
    );
  });

  test('have the sign of what the figures say, and are nothing where they say nothing', () => {
    const termsOf = (gapLog: number): HazardTerm[] => [
      { name: 'usual', log: -3 },
      ...hazardAxes.map(({ name }) => ({ name, log: name === 'gap to the load' ? gapLog : 0 })),
    ];
    const cost = { buySeconds: 100, tickSeconds: 60 };
    const quiet = explainLevel(1, termsOf(0), cost);
    expect(quiet.terms.filter(({ gpuSeconds }) => gpuSeconds !== 0).map(({ name }) => name)).toEqual([
      'usual',
      'price of keeping it',
    ]);
    const gap = explainLevel(1, termsOf(2), cost).terms.find(({ name }) => name === 'gap');
    expect(gap?.gpuSeconds).toBeCloseTo(100 * (Math.exp(-1) - Math.exp(-3)), 9);
  });

  test('promise no more than the model ever expects: some twenty uses a tick', () => {
    const sure = axes.map((name): HazardTerm => ({ name, log: 2 }));
    const { savingSeconds } = explainLevel(1, sure, { buySeconds: 1, tickSeconds: 60 });
    expect(savingSeconds).toBeCloseTo(Math.exp(3), 9);
  });

  test('of a level that nothing is known of are its price', () => {
    const { terms, savingSeconds } = explainLevel(3, [], { buySeconds: 2, tickSeconds: 60 });
    expect(sum(terms)).toBeCloseTo(savingSeconds - 60, 12);
  });
});

test('a chance is one, whatever the logarithms', () => {
  fc.assert(
    fc.property(hazard, costs, (drawn, cost) => {
      const { chance } = explainLevel(1, drawn, cost);
      expect(chance).toSatisfy((each: number) => each >= 0 && each <= 1);
    }),
  );
});

test('a level is explained as worth it exactly when the plan keeps it', () => {
  const hour = fc.integer({ min: 0, max: 3_000 });
  fc.assert(
    fc.property(fc.array(hour, { maxLength: 12 }), fc.integer({ min: 0, max: 600_000 }), (starts, wait) => {
      const brain = makeUsedBrain([{ waitMicrosPerSecond: wait, parking: false, replicasMax: 50 }]);
      let nowMs = monday + tickMs;
      for (const start of starts.toSorted((a, b) => a - b)) {
        const atMs = monday + tickMs + start * 1_000;
        while (nowMs < atMs) brain.tick((nowMs += tickMs));
        brain.hear('a@1~here', makeReport(nowMs, { events: visit(atMs - 500, atMs) }));
      }
      brain.tick((nowMs += tickMs));
      const keepHot = brain.plan('a@1~here', nowMs)?.keepHot ?? 0;
      const levels = brain.explain(0, nowMs);
      const worth = levels.findIndex(({ savingSeconds, priceSeconds }) => savingSeconds <= priceSeconds);
      const busy = brain.warmer.model.busy(0);
      expect(brain.warmer.isTrusting).toBe(true);
      expect(keepHot - busy).toBe(worth === -1 ? levels.length : worth);
    }),
    { numRuns: 40 },
  );
});
