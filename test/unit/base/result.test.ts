// Results carry either a value or an error, and say which.
import { expect, test } from 'vitest';
import { err, ok } from '../../../src/core/base/result.ts';

test('a value and an error are told apart by `ok` alone, even when they are the same thing', () => {
  expect(ok('x')).toEqual({ ok: true, value: 'x' });
  expect(err('x')).toEqual({ ok: false, error: 'x' });
});
