// The parts of a deployment that decide: its options, what it says has changed, and what of wrangler's words is a warning.
import { describe, expect, test } from 'vitest';
import { gzipBytesMax, warningsIn, whyTooLarge } from '../../../src/cli/deploy/bundle.ts';
import { compareDeployment, newMigrations, type Deployed } from '../../../src/cli/deploy/compare.ts';
import { parseDeployOptions } from '../../../src/cli/deploy/options.ts';
import { activeMsIn } from '../../../src/cli/deploy/startup.ts';
import { readEnvironment, type EnvironmentConfig } from '../../../src/cli/deploy/triggers.ts';
import type { Binding } from '../../../src/cli/deploy/upload.ts';

const config: EnvironmentConfig = {
  worker: 'pilotlight-staging',
  routes: ['workers.dev'],
  crons: ['* * * * *'],
  migrations: ['v1'],
  vars: {},
  agentUrl: '',
  requiredSecrets: [],
};
const pool: Binding = { name: 'POOL', type: 'durable_object_namespace', class_name: 'PoolObject' };
const place: Binding = { name: 'PLACE', type: 'plain_text', text: 'fra' };
const upload = { bindings: [pool, place], compatibilityDate: '2026-11-01', compatibilityFlags: ['a'] };
const deployed: Deployed = {
  versionId: 'v',
  createdOn: '2026-11-01T00:00:00Z',
  commit: 'abcdef1',
  // The platform says more of a binding than was uploaded.
  bindings: [{ ...pool, namespace_id: '1' }, place],
  compatibilityDate: '2026-11-01',
  compatibilityFlags: ['a'],
};

describe('what a deployment changes', () => {
  test('is nothing when all is as it was', () => {
    expect(compareDeployment({ upload, config }, deployed, config)).toEqual([]);
  });

  test.each<[string, Binding[], readonly string[]]>([
    ['a new var', [{ name: 'GPU_BUDGET', type: 'plain_text', text: '4' }], ['+ var GPU_BUDGET "4"']],
    ['another value', [{ ...place, text: 'ams' }], ['~ var PLACE: "fra" -> "ams"']],
    [
      'another class',
      [{ ...pool, class_name: 'Other' }],
      ['~ durable_object_namespace POOL: PoolObject -> Other'],
    ],
    ['a secret that is there', [{ name: 'PLACE', type: 'inherit' }], []],
    ['a secret that is not there', [{ name: 'TOKEN', type: 'inherit' }], ['! secret TOKEN is not set']],
  ])('%s', (_what, more, lines) => {
    const names = new Set(more.map(({ name }) => name));
    const bindings = [...upload.bindings.filter(({ name }) => !names.has(name)), ...more];
    expect(compareDeployment({ upload: { ...upload, bindings }, config }, deployed, config)).toEqual(lines);
  });

  test('a binding that is gone; secrets that are not named stay', () => {
    const before = { ...deployed, bindings: [...deployed.bindings, { name: 'TOKEN', type: 'secret_text' }] };
    expect(compareDeployment({ upload: { ...upload, bindings: [pool] }, config }, before, config)).toEqual([
      '- var PLACE "fra"',
    ]);
  });

  test('routes, crons, migrations, dates and flags', () => {
    const after = { ...config, routes: ['a.example'], crons: [], migrations: ['v1', 'v2'] };
    const newer = { ...upload, compatibilityDate: '2026-12-01', compatibilityFlags: [] };
    expect(compareDeployment({ upload: newer, config: after }, deployed, config)).toEqual([
      '~ compatibility date: 2026-11-01 -> 2026-12-01',
      '- compatibility flag a',
      '+ route a.example',
      '- route workers.dev',
      '- cron * * * * *',
      '+ migration v2',
    ]);
    expect(newMigrations(after, config)).toEqual(['v2']);
  });

  test('says what cannot be told when the deployed commit is not known', () => {
    expect(compareDeployment({ upload, config }, deployed, null)).toEqual([
      '? routes, crons and migrations: the deployed version names no commit that is known here',
    ]);
  });
});

describe('wrangler.toml', () => {
  const toml = `name = "w"
[triggers]
crons = ["1 * * * *"]
[[migrations]]
tag = "v1"
[env.a]
[env.b]
name = "other"
routes = [{ pattern = "b.example", custom_domain = true }, "c.example/*"]
triggers = { crons = [] }
`;

  test('an environment inherits what wrangler lets it inherit', () => {
    expect(readEnvironment(toml, 'a')).toMatchObject({
      worker: 'w-a',
      routes: ['workers.dev'],
      crons: ['1 * * * *'],
      migrations: ['v1'],
    });
  });

  test('is asked for the token of an agent where it names one, and only there', () => {
    const required = '[env.b.secrets]\nrequired = ["ADMIN_TOKEN_SHA256"]\n';
    const withAgent = `[env.b.vars]\nAGENT_URL = "https://agent.example"\n${required}`;
    expect(readEnvironment(toml + required, 'b')?.requiredSecrets).toEqual(['ADMIN_TOKEN_SHA256']);
    expect(readEnvironment(toml + withAgent, 'b')?.requiredSecrets).toEqual([
      'AGENT_TOKEN',
      'ADMIN_TOKEN_SHA256',
    ]);
  });

  test('and has its own instead where it says so', () => {
    expect(readEnvironment(toml, 'b')).toMatchObject({
      worker: 'other',
      routes: ['b.example', 'c.example/*'],
      crons: [],
    });
    expect(readEnvironment(toml, 'c')).toBeNull();
  });
});

describe('options', () => {
  test('name an environment, and have defaults', () => {
    expect(parseDeployOptions(['--env', 'staging'])).toEqual({
      ok: true,
      value: {
        env: 'staging',
        dryRun: false,
        skipChecks: false,
        url: null,
        secretsFile: null,
        patienceMs: 90_000,
      },
    });
  });

  test.each([
    [[], '--env must be'],
    [['--env', 'dev'], '--env must be'],
    [['--env', 'staging', '--force'], 'force'],
    [['--env', 'staging', '--url', 'staging.example'], '--url must look like'],
    [['--env', 'staging', '--url', 'https://staging.example/v1'], '--url must look like'],
    [['--env', 'staging', '--patience', '0'], '--patience must be'],
  ])('%j are refused', (args, words) => {
    expect(parseDeployOptions(args)).toEqual({ ok: false, error: expect.stringContaining(words) });
  });
});

test('a warning of wrangler is one, whatever it is about', () => {
  expect(warningsIn('Total Upload: 1 KiB\n--dry-run: exiting now.')).toEqual([]);
  expect(
    warningsIn('▲ [WARNING] Processing wrangler.toml:\n  "vars" is not inherited by environments.'),
  ).toHaveLength(2);
});

test('a Worker of more than 1 MiB gzip is refused, with its size', () => {
  expect(gzipBytesMax).toBe(1024 * 1024);
  expect(whyTooLarge(gzipBytesMax)).toBeNull();
  expect(whyTooLarge(gzipBytesMax + 51_200)).toContain('1074 KiB gzip, more than the 1024');
});

test('the start is read from its profile, and nothing else is taken for it', () => {
  expect(activeMsIn('│   Active: 54.5 ms (including 6.7 ms garbage collection)')).toBe(54.5);
  expect(activeMsIn('Startup phase analysed')).toBeNull();
});
