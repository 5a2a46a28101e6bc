import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';

const price = { inputMicrosPerMTok: 1, outputMicrosPerMTok: 2 };
const runpod = { kind: 'runpod', endpoint: 'jpnw0v75y3qoql', model: 'mistralai/Mistral-7B-Instruct-v0.2' };
const openai = { kind: 'openai', baseUrl: 'https://api.groq.com/openai/v1', model: 'llama-3.1-8b-instant' };
const workersAi = { kind: 'workers-ai', model: '@cf/meta/llama-3.1-8b-instruct' };

function parse(version: object): ReturnType<typeof parseCatalogue> {
  return parseCatalogue(JSON.stringify({ versions: [{ id: 'm@1', task: 'chat', ...version }] }));
}

describe('a version that the Worker reaches by itself', () => {
  test.each([
    [{ launch: runpod }, { launch: { ...runpod, idleMs: 5_000 }, hotMicrosPerSecond: 220 }],
    [
      { launch: openai, price },
      {
        launch: { ...openai, keySecret: null, probe: true },
        hotMicrosPerSecond: 0,
        parkedMicrosPerSecond: 0,
        hotIdleMs: 60_000,
      },
    ],
    [
      { launch: workersAi, price, hotIdleMs: null },
      { launch: workersAi, hotIdleMs: null },
    ],
  ])('%j has the figures of its kind unless it says otherwise', (given, expected) => {
    expect(parse(given)).toMatchObject({ ok: true, value: { versions: [expected] } });
  });

  test.each([
    ['no id of an endpoint', { launch: { ...runpod, endpoint: 'https://x' } }, "must be the endpoint's id"],
    ['an idle time above an hour', { launch: { ...runpod, idleMs: 3_600_001 } }, 'launch.idleMs'],
    ['a base URL with a user', { launch: { ...openai, baseUrl: 'https://u:p@x/v1' }, price }, 'no user'],
    ['a base URL with a query', { launch: { ...openai, baseUrl: 'https://x/v1?key=1' }, price }, 'no query'],
    [
      'a base URL with a slash at its end',
      { launch: { ...openai, baseUrl: 'https://x/v1/' }, price },
      'slash',
    ],
    [
      'a base URL with dot segments',
      { launch: { ...openai, baseUrl: 'https://x/a/../b' }, price },
      'dot segments',
    ],
    ['another scheme', { launch: { ...openai, baseUrl: 'file:///etc' }, price }, 'launch.baseUrl'],
    [
      'the path of a call as its base',
      { launch: { ...openai, baseUrl: 'https://x/v1/chat/completions' }, price },
      'leave /chat/completions out',
    ],
    [
      'a secret of the Worker itself',
      { launch: { ...openai, keySecret: 'AGENT_TOKEN' }, price },
      'UPSTREAM_KEY_',
    ],
    ['a key in the place of its name', { launch: { ...openai, key: 'sk-1' }, price }, '"key"'],
    ['a model without its vendor', { launch: { ...workersAi, model: 'llama' }, price }, '@cf/meta'],
    ['a name with spaces', { launch: { ...runpod, model: 'a b' } }, 'without spaces'],
    ['no price of tokens where nothing else has one', { launch: openai }, 'is paid by the token'],
  ])('with %s is refused, and says what is wrong', (_what, given, words) => {
    const parsed = parse(given);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error).toContain(words);
  });
});
