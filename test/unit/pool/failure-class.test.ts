import { expect, test } from 'vitest';
import { classOf } from '../../../src/core/pool/failure-class.ts';

test.each([
  ['unreachable', 'transient'],
  ['timeout', 'transient'],
  ['bad-reply', 'transient'],
  ['unauthorized', 'auth'],
  ['no-capacity', 'capacity'],
  ['quota', 'capacity'],
  ['not-found', 'missing'],
  ['stale-generation', 'fenced'],
  ['busy', 'refused'],
  ['cannot-start', 'never'],
  ['unsupported', 'never'],
] as const)('a failure %s is %s', (kind, expected) => {
  expect(classOf(kind)).toBe(expected);
});
