// What pools want held: the last wish of each, until its time is over, in whatever order and however often it comes.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HoldBook } from '../../../../src/backends/managed/hold-book.ts';

const wish = { pool: 'm@1~here', order: 10, containers: 3, forMs: 1_000 };

test('a wish holds until its time is over, and the wishes of several pools add up', () => {
  const book = new HoldBook();
  book.take(wish, 0);
  book.take({ ...wish, pool: 'm@1~there', containers: 2, forMs: 500 }, 0);
  expect([0, 499, 500, 999, 1_000].map((nowMs) => book.wanted(nowMs))).toEqual([5, 5, 3, 3, 0]);
});

test('a wish that is said again ends no later for that', () => {
  const book = new HoldBook();
  book.take(wish, 0);
  book.take(wish, 900);
  expect(book.wanted(1_000)).toBe(0);
  book.take({ ...wish, forMs: 100 }, 1_000);
  expect(book.wanted(1_050)).toBe(0);
});

test('whatever overtakes what, the wish of the highest order is the one that counts', () => {
  const orders = fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 1 });
  fc.assert(
    fc.property(orders, fc.nat(5), (drawn, repeats) => {
      const book = new HoldBook();
      for (const order of [...drawn, ...drawn.slice(0, repeats)])
        book.take({ ...wish, order, containers: order }, 0);
      expect(book.wanted(1)).toBe(Math.max(...drawn));
    }),
  );
});

test('an earlier wish is not heard even when the later one has ended', () => {
  const book = new HoldBook();
  book.take({ ...wish, order: 11, forMs: 10 }, 0);
  book.take(wish, 20);
  expect(book.wanted(20)).toBe(0);
});

test('more pools than can share a place push the oldest out', () => {
  const book = new HoldBook();
  for (let at = 0; at < 20; at += 1) book.take({ ...wish, pool: `m@1~${at}`, containers: 1 }, 0);
  expect(book.wanted(0)).toBe(16);
});
