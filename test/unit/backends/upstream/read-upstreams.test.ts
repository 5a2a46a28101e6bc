// Which hosts the Worker may call for models, with which keys: of the configuration alone.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  readUpstreams,
  type UpstreamFault,
  type Upstreams,
} from '../../../../src/backends/upstream/read-upstreams.ts';
import { accessOf, upstreamVariables } from '../../../../src/backends/upstream/upstream-variables.ts';
import { err, type Result } from '../../../../src/core/base/result.ts';
import { parseCatalogue } from '../../../../src/core/registry/parse-catalogue.ts';

const price = { inputMicrosPerMTok: 0, outputMicrosPerMTok: 0 };
const openai = {
  kind: 'openai',
  baseUrl: 'https://api.example.com/openai/v1',
  model: 'm',
  keySecret: 'UPSTREAM_KEY_X',
};
const runpod = { kind: 'runpod', endpoint: 'abcdef123456', model: 'vendor/m' };
const workersAi = { kind: 'workers-ai', model: '@cf/vendor/m' };
const account = '0123456789abcdef0123456789abcdef';
const valid = {
  UPSTREAM_HOSTS: 'api.example.com, other.example.com:8443',
  UPSTREAM_KEY_X: 'sk-x',
  RUNPOD_API_KEY: 'rpa_x',
  WORKERS_AI_ACCOUNT: account,
  WORKERS_AI_TOKEN: 'cf-x',
};

const variables = z.object({ ...upstreamVariables, ENVIRONMENT: z.string() });

/** As the configuration of the Worker reads them. */
function read(
  launch: object,
  change: Readonly<Record<string, string | undefined>> = {},
): Result<Upstreams, UpstreamFault> {
  const versions = [{ id: 'm@1', task: 'chat', price, launch }];
  const catalogue = parseCatalogue(JSON.stringify({ versions }));
  if (!catalogue.ok) throw new Error(catalogue.error);
  const env = { ENVIRONMENT: 'production', ...valid, ...change };
  const vars = variables.safeParse(env);
  if (vars.success) return readUpstreams(catalogue.value, accessOf(vars.data, env));
  const named = vars.error.issues.map(({ path }) => String(path[0]));
  return err({ variables: named, reason: z.prettifyError(vars.error) });
}

describe('an upstream', () => {
  test.each([
    [openai, { baseUrl: 'https://api.example.com/openai/v1', model: 'm', key: 'sk-x' }],
    [{ ...openai, baseUrl: 'https://other.example.com:8443/v1', keySecret: null }, { key: null }],
    [runpod, { baseUrl: 'https://api.runpod.ai/v2/abcdef123456/openai/v1', model: 'vendor/m', key: 'rpa_x' }],
    [
      workersAi,
      {
        baseUrl: `https://api.cloudflare.com/client/v4/accounts/${account}/ai/v1`,
        model: '@cf/vendor/m',
        key: 'cf-x',
      },
    ],
  ])('of %j is read', (launch, expected) => {
    const upstreams = read(launch);
    expect(upstreams).toMatchObject({ ok: true });
    if (upstreams.ok) expect(upstreams.value.get('m@1')).toMatchObject(expected);
  });

  test.each([
    ['api.example.com:443', 'https://api.example.com/v1'],
    ['api.example.com', 'https://api.example.com:443/v1'],
    ['[2001:db8::1]:8443', 'https://[2001:db8:0::1]:8443/v1'],
    ['[2001:db8:0:0::1]', 'https://[2001:db8::1]/v1'],
  ])('listed as %s is the host of %s', (UPSTREAM_HOSTS, baseUrl) => {
    expect(read({ ...openai, baseUrl }, { UPSTREAM_HOSTS })).toMatchObject({ ok: true });
  });

  test.each(['api.example.com:80', 'api.example.com:444', '2001:db8::1', 'api.example.com:99999'])(
    'listed as %s is no other host',
    (UPSTREAM_HOSTS) => {
      expect(read(openai, { UPSTREAM_HOSTS })).toMatchObject({
        ok: false,
        error: { variables: ['UPSTREAM_HOSTS'] },
      });
    },
  );

  test.each([
    [
      'a host that is not listed',
      openai,
      { UPSTREAM_HOSTS: 'example.com' },
      'UPSTREAM_HOSTS',
      'api.example.com',
    ],
    ['no list at all', openai, { UPSTREAM_HOSTS: undefined }, 'UPSTREAM_HOSTS', 'add it there'],
    [
      'another port than the listed one',
      { ...openai, baseUrl: 'https://api.example.com:444/v1' },
      {},
      'UPSTREAM_HOSTS',
      'api.example.com:444',
    ],
    ['no TLS', { ...openai, baseUrl: 'http://api.example.com/v1' }, {}, 'EXTRA_MODELS', 'in the clear'],
    [
      'a secret that is not set',
      openai,
      { UPSTREAM_KEY_X: undefined },
      'UPSTREAM_KEY_X',
      'wrangler secret put',
    ],
    ['no key of RunPod', runpod, { RUNPOD_API_KEY: undefined }, 'RUNPOD_API_KEY', 'wrangler secret put'],
    [
      'no account',
      workersAi,
      { WORKERS_AI_ACCOUNT: undefined },
      'WORKERS_AI_ACCOUNT',
      'the account that pays',
    ],
    ['an account that is none', workersAi, { WORKERS_AI_ACCOUNT: 'me' }, 'WORKERS_AI_ACCOUNT', '32 hex'],
    ['no token', workersAi, { WORKERS_AI_TOKEN: undefined }, 'WORKERS_AI_TOKEN', 'wrangler secret put'],
    [
      'a list that is none',
      openai,
      { UPSTREAM_HOSTS: 'https://api.example.com' },
      'UPSTREAM_HOSTS',
      'host names',
    ],
    ['another RunPod without TLS', runpod, { RUNPOD_API_URL: 'http://x.example' }, 'RUNPOD_API_URL', 'https'],
  ])('with %s is refused, and says what to do', (...[, launch, change, variable, words]) => {
    const upstreams = read(launch, change);
    expect(upstreams).toMatchObject({ ok: false, error: { variables: [variable] } });
    if (!upstreams.ok) expect(upstreams.error.reason).toContain(words);
  });
});
