// Chance that repeats: the same seed gives the same draws, different seeds different ones, all of them spread evenly.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawInteger, makeRng } from '../../../src/core/base/rng.ts';

const drawMany = (seed: number, count: number): number[] => Array.from({ length: count }, makeRng(seed));

test('the same seed gives the same sequence, which is the one of every other machine', () => {
  expect(drawMany(42, 1000)).toEqual(drawMany(42, 1000));
  expect(drawMany(42, 3).map((draw) => Math.floor(draw * 2 ** 32))).toMatchInlineSnapshot(`
    [
      2887583565,
      2293090523,
      2716497665,
    ]
  `);
});

test('neighbouring seeds give sequences that have nothing in common', () => {
  const firsts = Array.from({ length: 1000 }, (_, seed) => makeRng(seed)());
  expect(new Set(firsts).size).toBe(1000);
  const mean = firsts.reduce((sum, draw) => sum + draw, 0) / 1000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
});

test('draws lie in [0, 1) and fill sixteen bins evenly', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const bins = Array.from({ length: 16 }, () => 0);
      for (const draw of drawMany(seed, 8000))
        bins[Math.floor(draw * 16)] = (bins[Math.floor(draw * 16)] ?? 0) + 1;
      // Chi-square with 15 degrees of freedom: above 50 about once in 100,000 seeds.
      const chi = bins.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
      expect(bins).toHaveLength(16);
      expect(chi).toBeLessThan(50);
    }),
    { numRuns: 50, seed: 1 },
  );
});

test('drawn integers reach both ends and nothing beyond', () => {
  const rng = makeRng(7);
  const drawn = new Set(Array.from({ length: 500 }, () => drawInteger(rng, -2, 3)));
  expect([...drawn].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  expect(drawInteger(rng, 4, 4)).toBe(4);
});
