// Answers that a rule lets be given again, through the real app, real objects and published rules; only the model's words are the test's.
import { env } from 'cloudflare:workers';
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, test } from 'vitest';
import type { StoreObject } from '../../durable-objects/store-object.ts';
import type { TenantObject } from '../../durable-objects/tenant-object.ts';
import { adminToken, EdgeApp, summary, type Ask, type Reply } from './edge-app.ts';

const { STORE, TENANT } = env as unknown as {
  STORE: DurableObjectNamespace<StoreObject>;
  TENANT: DurableObjectNamespace<TenantObject>;
};
const acmeKey = 'sk-pilotlight-acme';
const served = { warmth: 'hot', waitMs: 0, version: 'tiny-chat@1' } as const;
const usage = { promptTokens: 3, completionTokens: 2 };
const keeps = { id: 'keeps', match: { model: 'assistant' }, cache: { ttlSeconds: 60 } };
const events = [
  'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"b"}}]}\n\n',
];

let app: EdgeApp;

beforeEach(async () => {
  for (const id of await listDurableObjectIds(STORE))
    await runInDurableObject(STORE.get(id), (_object, { storage }) => storage.deleteAll());
  await runInDurableObject(TENANT.getByName('demo'), (_object, { storage }) => storage.deleteAll());
  app = new EdgeApp();
  app.summary = { ...summary, served, usage };
  say('{"id":"one"}');
  await publish('demo', [keeps]);
});

async function publish(tenant: string, rules: readonly object[]): Promise<void> {
  const body = JSON.stringify({ rules });
  const path = `/admin/v1/tenants/${tenant}/rules`;
  const { status, text } = await app.ask({ method: 'PUT', path, key: adminToken, body });
  if (status !== 200) throw new Error(text);
}

function say(text: string): void {
  app.pieces = [text];
  app.outcome = () => ({ kind: 'json', body: text, served });
}

function sayStream(): void {
  app.pieces = events;
  app.outcome = () => ({
    kind: 'stream',
    body: new Response(`: keep-alive\n\n${events.join('')}data: [DONE]\n\n`)
      .body as ReadableStream<Uint8Array>,
    served,
  });
}

function chat(body: object = {}, more: Ask = {}): Promise<Reply> {
  const whole = { model: 'assistant', messages: [{ role: 'user', content: 'hi' }], ...body };
  return app.ask({ body: JSON.stringify(whole), ...more });
}

const label = ({ headers }: Reply): string | null => headers.get('x-pilotlight-cache');

describe('where a rule keeps answers', () => {
  test('the same request gets the same JSON again, labelled, and no model is asked', async () => {
    const first = await chat();
    expect([first.status, label(first), app.dispatched.length]).toEqual([200, 'miss', 1]);
    say('{"id":"two"}');
    const again = await chat();
    expect([again.status, label(again), again.text, app.dispatched.length]).toEqual([
      200,
      'hit',
      '{"id":"one"}',
      1,
    ]);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(again.headers.get('x-pilotlight-model')).toBe('tiny-chat@1');
    expect(again.headers.get('age')).toMatch(/^\d+$/);
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(app.events.filter(({ path }) => path === '/v1/chat/completions')).toMatchObject([
      { cache: 'miss', status: 200 },
      { cache: 'hit', status: 200, version: 'tiny-chat@1', finishReason: 'stop', ...usage, attempts: 0 },
    ]);
  });

  test('a stream is given again as a stream with the same events', async () => {
    sayStream();
    expect(label(await chat({ stream: true }))).toBe('miss');
    const again = await chat({ stream: true });
    expect([label(again), app.dispatched.length]).toEqual(['hit', 1]);
    expect(again.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(again.text).toBe(`${events.join('')}data: [DONE]\n\n`);
    say('{"id":"whole"}');
    expect(label(await chat())).toBe('miss');
  });

  test('another parameter is another answer, the order of parameters is not', async () => {
    await chat({ temperature: 0, seed: 1 });
    expect(label(await chat({ seed: 1, temperature: 0 }))).toBe('hit');
    expect(label(await chat({ temperature: 0, seed: 2 }))).toBe('miss');
    expect(label(await chat({ temperature: 0, seed: 1, user: 'ada' }))).toBe('miss');
  });

  test('another tenant with the same rule and the same request never gets it', async () => {
    await publish('acme', [keeps]);
    await chat();
    say('{"id":"of acme"}');
    const acme = await chat({}, { key: acmeKey });
    expect([label(acme), acme.text]).toEqual(['miss', '{"id":"of acme"}']);
    expect((await chat()).text).toBe('{"id":"one"}');
    expect((await chat({}, { key: acmeKey })).text).toBe('{"id":"of acme"}');
  });

  test('overrides of a rule are part of what was asked', async () => {
    await chat();
    await publish('demo', [{ ...keeps, overrides: { parameters: { temperature: 0 } } }]);
    expect(label(await chat())).toBe('miss');
    await publish('demo', [keeps]);
    expect(label(await chat())).toBe('hit');
  });

  test('the answer of a substitute is not kept', async () => {
    await publish('demo', [{ ...keeps, fallback: ['tiny-chat-solo@1'] }]);
    app.summary = {
      ...app.summary,
      served: { ...served, version: 'tiny-chat-solo@1', label: 'fallback tiny-chat-solo@1' },
    };
    await chat();
    app.summary = { ...app.summary, served };
    say('{"id":"own"}');
    expect(label(await chat())).toBe('miss');
    expect((await chat()).text).toBe('{"id":"own"}');
  });

  test('an answer that broke off is not kept', async () => {
    sayStream();
    app.summary = { ...app.summary, failure: { kind: 'stream-cut' }, finishReason: null };
    await chat({ stream: true });
    app.summary = { ...app.summary, failure: null, finishReason: 'stop' };
    expect(label(await chat({ stream: true }))).toBe('miss');
    expect(label(await chat({ stream: true }))).toBe('hit');
  });

  test('embeddings are kept too', async () => {
    await publish('demo', [{ id: 'keeps', match: { task: 'embedding' }, cache: { ttlSeconds: 60 } }]);
    app.summary = { ...app.summary, finishReason: null, served: { ...served, version: 'use-lite-embed@1' } };
    const embed = (): Promise<Reply> =>
      app.ask({ path: '/v1/embeddings', body: JSON.stringify({ model: 'embed', input: 'hi' }) });
    expect(label(await embed())).toBe('miss');
    expect(label(await embed())).toBe('hit');
  });
});

test('where no rule does, nothing is kept and nothing is said of it', async () => {
  await publish('demo', []);
  const objects = await listDurableObjectIds(STORE);
  const replies = [await chat(), await chat()];
  expect(replies.map(label)).toEqual([null, null]);
  expect(app.dispatched).toHaveLength(2);
  expect(await listDurableObjectIds(STORE)).toHaveLength(objects.length);
});

test('an explanation says so', async () => {
  const path = '/admin/v1/tenants/demo/explain';
  const question = JSON.stringify({ question: { model: 'assistant' } });
  const { text, status } = await app.ask({ path, key: adminToken, body: question });
  expect([status, text]).toEqual([200, expect.stringContaining('rule keeps keeps answers for 60 s')]);
});
