// How long a pool's own idle gaps last: counts over exposure by octave of age, by hand.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gapBins, GapHazard } from '../../../src/core/demand/gap-hazard.ts';
import { throughJson } from './demand-stream.ts';

const hazard = (gaps: GapHazard, level: number, ageMs: number): number => 2 ** gaps.log(level, ageMs);
/** Ages near the middle of the octaves 0, 5 and 10. */
const [second, minute, hour] = [1_500, 45_000, 1_500_000] as const;

test('before any gap it is one gap in what the prior expects: 0.3 over the middle of the octave', () => {
  const gaps = new GapHazard(null);
  for (const [age, bin] of [
    [second, 0],
    [minute, 5],
    [hour, 10],
  ] as const)
    expect(hazard(gaps, 1, age)).toBeCloseTo(0.3 / (1.5 * 2 ** bin), 6);
});

test('a gap gives its length as exposure to the octaves it passed, and counts in the last', () => {
  const gaps = new GapHazard(null);
  gaps.close(1, 40_000);
  // Octave 5 is 32 to 64 s: 8 s of it have passed. Below, 16 s of octave 4 passed without an event.
  expect(hazard(gaps, 1, minute)).toBeCloseTo(2 / (8 + (1.5 * 32) / 0.3), 6);
  expect(hazard(gaps, 1, 20_000)).toBeCloseTo(1 / (16 + (1.5 * 16) / 0.3), 6);
  expect(hazard(gaps, 1, hour)).toBeCloseTo(0.3 / (1.5 * 1024), 6);
});

test("a pool's own earlier gaps fade by a fortieth with each one; those of all pools do not", () => {
  const all = new GapHazard(null);
  const own = new GapHazard(all);
  const prior = hazard(all, 1, minute);
  for (const gaps of [own, all]) {
    gaps.close(1, 40_000);
    gaps.close(1, 40_000);
  }
  expect(hazard(own, 1, minute)).toBeCloseTo((1 + 1.975) / (8 * 1.975 + 1 / prior), 6);
  expect(hazard(all, 1, minute)).toBeCloseTo(3 / (16 + 1 / prior), 6);
});

test('where a pool has shown nothing, what all pools show stands in', () => {
  const all = new GapHazard(null);
  for (let n = 0; n < 100; n += 1) all.close(2, 40_000);
  const own = new GapHazard(all);
  expect(hazard(own, 2, minute)).toBe(hazard(all, 2, minute));
  // 32 s of that octave passed without an event, beside one gap as all pools expect it.
  own.close(2, hour);
  expect(hazard(own, 2, minute)).toBeCloseTo(1 / (32 + 1 / hazard(all, 2, minute)), 6);
});

test('a level that nobody has seen yet is like the highest that is known', () => {
  const all = new GapHazard(null);
  for (let n = 0; n < 100; n += 1) all.close(2, 40_000);
  expect(all.log(9, minute)).toBe(all.log(2, minute));
  expect(new GapHazard(all).log(9, minute)).toBe(all.log(2, minute));
});

test('gaps that always last as long make the hazard rise there and fall before', () => {
  const own = new GapHazard(new GapHazard(null));
  for (let n = 0; n < 40; n += 1) own.close(1, 45_000);
  expect(hazard(own, 1, minute)).toBeGreaterThan(5 * hazard(own, 1, 20_000));
});

const told = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0, 1e9, 1e13)),
  ),
  { maxLength: 40 },
);

test('is finite for whatever is told and asked', () => {
  fc.assert(
    fc.property(
      told,
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: -1e6, max: 1e12 }),
      (gaps, level, age) => {
        const own = new GapHazard(new GapHazard(null));
        for (const gap of gaps) own.close(...gap);
        expect(Number.isFinite(own.log(level, age))).toBe(true);
      },
    ),
  );
});

describe('a snapshot', () => {
  test('through JSON answers and learns on as the original, also where what all pools show has moved since', () => {
    fc.assert(
      fc.property(told, told, told, (before, between, after) => {
        const all = new GapHazard(null);
        const original = new GapHazard(all);
        for (const gap of before) original.close(...gap);
        for (const gap of between) all.close(...gap);
        const copy = new GapHazard(all);
        expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
        for (const gap of after) {
          original.close(...gap);
          copy.close(...gap);
        }
        expect(copy.snapshot()).toEqual(original.snapshot());
        for (const age of [second, minute, hour]) expect(copy.log(2, age)).toBe(original.log(2, age));
      }),
    );
  });

  const sound = new GapHazard(null).snapshot();
  test.each([
    [
      'another number of bins',
      { ...sound, counts: sound.counts.slice(1), exposure: sound.exposure.slice(1) },
    ],
    ['no level', { counts: [], exposure: [], logs: [] }],
    ['fewer logarithms', { ...sound, logs: sound.logs.slice(1) }],
    ['NaN', { ...sound, counts: sound.counts.with(3, Number.NaN) }],
    ['a negative exposure', { ...sound, exposure: sound.exposure.with(3, -1) }],
    ['a logarithm that is none', { ...sound, logs: sound.logs.with(3, Number.NaN) }],
  ])('of %s is refused, and nothing changes', (_, snapshot) => {
    const gaps = new GapHazard(null);
    gaps.close(2, 1_000);
    const before = gaps.snapshot();
    expect(gaps.restore(throughJson(snapshot))).toBe(false);
    expect(gaps.snapshot()).toEqual(before);
  });

  test('has as many bins as octaves from a second to six days', () => {
    expect(2 ** gapBins).toBeGreaterThan(6 * 86_400);
  });
});
