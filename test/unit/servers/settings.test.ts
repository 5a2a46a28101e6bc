// The environment of model servers.
import { describe, expect, it } from 'vitest';
import { parseLlamaSettings } from '../../../gpu-workers/servers/llama-settings.ts';
import { parseSettings } from '../../../gpu-workers/servers/settings.ts';

describe('the environment of a model server', () => {
  it('needs no more than a port', () => {
    const value = { port: 8_000, slots: 1, version: 'llama', parentWatch: false, key: null };
    expect(parseSettings({ PORT: '8000' }, 'llama')).toEqual({ ok: true, value });
  });

  it('is read whole', () => {
    const env = { PORT: '1', PILOTLIGHT_SLOTS: '4', PILOTLIGHT_VERSION: 'm@2', PILOTLIGHT_PARENT_WATCH: '1' };
    const value = { port: 1, slots: 4, version: 'm@2', parentWatch: true, key: null };
    expect(parseSettings(env, 'llama')).toEqual({ ok: true, value });
  });

  it.each([
    ['PORT', undefined],
    ['PORT', '0'],
    ['PORT', 'http'],
    ['PILOTLIGHT_SLOTS', '0'],
    ['PILOTLIGHT_SLOTS', '1.5'],
    ['PILOTLIGHT_SLOTS', '9999'],
    ['PILOTLIGHT_VERSION', ''],
  ])('is refused with %s=%s, by name', (name, value) => {
    const parsed = parseSettings({ PORT: '8000', [name]: value }, 'llama');
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(name) as string });
  });

  it('of the llama server has weights and a context', () => {
    expect(parseLlamaSettings({ PILOTLIGHT_WEIGHTS: 'w.gguf' })).toEqual({
      ok: true,
      value: { weights: 'w.gguf', contextTokens: 2_048 },
    });
    expect(parseLlamaSettings({}).ok).toBe(false);
    expect(parseLlamaSettings({ PILOTLIGHT_WEIGHTS: 'w', PILOTLIGHT_CONTEXT: '3' }).ok).toBe(false);
  });
});
