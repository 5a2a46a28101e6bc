import { expect, test } from 'vitest';
import { catalogue } from '../../../gpu-workers/models.ts';
import { must } from '../../../src/core/base/assert.ts';
import type { ModelVersion } from '../../../src/core/registry/model.ts';
import { wireModelOf } from '../../../src/core/routing/wire-model.ts';

const base = must(catalogue.versions[0], 'a version');
const command = { kind: 'command', command: ['x'], env: {}, readyPath: '/' } as const;

test('a server is asked for the id of its version, or for the name that it insists on', () => {
  const versions = [
    base,
    { ...base, id: 'plain@1', launch: command },
    { ...base, id: 'vllm@1', launch: { ...command, protocol: { kind: 'vllm', sleepLevel: 1 } as const } },
    {
      ...base,
      id: 'llama@1',
      launch: { ...command, protocol: { kind: 'ollama', model: 'llama3.2' } as const },
    },
  ];
  const nameOf = (version: string): string => wireModelOf({ versions, aliases: {} }, version);
  expect([base.id, 'plain@1', 'vllm@1', 'gone@1'].map(nameOf)).toEqual([
    base.id,
    'plain@1',
    'vllm@1',
    'gone@1',
  ]);
  expect(nameOf('llama@1')).toBe('llama3.2');
});

test('an endpoint of others is asked for its own name of the model', () => {
  const baseUrl = 'https://b.example/v1';
  const versions: readonly ModelVersion[] = [
    {
      ...base,
      id: 'a@1',
      launch: { kind: 'runpod', endpoint: 'abcdef123456', model: 'vendor/a', idleMs: 5_000 },
    },
    {
      ...base,
      id: 'b@1',
      launch: { kind: 'openai', baseUrl, model: 'vendor/b', keySecret: null, probe: true },
    },
    { ...base, id: 'c@1', launch: { kind: 'workers-ai', model: '@cf/vendor/c' } },
  ];
  const names = versions.map(({ id }) => wireModelOf({ versions, aliases: {} }, id));
  expect(names).toEqual(['vendor/a', 'vendor/b', '@cf/vendor/c']);
});
