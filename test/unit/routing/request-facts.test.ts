import { describe, expect, test } from 'vitest';
import { applyOverrides, mergeOverrides } from '../../../src/core/routing/overrides.ts';
import { readBodyFacts } from '../../../src/core/routing/body-facts.ts';
import { isRouteHeader, pickRouteHeaders } from '../../../src/core/routing/route-headers.ts';

const body = {
  model: 'assistant',
  messages: [
    { role: 'system', content: 'You are brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Hello there' }, { type: 'image_url' }] },
  ],
};

describe('the facts of a body', () => {
  test('are how long it is, what it wants, whose it is and how it begins', () => {
    const tools = [{ type: 'function' }];
    const rich = {
      ...body,
      tools,
      response_format: { type: 'json_schema' },
      user: 'ada',
      stream: true,
      metadata: { plan: 'pro' },
    };
    expect(readBodyFacts(rich)).toMatchObject({
      tools: true,
      json: true,
      stream: true,
      user: 'ada',
      metadata: { plan: 'pro' },
      prefix: 'You are brief.\nHello there\n\n',
    });
    expect(readBodyFacts(body)).toMatchObject({
      tools: false,
      json: false,
      stream: false,
      user: null,
      metadata: {},
    });
  });

  test('grow with the prompt', () => {
    const ask = (content: string): number =>
      readBodyFacts({ messages: [{ role: 'user', content }] }).promptTokens;
    expect(ask('word '.repeat(1_000))).toBeGreaterThan(900);
    expect(ask('word '.repeat(1_000))).toBeLessThan(2_000);
    expect(readBodyFacts({ input: ['one', 'two'] }).promptTokens).toBeGreaterThan(0);
  });

  test('begin alike for conversations that do, however they go on', () => {
    const prefix = (last: string): string | null =>
      readBodyFacts({
        messages: [
          { role: 'system', content: 's'.repeat(600) },
          { role: 'user', content: last },
        ],
      }).prefix;
    expect(prefix('one')).toBe(prefix('two'));
    expect(prefix('one')).toHaveLength(512);
  });

  test.each([
    {},
    { messages: 'none', tools: {}, response_format: null, user: 5, metadata: [] },
    { messages: [null, 1, { content: 4 }, { content: [null, { text: 3 }] }], metadata: { a: 1, b: null } },
    { messages: [], user: 'x'.repeat(1_000), metadata: { long: 'x'.repeat(1_000) } },
  ])('are plain for what is of another kind: %j', (odd) => {
    expect(readBodyFacts(odd)).toMatchObject({
      tools: false,
      json: false,
      user: null,
      metadata: {},
      prefix: null,
    });
  });
});

describe('headers for rules', () => {
  test('are those of the allow-list, and never a credential', () => {
    const sent: [string, string][] = [
      ['Authorization', 'Bearer x'],
      ['cookie', 'a=b'],
      ['X-Api-Key', 'x'],
      ['cf-connecting-ip', '10.0.0.1'],
      ['User-Agent', 'curl'],
      ['x-route-plan', 'pro'],
      ['x-app', 'v'.repeat(300)],
    ];
    expect(pickRouteHeaders(sent)).toEqual({ 'user-agent': 'curl', 'x-route-plan': 'pro' });
    expect(isRouteHeader('x-route-')).toBe(false);
  });

  test('are a bounded number', () => {
    const many = Array.from({ length: 50 }, (_, at): [string, string] => [`x-route-${at}`, 'x']);
    expect(Object.keys(pickRouteHeaders(many))).toHaveLength(16);
  });
});

describe('overrides', () => {
  test('merge value by value, and what is said first stands', () => {
    const first = { parameters: { temperature: 0 }, timeouts: { idleMs: 5 } };
    const then = { parameters: { temperature: 1, top_p: 0.5 }, systemPrompt: { prepend: 'x' } };
    expect(mergeOverrides(first, then)).toEqual({
      parameters: { temperature: 0, top_p: 0.5 },
      timeouts: { idleMs: 5 },
      systemPrompt: { prepend: 'x' },
    });
    expect([mergeOverrides(null, null), mergeOverrides(first, null), mergeOverrides(null, then)]).toEqual([
      {},
      first,
      then,
    ]);
  });

  test('set parameters whatever the client asked for, defaults where it asked for nothing', () => {
    const asked = { ...body, temperature: 1, top_p: null };
    const changed = applyOverrides(asked, {
      parameters: { temperature: 0.2 },
      defaults: { temperature: 2, top_p: 0.9, seed: 4 },
    });
    expect(changed).toMatchObject({ temperature: 0.2, top_p: 0.9, seed: 4 });
    expect(asked).toMatchObject({ temperature: 1, top_p: null });
  });

  test('know that max_tokens has two names', () => {
    const asked = { ...body, max_completion_tokens: 50 };
    expect(applyOverrides(asked, { parameters: { max_tokens: 9 } })).not.toHaveProperty(
      'max_completion_tokens',
    );
    expect(applyOverrides(asked, { defaults: { max_tokens: 9 } })).not.toHaveProperty('max_tokens');
  });

  test('put a system prompt before the client’s, or in its place', () => {
    const roles = (systemPrompt: { prepend?: string; replace?: string } | string): unknown =>
      applyOverrides(body, { systemPrompt })['messages'];
    expect(roles({ prepend: 'Ours.' })).toEqual([{ role: 'system', content: 'Ours.' }, ...body.messages]);
    expect(roles('Ours.')).toEqual(roles({ prepend: 'Ours.' }));
    expect(roles({ replace: 'Ours.' })).toEqual([{ role: 'system', content: 'Ours.' }, body.messages[1]]);
  });

  test('leave a body alone that they say nothing of', () => {
    expect(applyOverrides(body, {})).toBe(body);
    expect(applyOverrides({ input: 'x' }, { systemPrompt: 'Ours.' })).toEqual({ input: 'x' });
  });
});
