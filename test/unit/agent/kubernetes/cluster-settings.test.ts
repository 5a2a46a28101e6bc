import { expect, test } from 'vitest';
import { parseClusterSettings } from '../../../../gpu-workers/agent/kubernetes/cluster-settings.ts';

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';
const certificate = '-----BEGIN CERTIFICATE-----\n';
const pod: Readonly<Record<string, string>> = {
  [`${mounted}/token`]: 'a.b.c\n',
  [`${mounted}/ca.crt`]: certificate,
  [`${mounted}/namespace`]: 'models\n',
};
const cluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const parse = (env: Record<string, string>, files = pod) =>
  parseClusterSettings(env, (file) => files[file] ?? null);

test('in a pod nothing has to be set', () => {
  expect(parse(cluster)).toEqual({
    ok: true,
    value: {
      url: 'https://10.0.0.1:443',
      tokenFile: `${mounted}/token`,
      caFile: `${mounted}/ca.crt`,
      namespace: 'models',
      fieldManager: 'pilotlight',
      force: false,
      gpusMax: 4,
      sweepMs: 10_000,
      endsWithAgent: false,
    },
  });
  expect(parse({ ...cluster, KUBERNETES_SERVICE_HOST: 'fd00::1' })).toMatchObject({
    value: { url: 'https://[fd00::1]:443' },
  });
});

test('elsewhere the API server, the token and the CA are named', () => {
  const env = {
    KUBERNETES_API_URL: 'https://api.example.com:6443/',
    KUBERNETES_TOKEN_FILE: '/t',
    KUBERNETES_CA_FILE: 'system',
    KUBERNETES_NAMESPACE: 'gpu',
    KUBERNETES_FORCE: '1',
  };
  expect(parse(env, { '/t': 'a.b.c' })).toMatchObject({
    value: {
      url: 'https://api.example.com:6443',
      tokenFile: '/t',
      caFile: null,
      namespace: 'gpu',
      force: true,
    },
  });
});

test.each([
  ['no cluster at all', {}, 'set KUBERNETES_API_URL'],
  ['a URL in the clear', { KUBERNETES_API_URL: 'http://10.0.0.1' }, 'must be an https URL'],
  ['a URL with a path', { KUBERNETES_API_URL: 'https://10.0.0.1/api' }, 'without a path'],
  ['a token file that is not there', { KUBERNETES_TOKEN_FILE: '/none' }, 'there is no token in /none'],
  ['a CA that is none', { KUBERNETES_CA_FILE: `${mounted}/token` }, 'there is no certificate in'],
  ['a namespace that cannot be', { KUBERNETES_NAMESPACE: 'My Models' }, 'KUBERNETES_NAMESPACE must name'],
  [
    'an owner that cannot be',
    { KUBERNETES_FIELD_MANAGER: 'a&force=true' },
    'KUBERNETES_FIELD_MANAGER must be',
  ],
  ['a force that is neither', { KUBERNETES_FORCE: 'yes' }, 'KUBERNETES_FORCE must be 0 or 1'],
  ['an end that is neither', { KUBERNETES_ON_END: 'x' }, 'KUBERNETES_ON_END must be keep or stop'],
  ['no GPUs', { KUBERNETES_GPUS_MAX: '0' }, 'KUBERNETES_GPUS_MAX must be a whole number'],
  ['a sweep without end', { KUBERNETES_SWEEP_MS: '5' }, 'KUBERNETES_SWEEP_MS must be a whole number'],
])('%s is refused in words', (_name, change, words) => {
  const env = 'KUBERNETES_API_URL' in change || Object.keys(change).length === 0 ? {} : cluster;
  const parsed = parse({ ...env, ...change });
  expect(parsed.ok ? '' : parsed.error).toContain(words);
});
