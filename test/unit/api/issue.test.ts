import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeIssue } from '../../../src/core/api/issue.ts';

const schema = z.object({
  messages: z.array(z.object({ role: z.literal('user', { error: 'must be user' }) })),
  options: z.object({ size: z.object({ width: z.number({ error: 'must be a number' }) }) }).optional(),
});

test.each([
  [{ messages: [{ role: 'user' }, { role: 'x' }] }, 'messages[1].role', '"messages[1].role" must be user.'],
  [{ messages: [], options: { size: {} } }, 'options.size.width', '"options.size.width" must be a number.'],
])('a complaint names the parameter as OpenAI spells it', (body, param, message) => {
  const { error } = schema.safeParse(body);
  expect(error && describeIssue(error)).toEqual({ kind: 'invalid', message, param });
});

test('a complaint about the whole body names no parameter', () => {
  const { error } = z.string({ error: 'must be text' }).safeParse(1);
  expect(error && describeIssue(error)).toEqual({
    kind: 'invalid',
    message: 'The body must be text.',
    param: null,
  });
});
