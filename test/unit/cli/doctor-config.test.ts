// What the doctor says of a configuration that the Worker refuses: all of it, and nothing that was said before.
import { describe, expect, test } from 'vitest';
import { checkConfig, unreadable } from '../../../src/cli/doctor/check-config.ts';
import type { WorkerSide } from '../../../src/cli/doctor/check-upstreams.ts';
import { wrong } from '../../../src/cli/doctor/finding.ts';

const secrets = { ENVIRONMENT: 'staging', AGENT_TOKEN: unreadable, ADMIN_TOKEN_SHA256: unreadable };

function side(env: Readonly<Record<string, string | undefined>>, knowsSecrets = true): WorkerSide {
  return { environment: 'staging', env, knowsSecrets, remedyOf: (name) => `set ${name}` };
}

describe('the configuration of a Worker', () => {
  test('is taken, with secrets that are set and cannot be read', () => {
    expect(checkConfig(side(secrets), [])).toMatchObject([{ id: 'config', state: 'ok' }]);
    const set = { REPLICA_KEY: unreadable, MODAL_PROXY_ID: unreadable, MODAL_PROXY_SECRET: unreadable };
    expect(checkConfig(side({ ...secrets, ...set }), [])).toMatchObject([{ state: 'ok' }]);
    expect(checkConfig(side({ ...secrets, REPLICA_KEY: 'short' }), [])).toMatchObject([{ state: 'wrong' }]);
  });

  test.each([
    ['another environment than there is', { ENVIRONMENT: 'none' }, 'ENVIRONMENT'],
    ['a number that is none', { GPU_BUDGET: 'many' }, 'GPU_BUDGET'],
    ['a store that nobody knows', { EDGE_STORE: 'disk' }, 'EDGE_STORE'],
    [
      'a store without its secret',
      { EDGE_STORE: 'upstash', UPSTASH_REDIS_REST_URL: 'https://u' },
      'UPSTASH_REDIS_REST_TOKEN',
    ],
    ['an admin’s digest that is none', { ADMIN_TOKEN_SHA256: 'abc' }, 'ADMIN_TOKEN_SHA256'],
  ])('with %s is refused, with what to do', (_name, env, variable) => {
    const [found, ...others] = checkConfig(side({ ...secrets, ...env }), []);
    expect(found).toMatchObject({ id: 'config', state: 'wrong', remedy: `set ${variable}` });
    expect(found?.what).toContain('503 not_configured');
    expect(others).toEqual([]);
  });

  test('is not spoken of twice', () => {
    const told = wrong('secrets', 'pilotlight lacks ADMIN_TOKEN_SHA256', 'set it');
    const bare = { ENVIRONMENT: 'staging' };
    expect(checkConfig(side(bare), [told])).toEqual([]);
    const other = wrong('secrets', 'pilotlight lacks AGENT_TOKEN', 'set it');
    expect(checkConfig(side(bare), [other])).toMatchObject([{ state: 'wrong' }]);
  });

  test('lacks a secret only where it is known which ones it has', () => {
    expect(checkConfig(side({ ENVIRONMENT: 'staging' }, false), [])).toMatchObject([{ state: 'unknown' }]);
  });
});
