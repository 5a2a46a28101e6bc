// What the doctor says of models on other machines, as far as nobody has to be asked.
import { describe, expect, test } from 'vitest';
import {
  checkReplicaKeys,
  checkUpstreams,
  isSecretName,
  type WorkerSide,
} from '../../../src/cli/doctor/check-upstreams.ts';
import { checkModalOwner } from '../../../src/cli/doctor/check-modal-owner.ts';
import { checkPlaces } from '../../../src/cli/doctor/check-places.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import type { ModelVersion } from '../../../src/core/registry/model.ts';

const figures = { loadGuessMs: 1, wakeGuessMs: 1, hotMicrosPerSecond: 1, parkedMicrosPerSecond: 1 };

function version(launch: object): ModelVersion {
  const price = { inputMicrosPerMTok: 1, outputMicrosPerMTok: 1 };
  const text = JSON.stringify({ versions: [{ id: 'm@1', task: 'chat', price, ...figures, launch }] });
  const parsed = parseCatalogue(text);
  const [made] = parsed.ok ? parsed.value.versions : [];
  if (made === undefined) throw new Error(parsed.ok ? 'no version' : parsed.error);
  return made;
}

const local = version({ kind: 'embedder' });
const runpod = version({ kind: 'runpod', endpoint: 'jpnw0v75y3qoql', model: 'm' });
const plain = { kind: 'modal-sandbox', app: 'a', image: 'node:22', gpu: 'H100', command: ['node'] };
const sandbox = version(plain);
const command = ['vllm', 'serve', 'm', '--enable-sleep-mode'];
const openVllm = version({ ...plain, command, protocol: { kind: 'vllm', sleepLevel: 1 } });

function pods(endpoint: string): ModelVersion {
  return version({ kind: 'kubernetes', shape: 'deployment', name: 'chat', endpoint, gpu: 'H100' });
}

function side(env: Readonly<Record<string, string>>, knowsSecrets = true): WorkerSide {
  return { environment: 'staging', env, knowsSecrets, remedyOf: (name) => `set ${name}` };
}

describe('the Worker', () => {
  test('is asked for nothing that no model needs', () => {
    expect(checkUpstreams([local, sandbox], side({}))).toEqual([]);
    expect(checkReplicaKeys([local, runpod, sandbox], side({}))).toEqual([]);
  });

  test('is well with what its models need', () => {
    expect(checkUpstreams([runpod], side({ RUNPOD_API_KEY: 'k' }))).toMatchObject([{ state: 'ok' }]);
    expect(checkReplicaKeys([openVllm], side({ REPLICA_KEY: 'k' }))).toEqual([]);
    expect(checkReplicaKeys([pods('https://c.example')], side({ REPLICA_KEY: 'k' }))).toEqual([]);
  });

  test('is asked for the key of pods that it reaches over TLS: it shows it to no others', () => {
    const lacks = [{ id: 'replica-key', state: 'wrong', remedy: expect.stringContaining('set REPLICA_KEY') }];
    expect(checkReplicaKeys([pods('https://c.example')], side({}))).toMatchObject(lacks);
    expect(checkReplicaKeys([pods('http://10.0.0.1:80')], side({}))).toEqual([]);
  });

  test('lacks a secret only where it is known which ones it has', () => {
    expect(checkUpstreams([runpod], side({}))).toMatchObject([
      { state: 'wrong', remedy: 'set RUNPOD_API_KEY' },
    ]);
    expect(checkUpstreams([runpod], side({}, false))).toMatchObject([{ state: 'unknown' }]);
    expect(checkReplicaKeys([openVllm], side({}, false))).toMatchObject([{ state: 'unknown' }]);
  });

  test('has every wrong variable named', () => {
    const found = checkUpstreams(
      [runpod],
      side({ UPSTREAM_HOSTS: 'A b', RUNPOD_API_URL: 'x', RUNPOD_API_KEY: 'k' }),
    );
    expect(new Set(found.map(({ remedy }) => remedy))).toEqual(
      new Set(['set RUNPOD_API_URL', 'set UPSTREAM_HOSTS']),
    );
  });

  test.each([
    ['RUNPOD_API_KEY', true],
    ['WORKERS_AI_TOKEN', true],
    ['UPSTREAM_KEY_GROQ', true],
    ['REPLICA_KEY', true],
    ['UPSTASH_REDIS_REST_TOKEN', true],
    ['ADMIN_TOKEN_SHA256', true],
    ['UPSTASH_REDIS_REST_URL', false],
    ['MODAL_PROXY_ID', true],
    ['MODAL_PROXY_SECRET', true],
    ['UPSTREAM_HOSTS', false],
    ['WORKERS_AI_ACCOUNT', false],
    ['RUNPOD_API_URL', false],
  ])('%s is a secret: %j', (name, is) => {
    expect(isSecretName(name)).toBe(is);
  });
});

describe('the agent', () => {
  const token = { MODAL_TOKEN_ID: 'a', MODAL_TOKEN_SECRET: 'b' };

  test('is asked for nothing that no model needs', () => {
    expect(checkPlaces([local, runpod], {})).toEqual([]);
  });

  test('needs a token for Modal, and a key for a vLLM that anybody could reach', () => {
    expect(checkPlaces([sandbox], {})).toMatchObject([{ id: 'modal', state: 'wrong' }]);
    expect(checkPlaces([sandbox], token)).toMatchObject([{ id: 'modal', state: 'ok' }]);
    expect(checkPlaces([openVllm], token)).toMatchObject([{ id: 'replica-key', state: 'wrong' }]);
    const key = { REPLICA_KEY: 'k'.repeat(16) };
    expect(checkPlaces([openVllm], { ...token, ...key })).toMatchObject([{ id: 'modal', state: 'ok' }]);
    // What the agent refuses, the doctor refuses.
    expect(checkPlaces([openVllm], { ...token, REPLICA_KEY: 'short' })).toMatchObject([
      { id: 'modal', state: 'wrong' },
    ]);
  });
});

describe("the owner of an agent's sandboxes", () => {
  test('is warned of where it is the default, which every agent has that is told none', () => {
    for (const owner of [undefined, '', 'default'])
      expect(checkModalOwner([local, sandbox], owner, 'here')).toMatchObject([
        { id: 'modal-owner', state: 'warning', remedy: expect.stringMatching(/MODAL_OWNER.* here$/) },
      ]);
    expect(checkModalOwner([sandbox], 'staging', 'here')).toEqual([]);
  });

  test('is nothing to models that are no sandboxes', () => {
    expect(checkModalOwner([local, runpod], undefined, 'here')).toEqual([]);
  });
});
