// Routing by the catalogue's own facts: prices, windows and tools of the versions as a file describes them.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import type { Catalogue } from '../../../src/core/registry/model.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import { mixedPrice, viewTargets } from '../../../src/core/routing/view-targets.ts';
import { plan, targets, version, view } from './sample-route.ts';

const launch = { kind: 'command', command: ['serve'] };
const chat = (id: string, more: object): object => ({ id, task: 'chat', launch, ...more });

function served(...versions: readonly object[]): Catalogue {
  const parsed = parseCatalogue(JSON.stringify({ versions, aliases: {} }));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function planned(catalogue: Catalogue, rule: object, facts: Partial<RouteQuestion> = {}) {
  const views = viewTargets(catalogue, facts.views ?? new Map());
  return plan([{ id: 'r', ...rule }], { catalogue, model: 'any', ...facts, views });
}

const sold = (input: number, output: number) => ({
  price: { inputMicrosPerMTok: input, outputMicrosPerMTok: output },
});

test('what is under way at a target is what its pool’s news say when it is looked at', () => {
  const news = { ...view, inFlight: 1 };
  const views = viewTargets(served(chat('a@1', {})), new Map([['a@1', news]]));
  news.inFlight = 2;
  expect(views.get('a@1')?.inFlight).toBe(2);
});

describe('the cheapest', () => {
  const choose = { choose: { by: 'cheapest', from: ['a@1', 'b@1', 'c@1'] } };

  test('is the one whose tokens cost least, prompt and answer mixed', () => {
    const catalogue = served(
      chat('a@1', sold(400_000, 1_600_000)),
      chat('b@1', sold(100_000, 3_000_000)),
      chat('c@1', sold(600_000, 600_000)),
    );
    const made = planned(catalogue, choose);
    expect(targets(made)).toEqual(['c@1', 'a@1', 'b@1']);
    expect(made.explain.targets.map(({ score }) => score)).toEqual([600_000, 700_000, 825_000]);
  });

  test('is the cheapest slot where no tokens are sold', () => {
    const catalogue = served(
      chat('a@1', { hotMicrosPerSecond: 400, slots: 4 }),
      chat('b@1', { hotMicrosPerSecond: 100, slots: 2 }),
      chat('c@1', { hotMicrosPerSecond: 300, slots: 1 }),
    );
    expect(targets(planned(catalogue, choose))).toEqual(['b@1', 'a@1', 'c@1']);
  });

  test('is found among both kinds, in the same money', () => {
    // A slot of 100 micro-dollars a second gives a million mixed tokens in 5,750 s.
    const catalogue = served(
      chat('a@1', sold(575_001, 575_001)),
      chat('b@1', { hotMicrosPerSecond: 200, slots: 2 }),
      chat('c@1', sold(574_999, 574_999)),
    );
    expect(targets(planned(catalogue, choose))).toEqual(['c@1', 'b@1', 'a@1']);
  });

  test('among equals is the one with the shorter wait, as its pool says', () => {
    const catalogue = served(chat('a@1', {}), chat('b@1', {}), chat('c@1', sold(9e6, 9e6)));
    const views = new Map([
      ['a@1', { ...view, predictedWaitMs: 900 }],
      ['b@1', { ...view, predictedWaitMs: 100 }],
    ]);
    expect(targets(planned(catalogue, choose, { views }))).toEqual(['b@1', 'a@1', 'c@1']);
  });

  test('of embeddings goes by the prompt alone: nothing is written', () => {
    const base = version('v@1', 'embedding');
    expect(mixedPrice({ ...base, ...sold(20_000, 999_999) })).toBe(20_000);
    expect(mixedPrice({ ...base, hotMicrosPerSecond: 100, slots: 4 })).toBe(25_000);
  });
});

describe('what a version cannot do leads to its fallback without a call', () => {
  test('a prompt beyond its window', () => {
    const catalogue = served(chat('a@1', { contextTokens: 8_192 }), chat('b@1', {}));
    const rule = { target: 'a@1', fallback: [{ model: 'b@1', on: ['context-length'] }] };
    expect(targets(planned(catalogue, rule, { promptTokens: 8_193 }))).toEqual(['b@1']);
    expect(targets(planned(catalogue, rule, { promptTokens: 8_192 }))).toEqual(['a@1', 'b@1']);
  });

  test('a prompt beyond the window of its launch, unless the version says otherwise', () => {
    const llama = { kind: 'llama', weights: 'x.gguf', contextTokens: 384 };
    const catalogue = served(
      chat('a@1', { launch: llama }),
      chat('b@1', { launch: llama, contextTokens: 300 }),
      chat('c@1', {}),
    );
    const views = viewTargets(catalogue, new Map());
    expect([...views.values()].map(({ contextTokens }) => contextTokens)).toEqual([384, 300, null]);
  });

  test('tools', () => {
    const catalogue = served(chat('a@1', { tools: false }), chat('b@1', {}), chat('c@1', { tools: true }));
    const to = (target: string) => ({ target, fallback: [{ model: 'c@1', on: ['tool-support'] }] });
    const first = (target: string) => targets(planned(catalogue, to(target), { tools: true }))[0];
    expect([first('a@1'), first('b@1'), first('c@1')]).toEqual(['c@1', 'b@1', 'c@1']);
  });
});

describe('views of targets', () => {
  test('are of every version that is served, and say of its pool what is known and nothing else', () => {
    const views = viewTargets(builtIn, new Map([['tiny-chat@1', { ...view, price: null }]]));
    expect([...views.keys()].toSorted()).toEqual(builtIn.versions.map(({ id }) => id).toSorted());
    expect(views.get('tiny-chat@1')).toEqual({ ...view, price: 316_250, contextTokens: 384 });
    expect(views.get('tiny-agent@1')).toMatchObject({
      warmth: null,
      predictedWaitMs: null,
      slots: 0,
      open: false,
      contextTokens: 512,
      tools: true,
    });
  });

  test('keep what is known of pools that the catalogue does not name', () => {
    expect(viewTargets({ versions: [] }, new Map([['gone@1', view]])).get('gone@1')).toEqual(view);
  });

  test('have a price of money: finite, never below zero, and higher for a dearer replica', () => {
    const micros = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(micros, micros, fc.integer({ min: 1, max: 1_024 }), (one, other, slots) => {
        const priceAt = (hotMicrosPerSecond: number) =>
          mixedPrice({ ...version('a@1'), slots, hotMicrosPerSecond });
        expect(priceAt(one)).toBeGreaterThanOrEqual(0);
        expect(priceAt(one)).toBeLessThan(Infinity);
        expect(priceAt(Math.max(one, other))).toBeGreaterThanOrEqual(priceAt(Math.min(one, other)));
      }),
    );
  });
});
