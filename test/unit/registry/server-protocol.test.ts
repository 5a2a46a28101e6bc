import { expect, test } from 'vitest';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { whyNoProtocol } from '../../../src/core/registry/server-protocol.ts';

const command = ['vllm', 'serve', 'm', '--port', '$PORT', '--enable-sleep-mode'];
const vllm = { kind: 'command', command, protocol: { kind: 'vllm' } };
const ollama = {
  kind: 'command',
  command: ['ollama', 'serve'],
  protocol: { kind: 'ollama', model: 'llama3.2' },
};
const sandbox = { ...vllm, kind: 'modal-sandbox', app: 'a', image: 'i', gpu: 'H100' };

function parse(launch: object, task = 'chat'): ReturnType<typeof parseCatalogue> {
  return parseCatalogue(JSON.stringify({ versions: [{ id: 'm@1', task, launch }] }));
}

test('vLLM sleeps at level 1 unless it is told otherwise', () => {
  expect(parse(vllm)).toMatchObject({
    value: { versions: [{ launch: { protocol: { kind: 'vllm', sleepLevel: 1 } } }] },
  });
  const deep = { ...vllm, protocol: { kind: 'vllm', sleepLevel: 2 } };
  expect(parse(deep)).toMatchObject({ value: { versions: [{ launch: deep }] } });
});

test.each([
  ['an unknown protocol', { ...vllm, protocol: { kind: 'tgi' } }, 'chat', 'protocol'],
  [
    'a sleep level that there is not',
    { ...vllm, protocol: { kind: 'vllm', sleepLevel: 3 } },
    'chat',
    'sleepLevel',
  ],
  [
    'a vLLM whose sleeping frees nothing',
    { ...vllm, command: ['vllm', 'serve', 'm'] },
    'chat',
    '--enable-sleep-mode',
  ],
  [
    'a shell that would swallow the guard',
    { ...sandbox, command: ['sh', '-c', command.join(' ')] },
    'chat',
    'no shell',
  ],
  ['embeddings of Ollama', ollama, 'embedding', 'chat models alone'],
  [
    'Ollama in a sandbox',
    { ...sandbox, command: ['ollama'], protocol: ollama.protocol },
    'chat',
    'local command alone',
  ],
  [
    'a model of Ollama that is none',
    { ...ollama, protocol: { kind: 'ollama', model: 'a b' } },
    'chat',
    'ollama list',
  ],
])('%s is refused, with the place and the remedy', (_, launch, task, words) => {
  const parsed = parse(launch, task);
  expect(parsed.ok).toBe(false);
  if (!parsed.ok) expect(parsed.error).toContain(words);
});

test('a launch without a protocol promises nothing', () => {
  expect(whyNoProtocol({ task: 'chat', launch: { kind: 'embedder' } })).toBeNull();
});
