import { expect, test } from 'vitest';
import { readSettings } from '../../../src/cli/dev/settings.ts';

test('without variables the documented defaults hold, and an empty variable is one that is not set', () => {
  const names = [
    'PORT',
    'AGENT_PORT',
    'PILOTLIGHT_STATE',
    'PILOTLIGHT_MODELS',
    'PILOTLIGHT_CRON_MS',
    'PILOTLIGHT_IDLE_MS',
  ];
  for (const env of [{}, Object.fromEntries(names.map((name) => [name, '']))]) {
    const settings = readSettings(env);
    expect(settings).toMatchObject({
      port: 8787,
      agentPort: 8788,
      modelsFile: null,
      cronMs: 60_000,
      workerVars: {},
    });
    expect(settings.stateDir).toMatch(/\/\.pilotlight$/);
  }
});

test('each start has an agent token of its own', () => {
  const tokens = Array.from({ length: 20 }, () => readSettings({}).agentToken);
  expect(new Set(tokens).size).toBe(20);
  expect(tokens[0]).toMatch(/^[0-9a-f]{48}$/);
});

test('only the variables that are meant to be set from outside reach the Worker', () => {
  const env = {
    PILOTLIGHT_HOT_IDLE_MS: '700',
    PILOTLIGHT_ENVIRONMENT: 'production',
    PILOTLIGHT_AGENT_URL: 'http://a.test',
  };
  expect(readSettings(env).workerVars).toEqual({ HOT_IDLE_MS: '700' });
});

test.each([
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['PORT', ' 8787'],
  ['AGENT_PORT', 'http'],
  ['PILOTLIGHT_HOT_IDLE_MS', '-1'],
  ['PILOTLIGHT_TOTAL_MS', '1e3'],
  ['PILOTLIGHT_IDLE_MS', '3600001'],
  ['PILOTLIGHT_CRON_MS', '99'],
])('%s=%s is refused with its name and value', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(
    new RegExp(`^${name} must be .*"${value.replace('.', String.raw`\.`)}"$`),
  );
});
