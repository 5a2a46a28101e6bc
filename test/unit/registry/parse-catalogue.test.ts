import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import { mergeCatalogues, parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';

const version = { id: 'my-model@1', task: 'chat', launch: { kind: 'embedder' } };
const command = { kind: 'command', command: ['vllm', 'serve', '--port', '$PORT'] };

function parse(json: unknown): ReturnType<typeof parseCatalogue> {
  return parseCatalogue(JSON.stringify(json));
}

describe('a catalogue of models', () => {
  test('needs an id, a task and a launch; every figure has a default', () => {
    const parsed = parse({ versions: [version] });
    expect(parsed).toMatchObject({
      ok: true,
      value: { versions: [{ ...version, slots: 4, replicasMax: 2 }], aliases: {} },
    });
  });

  test('leaves windows to be derived unless they are asked for, by a number or by null', () => {
    const read = (change: object): unknown => {
      const parsed = parse({ versions: [{ ...version, ...change }] });
      return parsed.ok ? parsed.value.versions[0] : parsed.error;
    };
    const derived = { tier: 'standard', hotIdleMs: null, parkedIdleMs: null };
    expect(read({})).toMatchObject({ ...derived, loadGuessMs: 5_000, wakeGuessMs: 500 });
    expect(read({ hotIdleMs: null })).toMatchObject(derived);
    expect(read({ hotIdleMs: 0, parkedIdleMs: 2_592_000_000 })).toMatchObject({
      hotIdleMs: 0,
      parkedIdleMs: 2_592_000_000,
    });
    for (const tier of ['economy', 'standard', 'premium']) expect(read({ tier })).toMatchObject({ tier });
  });

  test('bounds how long requests wait, unless it is told otherwise', () => {
    for (const [given, waitTargetMs] of [
      [{}, 10_000],
      [{ waitTargetMs: 250 }, 250],
      [{ waitTargetMs: null }, null],
    ] as const)
      expect(parse({ versions: [{ ...version, ...given }] })).toMatchObject({
        value: { versions: [{ waitTargetMs }] },
      });
  });

  test('may say what its tokens cost, how long a prompt may be, whether it calls tools and goes on from a text', () => {
    const facts = {
      price: { inputMicrosPerMTok: 150_000, outputMicrosPerMTok: 600_000.5 },
      contextTokens: 128_000,
      tools: true,
      continues: true,
    };
    expect(parse({ versions: [{ ...version, ...facts }] })).toMatchObject({ value: { versions: [facts] } });
  });

  test('takes any command that serves the OpenAI API', () => {
    const parsed = parse({ versions: [{ ...version, launch: command }], aliases: { mine: version.id } });
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        versions: [{ launch: { ...command, env: {}, readyPath: '/health' } }],
        aliases: { mine: 'my-model@1' },
      },
    });
  });

  test('takes what runs on Kubernetes, a Deployment with the address that it is reached by', () => {
    const launch = { kind: 'kubernetes', shape: 'knative', name: 'qwen', gpu: 'H100:2' };
    expect(parse({ versions: [{ ...version, launch }] })).toMatchObject({
      value: {
        versions: [{ launch: { ...launch, namespace: null, endpoint: null, buffer: 0, shortageMs: 10_000 } }],
      },
    });
    for (const [change, words] of [
      [{ shape: 'deployment' }, 'is needed for a Deployment'],
      [{ shape: 'statefulset' }, 'versions[0].launch.shape'],
      [{ name: 'Qwen_2' }, 'as Kubernetes names things'],
      [{ endpoint: 'https://chat.example.com/v1' }, 'without a path'],
      [{ gpu: 'two!' }, 'must look like H100'],
    ] as const) {
      const parsed = parse({ versions: [{ ...version, launch: { ...launch, ...change } }] });
      expect(parsed.ok ? '' : parsed.error).toContain(words);
    }
  });

  test('that ships with the project would be accepted as a file', () => {
    expect(parse(builtIn)).toEqual({ ok: true, value: builtIn });
  });

  test.each([
    ['an id without a version', { id: 'my-model' }, 'must look like name@1'],
    ['an id that is a path', { id: '../x@1' }, 'must look like name@1'],
    ['an unknown task', { task: 'paint' }, 'versions[0].task'],
    ['an unknown kind of launch', { launch: { kind: 'magic' } }, 'versions[0].launch'],
    ['a misspelt field', { slot: 4 }, '"slot"'],
    ['a misspelt field of the launch', { launch: { ...command, ready: '/' } }, '"ready"'],
    ['an empty command', { launch: { ...command, command: [] } }, 'versions[0].launch.command'],
    [
      'a path that is no path',
      { launch: { ...command, readyPath: 'health' } },
      'versions[0].launch.readyPath',
    ],
    ['no slots', { slots: 0 }, 'versions[0].slots'],
    ['half a slot', { slots: 1.5 }, 'versions[0].slots'],
    ['a price below zero', { hotMicrosPerSecond: -1 }, 'versions[0].hotMicrosPerSecond'],
    ['an unknown tier', { tier: 'gold' }, 'versions[0].tier'],
    [
      'a price without its half',
      { price: { inputMicrosPerMTok: 1 } },
      'versions[0].price.outputMicrosPerMTok',
    ],
    [
      'a price of tokens below zero',
      { price: { inputMicrosPerMTok: 1, outputMicrosPerMTok: -1 } },
      'versions[0].price.outputMicrosPerMTok',
    ],
    [
      'a price in another unit',
      { price: { inputMicrosPerMTok: 2e9, outputMicrosPerMTok: 2e9 } },
      'versions[0].price.inputMicrosPerMTok',
    ],
    ['a price that is a number', { price: 3 }, 'versions[0].price'],
    ['a window for a few words', { contextTokens: 63 }, 'versions[0].contextTokens'],
    ['half a token', { contextTokens: 100.5 }, 'versions[0].contextTokens'],
    ['tools in words', { tools: 'yes' }, 'versions[0].tools'],
    ['going on in words', { continues: 'yes' }, 'versions[0].continues'],
    ['no time to wait', { waitTargetMs: 0 }, 'versions[0].waitTargetMs'],
    ['a wait of more than an hour', { waitTargetMs: 3_600_001 }, 'versions[0].waitTargetMs'],
    ['a wait in words', { waitTargetMs: '10s' }, 'versions[0].waitTargetMs'],
    ['a window below zero', { hotIdleMs: -1 }, 'versions[0].hotIdleMs'],
    ['a window of more than a month', { parkedIdleMs: 2_592_000_001 }, 'versions[0].parkedIdleMs'],
    ['a load that takes no time', { loadGuessMs: 0 }, 'versions[0].loadGuessMs'],
    ['a wake that takes no time', { wakeGuessMs: 0 }, 'versions[0].wakeGuessMs'],
    ['a floor above the most', { floor: 3, replicasMax: 2 }, 'is more than replicasMax'],
  ])('with %s is refused, saying where', (_, change, words) => {
    const parsed = parse({ versions: [{ ...version, ...change }] });
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error).toContain(words);
  });

  test('with the same id twice is refused', () => {
    expect(parse({ versions: [version, version] })).toMatchObject({ ok: false });
  });

  test('that is not JSON is refused', () => {
    expect(parseCatalogue('{versions')).toMatchObject({ ok: false });
  });

  test('whatever it holds, the answer is a value', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => void parse(json)));
    fc.assert(fc.property(fc.string(), (text) => void parseCatalogue(text)));
  });
});

describe('a merge', () => {
  test('replaces the version and the alias of the same name and keeps the rest', () => {
    const changed = { ...version, id: 'tiny-chat@1', slots: 9 };
    const extra = parse({ versions: [changed, version], aliases: { assistant: 'my-model@1' } });
    const merged = mergeCatalogues(builtIn, extra.ok ? extra.value : builtIn);
    expect(merged.ok).toBe(true);
    if (!merged.ok) return;
    expect(merged.value.versions.filter((each) => each.id === 'tiny-chat@1')).toMatchObject([{ slots: 9 }]);
    expect(merged.value.aliases).toEqual({ ...builtIn.aliases, assistant: 'my-model@1' });
  });

  test('with an alias to nothing is refused and names it', () => {
    const merged = mergeCatalogues(builtIn, { versions: [], aliases: { mine: 'no-model@1' } });
    expect(merged).toMatchObject({ ok: false });
    if (!merged.ok) expect(merged.error).toContain('"mine" stands for "no-model@1"');
  });

  test('with nothing changes nothing', () => {
    expect(mergeCatalogues(builtIn, { versions: [], aliases: {} })).toEqual({ ok: true, value: builtIn });
  });
});

describe('other places of the same model', () => {
  const at = (id: string, patch: object = {}): object => ({ ...version, id, ...patch });
  const merge = (...versions: object[]): unknown => {
    const parsed = parse({ versions });
    return parsed.ok ? mergeCatalogues({ versions: [], aliases: {} }, parsed.value) : parsed;
  };

  test('are versions of the catalogue, in the order in which they are asked', () => {
    expect(merge(at('a@1', { elsewhere: ['b@1', 'c@1'] }), at('b@1'), at('c@1'))).toMatchObject({
      ok: true,
      value: { versions: [{ elsewhere: ['b@1', 'c@1'] }, {}, {}] },
    });
  });

  test.each([
    ['is not there', ['gone@1'], 'names "gone@1", which no version has'],
    ['is the version itself', ['a@1'], 'names "a@1", which is the version itself'],
    ['does other work', ['e@1'], 'names "e@1", which is for another task (embedding)'],
  ])('one that %s is refused, by name', (_, elsewhere, words) => {
    const merged = merge(at('a@1', { elsewhere }), at('e@1', { task: 'embedding' }));
    expect(merged).toEqual({ ok: false, error: `elsewhere of "a@1" ${words}` });
  });
});
