// The additive tables: where a figure lies, what a term is between knots, how a knot learns.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdditiveTables, type Axis } from '../../../src/core/demand/additive-tables.ts';
import { throughJson } from './demand-stream.ts';

const axes: readonly Axis[] = [
  { name: 'a', low: 0, step: 2, knots: 4 },
  { name: 'b', low: -8, step: 0.5, knots: 3 },
];

/** Every knot of every axis has another weight. */
function tablesWith(weights: readonly number[]): AdditiveTables {
  const tables = new AdditiveTables(axes, -6);
  tables.weights.set(weights, 1);
  return tables;
}
const weights = [1, -2, 4, 8, 0, 10, 20, 30, 0];

describe('where a figure lies', () => {
  test.each([
    [0, 0, 0],
    [0, 3, 1.5],
    [0, 6, 3],
    [0, 6.1, 3],
    [0, Infinity, 3],
    [0, -0.1, 0],
    [0, -Infinity, 0],
    [0, Number.NaN, 0],
    [1, -8, 0],
    [1, -7.25, 1.5],
    [1, 100, 2],
    [2, 5, 0],
  ])('axis %d, figure %d: knot %d', (axis, figure, knot) => {
    expect(new AdditiveTables(axes, 0).position(axis, figure)).toBe(knot);
  });
});

describe('a term', () => {
  test('is exact at every knot', () => {
    const tables = tablesWith(weights);
    expect([0, 1, 2, 3].map((at) => tables.term(0, at))).toEqual([1, -2, 4, 8]);
    expect([0, 1, 2].map((at) => tables.term(1, at))).toEqual([10, 20, 30]);
    expect(tables.bias).toBe(-6);
  });

  test('is linear between two knots, and reaches into no other axis at its end', () => {
    const tables = tablesWith(weights);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (at) => {
        const whole = Math.min(2, Math.floor(at));
        const [low = 0, high = 0] = weights.slice(whole, whole + 2);
        expect(tables.term(0, at)).toBeCloseTo(low * (whole + 1 - at) + high * (at - whole), 10);
      }),
    );
    expect(tables.term(0, tables.position(0, 1e9))).toBe(8);
  });
});

describe('learning', () => {
  test('is one AdaGrad step: 0.2 g / sqrt(sum of squares + 3), at the two knots by their nearness', () => {
    const tables = new AdditiveTables(axes, -6);
    tables.note(0, 1.25, 2);
    tables.noteBias(2);
    tables.learn();
    const step = (g: number, seen: number): number => (0.2 * g) / Math.sqrt(seen + 3);
    expect(tables.bias).toBeCloseTo(-6 + step(2, 4), 12);
    expect(tables.term(0, 1)).toBeCloseTo(step(1.5, 2.25), 12);
    expect(tables.term(0, 2)).toBeCloseTo(step(0.5, 0.25), 12);
    expect([tables.term(0, 0), tables.term(0, 3), tables.term(1, 0)]).toEqual([0, 0, 0]);
    tables.note(0, 1, -1);
    tables.learn();
    // What was seen before has faded a little.
    expect(tables.term(0, 1)).toBeCloseTo(step(1.5, 2.25) + step(-1, 2.25 * 0.99998 + 1), 12);
  });

  test('sums what was noted before it steps, and then forgets it', () => {
    const [once, twice] = [new AdditiveTables(axes, 0), new AdditiveTables(axes, 0)];
    once.note(1, 0.5, 3);
    twice.note(1, 0.5, 1);
    twice.note(1, 0.5, 2);
    for (const tables of [once, twice]) tables.learn();
    expect(twice.snapshot()).toEqual(once.snapshot());
    const before = once.snapshot();
    once.learn();
    expect(once.snapshot()).toEqual(before);
  });

  test('more came than was expected: the mean rises, and the other way round', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.boolean(),
        (at, size, isMore) => {
          const tables = new AdditiveTables(axes, 0);
          tables.note(0, at, isMore ? size : -size);
          tables.learn();
          expect(Math.sign(tables.term(0, at))).toBe(isMore ? 1 : -1);
        },
      ),
    );
  });
});

describe('a snapshot', () => {
  test('through JSON learns on as the original', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.nat(1), fc.double({ min: 0, max: 2, noNaN: true }), fc.integer({ min: -5, max: 5 })),
        ),
        (notes) => {
          const original = new AdditiveTables(axes, -6);
          const learn = (tables: AdditiveTables): void => {
            for (const [axis, at, residual] of notes) {
              tables.note(axis, at, residual);
              tables.learn();
            }
          };
          learn(original);
          const copy = new AdditiveTables(axes, 0);
          expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
          learn(original);
          learn(copy);
          expect(copy.snapshot()).toEqual(original.snapshot());
        },
      ),
    );
  });

  const sound = tablesWith(weights).snapshot();
  test.each([
    ['other axes', { ...sound, weights: sound.weights.slice(1) }],
    ['other sums', { ...sound, seen: [...sound.seen, 1] }],
    ['NaN', { ...sound, weights: sound.weights.with(2, Number.NaN) }],
    ['Infinity', { ...sound, seen: sound.seen.with(2, Infinity) }],
    ['a sum of squares below zero', { ...sound, seen: sound.seen.with(2, -4) }],
    ['NaN as JSON has it', throughJson({ ...sound, weights: sound.weights.with(2, Number.NaN) })],
  ])('of %s is refused, and nothing changes', (_, snapshot) => {
    const tables = tablesWith(weights);
    const before = tables.snapshot();
    expect(tables.restore(snapshot)).toBe(false);
    expect(tables.snapshot()).toEqual(before);
  });
});
