import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert, must, unreachable } from '../../../src/core/base/assert.ts';
import { Heap } from '../../../src/core/base/heap.ts';
import { err, ok } from '../../../src/core/base/result.ts';
import { drawInteger, makeRng } from '../../../src/core/base/rng.ts';

test('a heap gives its values back in order, equal keys in order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (keys) => {
      const heap = new Heap<number>();
      keys.forEach((key, at) => heap.push(key, at));
      const out: number[] = [];
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next.value);
      const expected = keys.map((key, at) => ({ key, at })).sort((a, b) => a.key - b.key || a.at - b.at);
      expect(out).toEqual(expected.map(({ at }) => at));
    }),
  );
});

test('the same seed draws the same sequence, another seed another, and all draws are in range', () => {
  const draw = (seed: number) => Array.from({ length: 1_000 }, makeRng(seed));
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
  const mean = draw(9).reduce((sum, value) => sum + value, 0) / 1_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  const rng = makeRng(1);
  expect(new Set(Array.from({ length: 200 }, () => drawInteger(rng, 1, 3)))).toEqual(new Set([1, 2, 3]));
});

test('results carry a value or an error; bugs throw', () => {
  expect(ok(1)).toEqual({ ok: true, value: 1 });
  expect(err('no')).toEqual({ ok: false, error: 'no' });
  expect(() => assert(false, 'it holds')).toThrow('it holds');
  expect(must(0, 'zero is there')).toBe(0);
  expect(() => must(null, 'a value')).toThrow('a value');
  expect(() => unreachable('x' as never)).toThrow('unreachable');
});
