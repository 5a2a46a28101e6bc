// The weights of experts: a distribution always, the better expert weighs more, and the promise about the total cost is kept.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hedge } from '../../../../src/core/demand/forecasters/hedge.ts';
import { TapeReader, TapeWriter } from '../../../../src/core/demand/forecasters/number-tape.ts';

const experts = 4;
const costs = fc.array(
  fc.array(fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constantFrom(0, 1_000, -1_000)), {
    minLength: experts,
    maxLength: experts,
  }),
  { minLength: 1, maxLength: 80 },
);

test('weights are a distribution and the mix costs no more than the best expert plus the certificate', () => {
  fc.assert(
    fc.property(costs, (rounds) => {
      const hedge = new Hedge(experts);
      const totals = Array.from({ length: experts }, () => 0);
      let mixed = 0;
      for (const round of rounds) {
        mixed += hedge.mix(round);
        for (const [at, cost] of round.entries()) totals[at] = (totals[at] ?? 0) + cost;
        hedge.observe(round);
        expect(hedge.weights.every((weight) => weight >= 0 && weight <= 1)).toBe(true);
        expect(hedge.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      }
      expect(mixed).toBeLessThanOrEqual(Math.min(...totals) + hedge.certificate + 1e-6);
    }),
  );
});

test('the expert that costs less ends with all the weight, whatever the prior', () => {
  const hedge = new Hedge(3, [0.05, 0.05, 0.9]);
  expect(hedge.mix([1, 1, 3])).toBeCloseTo(2.8, 9);
  for (let round = 0; round < 400; round += 1) hedge.observe([1, 0, 2]);
  expect(hedge.weights[1]).toBeGreaterThan(0.99);
});

test('equal costs and costs that are no numbers teach nothing', () => {
  const hedge = new Hedge(2);
  hedge.observe([5, 5]);
  hedge.observe([Number.NaN, Number.NaN]);
  expect([...hedge.weights]).toEqual([0.5, 0.5]);
});

test('a hedge written on a tape and read back goes on alike', () => {
  fc.assert(
    fc.property(costs, costs, (before, after) => {
      const hedge = new Hedge(experts);
      for (const round of before) hedge.observe(round);
      const tape = new TapeWriter();
      hedge.write(tape);
      const back = new Hedge(experts);
      const reader = new TapeReader(tape.numbers);
      back.read(reader);
      expect(reader.isWhole).toBe(true);
      for (const round of after) {
        expect([...back.weights]).toEqual([...hedge.weights]);
        back.observe(round);
        hedge.observe(round);
      }
    }),
    { numRuns: 40 },
  );
});
