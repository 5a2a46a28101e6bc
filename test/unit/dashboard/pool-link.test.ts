import { expect, test } from 'vitest';
import { linkToPool, poolOfHash } from '../../../src/dashboard/pool-link.ts';

test('a link to a pool leads back to that pool, also when a program on its way has escaped it', () => {
  expect(poolOfHash(linkToPool('tiny-chat@1~local'))).toBe('tiny-chat@1~local');
  expect(poolOfHash('#pool/tiny-chat%401%7Elocal')).toBe('tiny-chat@1~local');
});

test.each(['', '#', '#pool/', '#pool/..', '#pool/../warmth', '#pool/a~b/c', '#pool/a b~c', '#other/a@1~b'])(
  'what names no pool opens none: %s',
  (hash) => {
    expect(poolOfHash(hash)).toBeNull();
  },
);
