// What a pool hears at the same moment: decided together, in order, and nobody's event fails another's.
import { expect, test } from 'vitest';
import { lettersMax, PoolInbox } from '../../../src/hosts/pool-inbox.ts';
import type { PoolEvent } from '../../../src/core/pool/pool-events.ts';

const cancel = (waiterId: string): PoolEvent => ({ kind: 'cancel', waiterId });

/** A pool that writes down what it decides together, and breaks on some events. */
class World {
  readonly decided: string[][] = [];
  readonly broken = new Set<string>();
  #turns: (() => void)[] = [];
  readonly inbox = new PoolInbox({
    handleAll: (events) => {
      const ids = events.map((event) => (event.kind === 'cancel' ? event.waiterId : event.kind));
      const bad = ids.find((id) => this.broken.has(id));
      if (bad !== undefined) throw new Error(`${bad} is broken`);
      this.decided.push(ids);
    },
    nextTurn: () => new Promise((resolve) => this.#turns.push(resolve)),
  });

  /** How many turns were asked for; all of them come. */
  turn(): number {
    const turns = this.#turns.splice(0);
    for (const resolve of turns) resolve();
    return turns.length;
  }
}

test('what comes within a turn is decided once, in the order of the calls', async () => {
  const world = new World();
  const calls = [world.inbox.post([cancel('a1'), cancel('a2')]), world.inbox.post([cancel('b')])];
  expect(world.decided).toEqual([]);
  expect(world.turn()).toBe(1);
  await Promise.all(calls);
  expect(world.decided).toEqual([['a1', 'a2', 'b']]);
  const next = world.inbox.post([cancel('c')]);
  expect(world.turn()).toBe(1);
  await next;
  expect(world.decided.at(-1)).toEqual(['c']);
});

test('a call is answered only when its events are decided', async () => {
  const world = new World();
  let isAnswered = false;
  const call = world.inbox.post([cancel('a')]).then(() => (isAnswered = true));
  await Promise.resolve();
  expect(isAnswered).toBe(false);
  world.turn();
  await call;
  expect(world.decided).toEqual([['a']]);
});

test('an event that breaks fails its own call, and those beside it are decided', async () => {
  const world = new World();
  world.broken.add('b');
  const calls = ['a', 'b', 'c'].map((id) => world.inbox.post([cancel(id)]));
  world.turn();
  const ends = await Promise.allSettled(calls);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(world.decided).toEqual([['a'], ['c']]);
});

test('whoever is to see the pool as it is has what came before decided first', async () => {
  const world = new World();
  const call = world.inbox.post([cancel('a')]);
  world.inbox.flush();
  expect(world.decided).toEqual([['a']]);
  world.turn();
  await call;
  expect(world.decided).toEqual([['a']]);
});

test('a full inbox does not wait', () => {
  const world = new World();
  for (let at = 0; at < lettersMax; at += 1) void world.inbox.post([cancel(`${at}`)]);
  expect(world.decided.map(({ length }) => length)).toEqual([lettersMax]);
});

test('what comes while a turn is over, but not yet decided, is not left behind', async () => {
  const world = new World();
  const first = world.inbox.post([cancel('a')]);
  world.turn();
  const second = world.inbox.post([cancel('b')]);
  await first;
  world.turn();
  await second;
  expect(world.decided.flat()).toEqual(['a', 'b']);
});
