// The heap pops in the order of a stable sort, whatever was pushed and popped in between.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../../../src/core/base/heap.ts';

test('an empty heap pops nothing and has no size', () => {
  const heap = new Heap<string>();
  expect(heap.pop()).toBeUndefined();
  expect(heap.size).toBe(0);
});

test('it pops what a stable sort gives: by key, then by order of insertion', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), (keys) => {
      const heap = new Heap<number>();
      for (const [order, key] of keys.entries()) heap.push(key, order);
      const popped = Array.from(keys, () => heap.pop());
      const sorted = keys.map((key, value) => ({ key, value })).sort((a, b) => a.key - b.key);
      expect(popped).toMatchObject(sorted);
      expect(heap.size).toBe(0);
    }),
  );
});

test('pushes and pops in any mixture keep the smallest on top', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 9 }))), (moves) => {
      const heap = new Heap<number>();
      let model: { key: number; value: number }[] = [];
      for (const [value, key] of moves.entries()) {
        if (key === null) {
          const first = model.toSorted((a, b) => a.key - b.key)[0];
          model = model.filter((entry) => entry !== first);
          expect(heap.pop()?.value).toBe(first?.value);
        } else {
          heap.push(key, value);
          model.push({ key, value });
        }
        expect(heap.size).toBe(model.length);
      }
    }),
  );
});
