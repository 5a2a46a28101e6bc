import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lifeTags, nameOf, readTags, tagsOf } from '../../../../gpu-workers/agent/modal/sandbox-tags.ts';

const rows = fc.record({
  id: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
  generation: fc.integer({ min: 1 }),
  pool: fc.string({ minLength: 1, maxLength: 200 }),
  version: fc.string({ minLength: 1, maxLength: 200 }),
});

test('whatever a life is called, its tags are plain and give it back', () => {
  fc.assert(
    fc.property(rows, (row) => {
      const tags = tagsOf('default', row);
      for (const value of Object.values(tags)) expect(value).toMatch(/^[A-Za-z0-9._-]*$/);
      expect(readTags(tags)).toEqual(row);
    }),
  );
});

test('a life is found by a part of the tags that it was given', () => {
  fc.assert(
    fc.property(rows, (row) => {
      expect(tagsOf('default', row)).toMatchObject(lifeTags('default', row));
    }),
  );
});

test.each([
  ['no tags', {}],
  [
    'no generation',
    { ...tagsOf('o', { id: 'a', generation: 1, pool: 'p', version: 'v' }), 'pilotlight-generation': '' },
  ],
  ['no pool', { ...tagsOf('o', { id: 'a', generation: 1, pool: 'p', version: 'v' }), 'pilotlight-pool': '' }],
])('%s are not the tags of a replica', (_, tags) => {
  expect(readTags(tags)).toBeNull();
});

test('names are what Modal takes, and differ by owner, id and generation', () => {
  const lives = [
    ['a', 'r-1', 1],
    ['b', 'r-1', 1],
    ['a', 'r-11', 1],
    ['a', 'r-1', 11],
  ] as const;
  const names = lives.map(([owner, id, generation]) => nameOf(owner, { id, generation }));
  expect(new Set(names).size).toBe(lives.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
});
