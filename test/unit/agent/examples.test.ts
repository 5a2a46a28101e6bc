import { describe, expect, test } from 'vitest';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import { isLocal, planLaunch } from '../../../gpu-workers/agent/launch.ts';
import { parseVllmFlags } from '../../../gpu-workers/servers/vllm-flags.ts';
import { mergeCatalogues, parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { canPark } from '../../../src/core/warming/brain-settings.ts';
import { exampleFiles, exampleVersion, exampleVersions, readExample } from '../../support/example-models.ts';

const place = { port: 4321, root: '/models' };

describe.each(exampleFiles)('%s', (file) => {
  test('is a catalogue that the built-in one takes', () => {
    const parsed = parseCatalogue(readExample(file));
    expect(parsed).toMatchObject({ ok: true });
    if (parsed.ok) expect(mergeCatalogues(builtIn, parsed.value)).toMatchObject({ ok: true });
  });

  test('leaves nothing of its commands to be filled in', () => {
    for (const version of exampleVersions(file).filter(isLocal)) {
      const { args, env } = planLaunch(version, place);
      expect([...args, ...Object.values(env)].filter((text) => text.includes('$'))).toEqual([]);
    }
  });
});

test.each(['vllm.json', 'vllm-emulated.json', 'modal-vllm-sandbox.json'])(
  '%s has a command line of vLLM, with sleep mode, under the name that the edge asks for',
  (file) => {
    for (const { id, slots, launch } of exampleVersions(file)) {
      if (launch.kind !== 'command' && launch.kind !== 'modal-sandbox') throw new Error(launch.kind);
      const filled = launch.command.map((part) =>
        part
          .replace('$PORT', '8000')
          .replace('$PILOTLIGHT_VERSION', id)
          .replace('$PILOTLIGHT_SLOTS', String(slots)),
      );
      const flags = parseVllmFlags(filled.slice(filled.indexOf('serve')));
      expect(flags).toMatchObject({
        ok: true,
        value: { names: [id], port: 8000, slots, hasSleepMode: true },
      });
    }
  },
);

test('vLLM and Ollama are parked, llama-server is stopped', () => {
  expect(canPark(exampleVersion('vllm.json', 'qwen3-8b@1'))).toBe(true);
  expect(canPark(exampleVersion('ollama.json', 'llama3@1'))).toBe(true);
  expect(canPark(exampleVersion('llama-server.json', 'gemma@1'))).toBe(false);
});

test('the development calls of vLLM are on where it is parked by them, and nowhere else', () => {
  const envOf = (file: string, id: string) => planLaunch(exampleVersion(file, id), place).env;
  expect(envOf('vllm.json', 'qwen3-8b@1')).toMatchObject({ VLLM_SERVER_DEV_MODE: '1' });
  expect(envOf('llama-server.json', 'gemma@1')).not.toHaveProperty('VLLM_SERVER_DEV_MODE');
});
