import { expect, test } from 'vitest';
import { planLaunch } from '../../../gpu-workers/agent/launch.ts';
import { catalogue } from '../../../gpu-workers/models.ts';
import { must } from '../../../src/core/base/assert.ts';
import type { Launch, ModelVersion } from '../../../src/core/registry/model.ts';

const base = must(catalogue.versions[0], 'a version');
const place = { port: 4321, root: '/models' };

function versionWith(launch: Launch): ModelVersion {
  return { ...base, id: 'x@1', slots: 3, launch };
}

test('every server gets its port, its slots and the id that it shows as model', () => {
  const env = {
    PORT: '4321',
    PILOTLIGHT_SLOTS: '3',
    PILOTLIGHT_VERSION: 'x@1',
    PILOTLIGHT_PARENT_WATCH: '1',
  };
  expect(planLaunch(versionWith({ kind: 'embedder' }), place).env).toEqual(env);
  const launch: Launch = { kind: 'command', command: ['ollama', 'serve'], env: { A: 'b' }, readyPath: '/' };
  expect(planLaunch(versionWith(launch), place).env).toEqual({ ...env, A: 'b' });
});

test('weights with a relative path count from the root, with an absolute path from nowhere', () => {
  const weightsOf = (weights: string): string | undefined =>
    planLaunch(versionWith({ kind: 'llama', weights, contextTokens: 512 }), place).env['PILOTLIGHT_WEIGHTS'];
  expect(weightsOf('a/b.gguf')).toBe('/models/a/b.gguf');
  expect(weightsOf('/else/b.gguf')).toBe('/else/b.gguf');
});

test('each own server is run by this Node, with what its kind needs', () => {
  const pace = { loadMs: 1, wakeMs: 2, firstTokenMs: 3, tokenMs: 4, tokens: 5 };
  const plan = planLaunch(versionWith({ kind: 'paced', pace }), place);
  expect(plan).toMatchObject({ command: process.execPath, readyPath: '/health', foreign: false });
  expect(plan.args[0]).toMatch(/gpu-workers\/servers\/paced-server\.ts$/);
  expect(JSON.parse(plan.env['PILOTLIGHT_PACE'] ?? '')).toEqual(pace);
});

test('a command finds its port in its arguments too, where no shell would put it', () => {
  const command = ['vllm', 'serve', '--port=$PORT', '--port', '$PORT'];
  const plan = planLaunch(versionWith({ kind: 'command', command, env: {}, readyPath: '/up' }), place);
  expect(plan).toMatchObject({ command: 'vllm', args: ['serve', '--port=4321', '--port', '4321'] });
  expect(plan).toMatchObject({ readyPath: '/up', foreign: true, directory: '/models' });
});

test('its slots and the name of its model, too, and all of it in what is added to its environment', () => {
  const launch: Launch = {
    kind: 'command',
    command: ['vllm', 'serve', '--max-num-seqs=$PILOTLIGHT_SLOTS', '$PILOTLIGHT_VERSION', '$HOME'],
    env: { OLLAMA_HOST: '127.0.0.1:$PORT', OTHER: '$PATH' },
    readyPath: '/',
  };
  const plan = planLaunch(versionWith(launch), place);
  expect(plan.args).toEqual(['serve', '--max-num-seqs=3', 'x@1', '$HOME']);
  expect(plan.env).toMatchObject({ OLLAMA_HOST: '127.0.0.1:4321', OTHER: '$PATH' });
});

test('what its protocol needs is set, unless its own environment says otherwise', () => {
  const protocol = { kind: 'vllm', sleepLevel: 1 } as const;
  const launch = { kind: 'command', command: ['vllm'], env: {}, readyPath: '/health', protocol } as const;
  expect(planLaunch(versionWith(launch), place)).toMatchObject({
    protocol,
    env: { VLLM_SERVER_DEV_MODE: '1' },
  });
  const plain = { ...launch, env: { VLLM_SERVER_DEV_MODE: '0' } };
  expect(planLaunch(versionWith(plain), place).env).toMatchObject({ VLLM_SERVER_DEV_MODE: '0' });
});
