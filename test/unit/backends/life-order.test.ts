import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LifeOrder } from '../../../src/backends/life-order.ts';

test('changes of one id never overlap and run in the order in which they came, also after one that threw', async () => {
  const order = new LifeOrder();
  const seen: string[] = [];
  const act = (name: string, fails: boolean) => async (): Promise<void> => {
    seen.push(`${name} begins`);
    await new Promise((done) => setImmediate(done));
    seen.push(`${name} ends`);
    if (fails) throw new Error('a bug');
  };
  const first = order.inTurn('a', act('first', true));
  const second = order.inTurn('a', act('second', false));
  await expect(first).rejects.toThrow('a bug');
  await second;
  expect(seen).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

test('changes of different ids do not wait for each other', async () => {
  const order = new LifeOrder();
  const { promise, resolve } = Promise.withResolvers<void>();
  const stuck = order.inTurn('a', () => promise);
  expect(await order.inTurn('b', async () => 'done')).toBe('done');
  resolve();
  await stuck;
});

test('a life that was ended has ended, with every life before it, in whatever order the ends came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (generations) => {
      const order = new LifeOrder();
      for (const generation of generations) order.end({ id: 'a', generation });
      const latest = Math.max(...generations);
      expect(order.latestEnded('a')).toBe(latest);
      expect(order.hasEnded({ id: 'a', generation: latest })).toBe(true);
      expect(order.hasEnded({ id: 'a', generation: latest + 1 })).toBe(false);
      expect(order.hasEnded({ id: 'b', generation: 1 })).toBe(false);
    }),
  );
});

test('the memory of ends is bounded and forgets the oldest first', () => {
  const order = new LifeOrder();
  for (let at = 0; at < 20_000; at += 1) order.end({ id: `r-${at}`, generation: 1 });
  expect(order.latestEnded('r-0')).toBe(0);
  expect(order.latestEnded('r-19999')).toBe(1);
});
