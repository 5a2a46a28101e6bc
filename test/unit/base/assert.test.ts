// Bugs throw, and say what was believed.
import { expect, test } from 'vitest';
import { assert, must, unreachable } from '../../../src/core/base/assert.ts';

test('assert passes what is true and throws the belief that was wrong', () => {
  expect(() => assert(true, 'the sky is up')).not.toThrow();
  expect(() => assert(false, 'the sky is up')).toThrow('assertion failed: the sky is up');
});

test.each([0, '', false, Number.NaN])('must gives %j back: only null and undefined are missing', (value) => {
  expect(must(value, 'a value')).toBe(value);
});

test.each([null, undefined])('must throws for %s and names what is missing', (value) => {
  expect(() => must(value, 'a ledger')).toThrow('missing: a ledger');
});

test('unreachable throws and shows the value that the types ruled out', () => {
  expect(() => unreachable({ kind: 'ghost' } as never)).toThrow('{"kind":"ghost"}');
});
