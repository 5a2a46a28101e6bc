// What the admin API takes besides rules: numbers of versions, and sample questions with every fact that a planner may ask for.
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../gpu-workers/models.ts';
import { noRules } from '../../../src/core/routing/compile-rules.ts';
import { parseExplain, parsePublication, parseVersion } from '../../../src/core/tenant/rule-requests.ts';
import { makeQuestion, type SampleQuestion } from '../../../src/core/tenant/sample-question.ts';

const frame = {
  catalogue,
  place: 'local',
  rules: noRules,
  platform: noRules,
  tenant: 'demo',
  nowMs: 1_000,
  views: new Map(),
};

function question(sample: object): ReturnType<typeof makeQuestion> {
  const parsed = parseExplain({ question: sample });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return makeQuestion(parsed.value.question satisfies SampleQuestion, frame);
}

test.each([
  ['0', 0],
  ['17', 17],
  ['999999999', 999_999_999],
  ['', null],
  ['01', null],
  ['-1', null],
  ['1e3', null],
  ['1.0', null],
  [' 1', null],
  ['9999999999', null],
])('%j as the number of a version is %s', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

test('an order without an author is the admin’s', () => {
  expect(parsePublication({ rules: [] })).toEqual({
    ok: true,
    value: { rules: [], by: 'admin', comment: null },
  });
});

describe('a sample question', () => {
  test('knows nothing that it does not say', () => {
    expect(question({ model: 'assistant' })).toMatchObject({
      model: 'assistant',
      task: 'chat',
      keyId: '',
      labels: {},
      country: null,
      tools: false,
      stream: false,
      session: null,
      budgetLeftMicros: null,
      nowMs: 1_000,
      seed: 0,
      views: new Map(),
    });
  });

  test('takes its facts from a whole request, and what is said beside it stands above them', () => {
    const request = {
      model: 'assistant',
      messages: [{ role: 'user', content: 'hello there' }],
      stream: true,
      user: 'u1',
      tools: [{ type: 'function' }],
    };
    const asked = question({ request });
    expect(asked).toMatchObject({ model: 'assistant', stream: true, tools: true, user: 'u1' });
    expect(asked.promptTokens).toBeGreaterThan(0);
    expect(question({ request, model: 'other', tools: false, promptTokens: 7 })).toMatchObject({
      model: 'other',
      tools: false,
      promptTokens: 7,
    });
    expect(question({ request: { model: 'embed', input: 'x' } }).task).toBe('embedding');
  });

  test('sees the headers that a rule may see, and no other', () => {
    const headers = { 'X-Route-Team': 'search', authorization: 'Bearer secret', cookie: 'a=b' };
    expect(question({ headers }).headers).toEqual({ 'x-route-team': 'search' });
  });

  test('has its own time, seed and views', () => {
    const asked = question({
      at: '2026-11-25T10:00:00+01:00',
      seed: 7,
      views: { 'a@1': { warmth: 'parked', open: true } },
    });
    expect(asked).toMatchObject({ nowMs: Date.UTC(2026, 10, 25, 9), seed: 7 });
    expect(asked.views.get('a@1')).toMatchObject({
      warmth: 'parked',
      open: true,
      predictedWaitMs: null,
      slots: 0,
    });
  });

  test('knows of its targets what the deployment does, but for their pools', () => {
    const served = {
      warmth: 'hot',
      predictedWaitMs: 5,
      firstTokenMsP50: 6,
      firstTokenMsP95: 7,
      inFlight: 1,
      slots: 4,
      price: 300,
      contextTokens: 384,
      tools: true,
      open: false,
    } as const;
    const views = new Map([['a@1', served]]);
    const seen = (given: object) =>
      makeQuestion({ views: { 'a@1': given } }, { ...frame, views }).views.get('a@1');
    const facts = { price: 300, contextTokens: 384, tools: true };
    expect(seen({ warmth: 'cold' })).toMatchObject({
      ...facts,
      warmth: 'cold',
      predictedWaitMs: null,
      slots: 0,
    });
    expect(seen({ price: 1, tools: false })).toMatchObject({ price: 1, contextTokens: 384, tools: false });
  });

  test('is refused with the place of what is wrong', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`l${at}`, 'x']));
    for (const [sample, param] of [
      [{ labels: many }, 'question.labels'],
      [{ labels: { a: 1 } }, 'question.labels.a'],
      [{ seed: 2 ** 32 }, 'question.seed'],
      [{ views: { a: { slots: -1 } } }, 'question.views.a.slots'],
      [{ model: 'x'.repeat(501) }, 'question.model'],
      [{ request: [] }, 'question.request'],
      [{ task: 'rerank' }, 'question.task'],
    ] as const)
      expect(parseExplain({ question: sample })).toMatchObject({
        ok: false,
        error: { kind: 'invalid', param },
      });
  });
});
