import { expect, test } from 'vitest';
import { rule } from '../../../src/core/routing/rule.ts';

const base = { id: 'a-rule', match: { model: 'assistant' }, target: 'tiny-chat@1' };

test('a rule is read as it stands', () => {
  expect(rule.parse(base)).toEqual(base);
});

test.each([
  ['a misspelt field', { targets: 'x' }],
  ['a condition that does not exist yet', { match: { model: 'assistant', weather: 'fine' } }],
  ['no target', { target: undefined }],
  ['an empty model', { match: { model: '' } }],
  ['an id with a space', { id: 'a rule' }],
])('a rule with %s is an error when it is read', (_name, change) => {
  expect(rule.safeParse({ ...base, ...change }).success).toBe(false);
});
