// The Worker's variables: what is taken, what is refused, and that a refusal says why to the operator and only where to anybody else.
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../gpu-workers/models.ts';
import { parseConfig, readConfig, type Config } from '../../src/config.ts';
import type { Env } from '../../src/env.ts';

const dev = { ENVIRONMENT: 'dev' };
const devAdminSha256 = '5425f937d5f1ea23f9c1598c149b02cc1b9e570b4755dc50f24368e098ee19ab';

function parse(env: Readonly<Record<string, unknown>>): Config {
  const config = parseConfig(env);
  if (!config.ok) throw new Error(config.error.reason);
  return config.value;
}

describe('a configuration', () => {
  test('needs to say which environment it is, and nothing else', () => {
    expect(parse(dev)).toMatchObject({
      environment: 'dev',
      place: 'local',
      catalogue,
      hosts: { loopbackOnly: true, allowedHosts: [] },
      dispatch: {
        totalMs: 300_000,
        firstTokenMs: 120_000,
        idleMs: 30_000,
        graceMs: 10_000,
        keepAliveMs: 10_000,
        replyBytesMax: 8_388_608,
      },
      bounds: { bodyBytesMax: 1_048_576, depthMax: 64 },
    });
  });

  test('takes times as variables spell them', () => {
    expect(parse({ ...dev, GRACE_MS: '250', TOTAL_MS: 5_000 }).dispatch).toMatchObject({
      graceMs: 250,
      totalMs: 5_000,
    });
  });

  test('may give every version other idle windows', () => {
    const { versions } = parse({ ...dev, HOT_IDLE_MS: '0', PARKED_IDLE_MS: '7' }).catalogue;
    expect(versions.map(({ hotIdleMs, parkedIdleMs }) => [hotIdleMs, parkedIdleMs])).toEqual(
      versions.map(() => [0, 7]),
    );
    expect(parse({ ...dev, HOT_IDLE_MS: '5' }).catalogue.versions[0]?.parkedIdleMs).toBe(
      catalogue.versions[0]?.parkedIdleMs,
    );
  });

  test('says what waiting is worth and how many GPUs there are; 0 of them is no bound', () => {
    expect(parse(dev)).toMatchObject({
      waitCostMicrosPerSecond: 10_000,
      gpuBudget: null,
      plannerTickMs: 60_000,
    });
    expect(parse({ ...dev, GPU_BUDGET: '0' }).gpuBudget).toBeNull();
    expect(parse({ ...dev, GPU_BUDGET: '7', WAIT_COST_MICROS_PER_SECOND: '0' })).toMatchObject({
      gpuBudget: 7,
      waitCostMicrosPerSecond: 0,
    });
  });

  test('whose floors need more GPUs than there are is refused, naming the variable and both figures', () => {
    const version = { id: 'mine@1', task: 'chat', launch: { kind: 'embedder' }, floor: 3, replicasMax: 3 };
    const EXTRA_MODELS = JSON.stringify({ versions: [version] });
    expect(parseConfig({ ...dev, EXTRA_MODELS, GPU_BUDGET: '2' })).toMatchObject({
      ok: false,
      error: { variables: ['GPU_BUDGET'], reason: /is 2, less than the 3 replicas/ },
    });
    expect(parseConfig({ ...dev, EXTRA_MODELS, GPU_BUDGET: '3' }).ok).toBe(true);
  });

  test('may bring more models, and other meanings of a name', () => {
    const version = { id: 'mine@1', task: 'chat', launch: { kind: 'embedder' } };
    const EXTRA_MODELS = JSON.stringify({ versions: [version], aliases: { assistant: 'mine@1' } });
    const { versions, aliases } = parse({ ...dev, EXTRA_MODELS }).catalogue;
    expect(versions.map(({ id }) => id)).toEqual([...catalogue.versions.map(({ id }) => id), 'mine@1']);
    expect(aliases).toEqual({ ...catalogue.aliases, assistant: 'mine@1' });
  });

  test('outside of dev has hosts and an admin of its own', () => {
    const ADMIN_TOKEN_SHA256 = 'a'.repeat(64);
    const env = { ENVIRONMENT: 'production', ALLOWED_HOSTS: 'a.example, b.example:8443', ADMIN_TOKEN_SHA256 };
    expect(parse(env)).toMatchObject({
      hosts: { loopbackOnly: false, allowedHosts: ['a.example', 'b.example:8443'] },
      adminTokenSha256: ADMIN_TOKEN_SHA256,
    });
  });

  test('outside of dev is refused without its secrets, each by name and with the command that sets it', () => {
    const AGENT_URL = 'https://agent.example';
    for (const ENVIRONMENT of ['staging', 'production']) {
      expect(parseConfig({ ENVIRONMENT, AGENT_URL })).toEqual({
        ok: false,
        error: {
          variables: ['ADMIN_TOKEN_SHA256', 'AGENT_TOKEN'],
          reason: [
            `the secret ADMIN_TOKEN_SHA256 is not set: npx wrangler secret put ADMIN_TOKEN_SHA256 --env ${ENVIRONMENT}`,
            `the secret AGENT_TOKEN is not set: npx wrangler secret put AGENT_TOKEN --env ${ENVIRONMENT}`,
          ].join('\n'),
        },
      });
    }
    expect(parse({ ...dev, AGENT_URL }).adminTokenSha256).toBe(devAdminSha256);
  });

  test('outside of dev needs no token for an agent that it does not have', () => {
    expect(parse({ ENVIRONMENT: 'production', ADMIN_TOKEN_SHA256: 'a'.repeat(64) }).agentUrl).toBe('');
  });

  test('is parsed once, and so is its fault', () => {
    const good = dev as unknown as Env;
    expect(readConfig(good)).toBe(readConfig(good));
  });
});

describe('a variable', () => {
  test.each([
    ['ENVIRONMENT', 'prod', 'must be dev, staging or production'],
    ['PLACE', 'Frankfurt am Main', 'small letters'],
    ['AGENT_URL', 'localhost', 'must be an http or https URL'],
    ['AGENT_URL', 'file:///etc/passwd', 'must be an http or https URL'],
    ['ADMIN_TOKEN_SHA256', 'admin-pilotlight-dev', 'must be a SHA-256'],
    ['ALLOWED_HOSTS', 'https://a.example', 'host names'],
    ['ALLOWED_HOSTS', 'A.example', 'host names'],
    ['TOTAL_MS', '', 'must be a whole number'],
    ['TOTAL_MS', '0', 'must be a whole number from 1'],
    ['FIRST_TOKEN_MS', 'soon', 'must be a whole number'],
    ['IDLE_MS', '1.5', 'must be a whole number'],
    ['IDLE_MS', '1e3', 'must be a whole number'],
    ['GRACE_MS', '', 'must be a whole number'],
    ['GRACE_MS', '-1', 'must be a whole number'],
    ['GRACE_MS', '99999999', 'must be a whole number'],
    ['KEEP_ALIVE_MS', '1', 'must be a whole number from 50'],
    ['HOT_IDLE_MS', ' 5', 'must be a whole number'],
    ['PARKED_IDLE_MS', true, 'must be a whole number'],
    ['BODY_MS', '0', 'must be a whole number from 1'],
    ['REPLY_BYTES_MAX', '999999999', 'must be a whole number'],
    ['WAIT_COST_MICROS_PER_SECOND', 'NaN', 'must be a whole number'],
    ['EXTRA_MODELS', '{"versions":', 'not valid JSON'],
    ['EXTRA_MODELS', '{"versions":[{"id":"x"}]}', 'must look like name@1'],
    ['EXTRA_MODELS', '{"versions":[],"aliases":{"mine":"gone@1"}}', 'which no version has'],
  ])('%s of %j is refused by its name', (name, value, words) => {
    expect(parseConfig({ ...dev, [name]: value })).toEqual({
      ok: false,
      error: { variables: [name], reason: expect.stringContaining(words) },
    });
  });

  test('is not the only one told, when several are wrong', () => {
    const config = parseConfig({ GRACE_MS: 'x', IDLE_MS: 'y' });
    expect(config).toMatchObject({ ok: false, error: { variables: ['ENVIRONMENT', 'GRACE_MS', 'IDLE_MS'] } });
  });

  test.each(['staging', 'production'])('cannot make the dev admin one of %s', (ENVIRONMENT) => {
    expect(parseConfig({ ENVIRONMENT, ADMIN_TOKEN_SHA256: devAdminSha256 })).toMatchObject({
      ok: false,
      error: { variables: ['ADMIN_TOKEN_SHA256'] },
    });
  });
});

describe('what would be sent in the clear, or to strangers', () => {
  const production = { ENVIRONMENT: 'production', ADMIN_TOKEN_SHA256: 'a'.repeat(64), AGENT_TOKEN: 'token' };
  const https = 'https://agent.example';

  test.each([
    ['the agent without TLS', { AGENT_URL: 'http://agent.example' }, 'AGENT_URL', 'must be an https URL'],
    ['what only begins as loopback', { AGENT_URL: 'http://127.0.0.1.example' }, 'AGENT_URL', 'https URL'],
    [
      'the agent with a password',
      { AGENT_URL: 'https://u:pw@agent.example' },
      'AGENT_URL',
      'user or password',
    ],
    ['the agent below a path', { AGENT_URL: `${https}/agent` }, 'AGENT_URL', 'without a path'],
    ['the agent with a query', { AGENT_URL: `${https}?a=b` }, 'AGENT_URL', 'without a path'],
    ['a token of two words', { AGENT_URL: https, AGENT_TOKEN: 'a b' }, 'AGENT_TOKEN', 'without spaces'],
    ['a token of two lines', { AGENT_URL: https, AGENT_TOKEN: 'a\nb' }, 'AGENT_TOKEN', 'line breaks'],
    ['a key of two words', { REPLICA_KEY: 'replica-key of-the-edge' }, 'REPLICA_KEY', 'without spaces'],
    ['a key that the agent refuses', { REPLICA_KEY: 'k'.repeat(15) }, 'REPLICA_KEY', '16 characters'],
    [
      'half of a proxy token',
      { MODAL_PROXY_ID: 'wk-1' },
      'MODAL_PROXY_SECRET',
      'MODAL_PROXY_ID is set without',
    ],
    ['its other half', { MODAL_PROXY_SECRET: 'ws-1' }, 'MODAL_PROXY_ID', 'MODAL_PROXY_SECRET is set without'],
    [
      'a proxy token with a space',
      { MODAL_PROXY_ID: 'wk 1', MODAL_PROXY_SECRET: 's' },
      'MODAL_PROXY_ID',
      'spaces',
    ],
    ['hosts that are none', { MODAL_HOSTS: '.modal.run,....' }, 'MODAL_HOSTS', 'host names'],
    ['a whole top-level domain', { MODAL_HOSTS: '.run' }, 'MODAL_HOSTS', 'host names'],
  ])('%s is refused by the name of the variable', (_, more, name, words) => {
    expect(parseConfig({ ...production, ...more })).toEqual({
      ok: false,
      error: { variables: [name], reason: expect.stringContaining(words) },
    });
  });

  test('a stack on this machine needs no certificate, and development may have its agent anywhere', () => {
    for (const AGENT_URL of ['http://127.0.0.1:8788', 'http://localhost:8788', 'http://[::1]:8788'])
      expect(parse({ ...production, AGENT_URL }).agentUrl).toBe(AGENT_URL);
    expect(parse({ ...dev, AGENT_URL: 'http://agent.test' }).agentUrl).toBe('http://agent.test');
    expect(parse({ ...production, AGENT_URL: `${https}:8443/` }).agentUrl).toBe(`${https}:8443`);
  });

  const cluster = (endpoint: string): string => {
    const launch = { kind: 'kubernetes', shape: 'deployment', name: 'chat', gpu: 'H100', endpoint };
    const figures = { loadGuessMs: 1, wakeGuessMs: 1, hotMicrosPerSecond: 1, parkedMicrosPerSecond: 1 };
    const price = { inputMicrosPerMTok: 1, outputMicrosPerMTok: 1 };
    return JSON.stringify({ versions: [{ id: 'mine@1', task: 'chat', price, ...figures, launch }] });
  };

  test('a model at an http address is refused by name, unless its exact host is listed', () => {
    const EXTRA_MODELS = cluster('http://chat.ns.svc:8000');
    for (const REPLICA_HTTP_HOSTS of ['', 'chat.ns.svc', 'ns.svc:8000'])
      expect(parseConfig({ ...production, EXTRA_MODELS, REPLICA_HTTP_HOSTS })).toMatchObject({
        ok: false,
        error: {
          variables: ['REPLICA_HTTP_HOSTS'],
          reason: expect.stringMatching(/^mine@1 .* in the clear/),
        },
      });
    const listed = { EXTRA_MODELS, REPLICA_HTTP_HOSTS: 'other.svc:80, chat.ns.svc:8000' };
    expect(parse({ ...production, ...listed }).replicaKeys.httpHosts).toEqual(
      new Set(['other.svc', 'chat.ns.svc:8000']),
    );
    expect(parse({ ...dev, EXTRA_MODELS }).replicaKeys.httpHosts).toBeNull();
    expect(parse({ ...production, EXTRA_MODELS: cluster('https://chat.example') }).environment).toBe(
      'production',
    );
  });

  test('a whole proxy token, and a key as long as the agent wants it, are taken', () => {
    const keys = { REPLICA_KEY: 'k'.repeat(16), MODAL_PROXY_ID: 'wk-1', MODAL_PROXY_SECRET: 'ws-1' };
    expect(
      parse({ ...production, ...keys, MODAL_HOSTS: '.modal.run,one.example' }).replicaKeys,
    ).toMatchObject({
      replicaKey: 'k'.repeat(16),
      modalProxy: { id: 'wk-1', secret: 'ws-1' },
      modalHosts: ['.modal.run', 'one.example'],
    });
  });
});
