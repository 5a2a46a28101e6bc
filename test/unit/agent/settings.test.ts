import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseSettings, settingsHelp } from '../../../gpu-workers/agent/settings.ts';

test('a token is enough; everything else has a default', () => {
  expect(parseSettings({ AGENT_TOKEN: 't' })).toEqual({
    ok: true,
    value: {
      token: 't',
      host: '127.0.0.1',
      port: 8788,
      replicasMax: 16,
      stateDir: resolve('.pilotlight/agent'),
      modelsFile: null,
      parentWatch: false,
    },
  });
});

test('a variable that is set but empty counts as not set', () => {
  const empty = {
    AGENT_HOST: '',
    AGENT_PORT: '',
    AGENT_REPLICAS_MAX: '',
    PILOTLIGHT_STATE: '',
    PILOTLIGHT_MODELS: '',
  };
  expect(parseSettings({ AGENT_TOKEN: 't', ...empty })).toEqual(parseSettings({ AGENT_TOKEN: 't' }));
});

test.each([
  [{ AGENT_TOKEN: '' }, 'AGENT_TOKEN'],
  [{ AGENT_HOST: 'localhost' }, 'AGENT_HOST'],
  [{ AGENT_HOST: '0.0.0' }, 'AGENT_HOST'],
  [{ AGENT_PORT: '65536' }, 'AGENT_PORT'],
  [{ AGENT_PORT: '-1' }, 'AGENT_PORT'],
  [{ AGENT_PORT: '87 88' }, 'AGENT_PORT'],
  [{ AGENT_REPLICAS_MAX: '0' }, 'AGENT_REPLICAS_MAX'],
  [{ AGENT_REPLICAS_MAX: '1e3' }, 'AGENT_REPLICAS_MAX'],
  [{ AGENT_REPLICAS_MAX: '1001' }, 'AGENT_REPLICAS_MAX'],
])('%j is refused by the name of the variable', (change, name) => {
  const parsed = parseSettings({ AGENT_TOKEN: 't', ...change });
  expect(parsed.ok).toBe(false);
  if (!parsed.ok) expect(parsed.error).toContain(name);
});

test('the help names every variable that is read', () => {
  const read: string[] = [];
  const recorder = {
    get(_: object, name: string | symbol): string {
      read.push(String(name));
      // What is wrong ends the reading.
      return name === 'AGENT_HOST' ? '::1' : '1';
    },
  };
  parseSettings(new Proxy({}, recorder));
  for (const name of new Set(read)) expect(settingsHelp).toContain(name);
});
