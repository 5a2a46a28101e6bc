import { expect, test } from 'vitest';
import { modalSettingsHelp, parseModalSettings } from '../../../../gpu-workers/agent/modal/modal-settings.ts';

const env = { MODAL_TOKEN_ID: 'ak-1', MODAL_TOKEN_SECRET: 'as-1' };

test('two secrets are enough; the rest has a default', () => {
  expect(parseModalSettings(env)).toEqual({
    ok: true,
    value: {
      owner: 'default',
      gpusMax: 4,
      key: null,
      lifeMsMax: 86_400_000,
      claimMs: 300_000,
      sweepMs: 10_000,
      endsWithAgent: false,
      proxyHeaders: {},
    },
  });
});

test('the help names every variable that is read, also those that the client of Modal reads itself', () => {
  const names = new Set(['MODAL_ENVIRONMENT']);
  const watched = new Proxy<Readonly<Record<string, string>>>(env, {
    get: (target, name) => {
      names.add(String(name));
      return target[String(name)];
    },
  });
  expect(parseModalSettings(watched).ok).toBe(true);
  expect(names.size).toBeGreaterThan(8);
  for (const name of names) expect(modalSettingsHelp).toContain(name);
});

test.each([
  ['no token', { MODAL_TOKEN_ID: '' }, 'MODAL_TOKEN_ID is not set'],
  ['no secret', { MODAL_TOKEN_SECRET: undefined }, 'MODAL_TOKEN_SECRET is not set'],
  ['an odd owner', { MODAL_OWNER: 'a b' }, 'MODAL_OWNER must be'],
  ['an odd end', { MODAL_ON_END: 'never' }, 'MODAL_ON_END must be keep or stop'],
  ['no GPU at all', { MODAL_GPUS_MAX: '0' }, 'MODAL_GPUS_MAX must be a whole number from 1 to 1000'],
  ['a life in parts of seconds', { MODAL_LIFE_MS: '60500' }, 'MODAL_LIFE_MS must be whole seconds'],
  ['a life beyond a day', { MODAL_LIFE_MS: '86401000' }, 'MODAL_LIFE_MS must be a whole number'],
  ['half a proxy token', { MODAL_PROXY_ID: 'wk-1' }, 'MODAL_PROXY_ID and MODAL_PROXY_SECRET go together'],
  ['a short key', { REPLICA_KEY: 'short' }, 'REPLICA_KEY must have 16 characters at least'],
])('%s is refused by name', (_, patch, words) => {
  const parsed = parseModalSettings({ ...env, ...patch });
  expect(parsed.ok ? '' : parsed.error).toContain(words);
});
