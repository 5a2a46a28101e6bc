import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ManagedLife } from '../../../../src/backends/managed/managed-place.ts';
import {
  bufferOf,
  hasContainer,
  isLowered,
  planTarget,
} from '../../../../src/backends/managed/plan-target.ts';

const life = (id: string, ending = false): ManagedLife => ({
  id,
  generation: 1,
  pool: 'm@1~here',
  startedMs: 0,
  readyMs: null,
  ending,
});
const question = { containersMax: 10, buffer: 2, idleMs: 5_000 };

test('the floor is the replicas that are wanted; the ceiling is the floor and the buffer', () => {
  const lives = [life('a'), life('b', true), life('c')];
  expect(planTarget({ ...question, lives })).toEqual({ floor: 2, buffer: 2, ceiling: 4, idleMs: 5_000 });
});

test('without a floor there is no buffer', () => {
  expect(planTarget({ ...question, lives: [life('a', true)] })).toMatchObject({
    floor: 0,
    buffer: 0,
    ceiling: 1,
  });
});

test('whatever is asked, floor and buffer stay within the quota, and the buffer is what yields', () => {
  const counts = fc.nat({ max: 20 });
  fc.assert(
    fc.property(counts, counts, counts, (replicas, containersMax, buffer) => {
      const lives = Array.from({ length: replicas }, (_, at) => life(`r-${at}`));
      const target = planTarget({ lives, containersMax, buffer, idleMs: 0 });
      expect(target.floor + target.buffer).toBeLessThanOrEqual(containersMax);
      expect(target.ceiling).toBe(Math.max(1, target.floor + target.buffer));
      if (target.buffer > 0) expect(target.floor).toBe(replicas);
    }),
  );
});

test('containers go to the replicas in the order in which they were started', () => {
  const lives = [life('gone', true), life('a'), life('b')];
  const seen = { endpoint: null, containers: 1 };
  expect(['gone', 'a', 'b'].map((id) => hasContainer(lives, id, seen))).toEqual([false, true, false]);
});

test('a floor is lowered once no more containers run than it and the buffer come to', () => {
  const target = planTarget({ ...question, lives: [life('a')] });
  expect([2, 3, 4].map((containers) => isLowered(target, { endpoint: null, containers }))).toEqual([
    true,
    true,
    false,
  ]);
});

test('the buffer is what is wanted beyond the replicas that are not given up', () => {
  const lives = [life('a'), life('b', true)];
  expect([0, 1, 2, 4].map((wanted) => bufferOf(lives, wanted))).toEqual([0, 0, 1, 3]);
});
