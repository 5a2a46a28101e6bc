import { expect, test } from 'vitest';
import { showsKey } from '../../../gpu-workers/servers/shows-key.ts';

test.each([
  ['the key', 'Bearer secret-key', true],
  ['another key', 'Bearer secret-kez', false],
  ['a part of it', 'Bearer secret', false],
  ['the key without its scheme', 'secret-key', false],
  ['nothing', undefined, false],
])('%s', (_, authorization, expected) => {
  const headers = authorization === undefined ? {} : { authorization };
  expect(showsKey({ headers }, 'secret-key')).toBe(expected);
});
