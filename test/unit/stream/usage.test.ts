import { expect, it } from 'vitest';
import { parseUsage } from '../../../src/core/stream/usage.ts';

it('reads the counts of a chat and of an embedding', () => {
  expect(parseUsage({ prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 })).toEqual({
    promptTokens: 5,
    completionTokens: 2,
  });
  expect(parseUsage({ prompt_tokens: 5, total_tokens: 5 })).toEqual({ promptTokens: 5, completionTokens: 0 });
});

it.each([
  [undefined],
  [null],
  ['5'],
  [{}],
  [{ prompt_tokens: -1, completion_tokens: 1 }],
  [{ prompt_tokens: 1.5, completion_tokens: 1 }],
  [{ prompt_tokens: 1, completion_tokens: 1e18 }],
  [{ prompt_tokens: 1e10, completion_tokens: 1 }],
  [{ prompt_tokens: '1', completion_tokens: 1 }],
  [{ prompt_tokens: 1, completion_tokens: null }],
])('does not believe %j', (usage) => {
  expect(parseUsage(usage)).toBeNull();
});
