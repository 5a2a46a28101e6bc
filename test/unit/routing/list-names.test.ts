import { expect, test } from 'vitest';
import { catalogue } from '../../../gpu-workers/models.ts';
import { listNames } from '../../../src/core/routing/list-names.ts';

test('a tenant is shown the names of the catalogue, those of its own rules, and the versions, each once', () => {
  const rule = (model: string) => ({ id: model, match: { model }, target: 'tiny-chat@1' });
  expect(listNames(catalogue, [rule('assistant'), rule('our-own')])).toEqual([
    'assistant',
    'assistant-solo',
    'agent',
    'agent-labels',
    'agent-tools',
    'embed',
    'our-own',
    'tiny-chat@1',
    'tiny-chat-solo@1',
    'tiny-agent@1',
    'use-lite-embed@1',
  ]);
});
