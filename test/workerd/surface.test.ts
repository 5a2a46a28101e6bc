// Requests that are served: what goes to the model, what comes back, what is on record, and the routes that ask no model.
import { env as testEnv } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { PoolsReply } from '../../src/core/pool/pool-view.ts';
import { adminToken, devKey, EdgeApp, errorOf, summary, type Ask, type Reply } from './edge-app.ts';

let app: EdgeApp;
beforeEach(() => {
  app = new EdgeApp();
});

const messages = [{ role: 'user', content: 'hi' }];
const chat = (change: object = {}): Ask => ({
  body: JSON.stringify({ model: 'assistant', messages, ...change }),
});
const pilotlightHeaders = ({ headers }: Reply): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-pilotlight-')));

describe('a chat', () => {
  test('reaches its version’s pool as the tenant’s, with the version as its model and every other field as it came', async () => {
    await app.ask(chat({ guided_json: { type: 'object' }, tools: [{ type: 'function' }] }));
    expect(app.dispatched).toMatchObject([
      {
        attempts: [{ pool: 'tiny-chat@1~local' }],
        tenant: 'demo',
        path: '/v1/chat/completions',
        stream: false,
      },
    ]);
    expect(JSON.parse(app.dispatched[0]?.attempts[0]?.body ?? '')).toEqual({
      model: 'tiny-chat@1',
      messages,
      guided_json: { type: 'object' },
      tools: [{ type: 'function' }],
    });
  });

  test('of another tenant means another version, where its rule says so', async () => {
    const reply = await app.ask({ ...chat(), key: 'sk-pilotlight-acme' });
    expect(app.dispatched).toMatchObject([
      { attempts: [{ pool: 'tiny-chat-solo@1~local' }], tenant: 'acme' },
    ]);
    expect(reply.headers.get('x-pilotlight-model')).toBe('tiny-chat-solo@1');
    expect(app.events).toMatchObject([
      { tenant: 'acme', keyId: 'dev', model: 'assistant', because: 'tenant rule dedicated-assistant' },
    ]);
  });

  test('with a field twice goes on with the one that was checked', async () => {
    const reply = await app.ask({
      body: '{"model":"gpt-9","model":"assistant","messages":[{"role":"user","content":"hi"}],"n":9,"n":1}',
    });
    expect(reply.status).toBe(200);
    expect(app.dispatched[0]?.attempts[0]?.body).not.toMatch(/gpt-9|"n":9/);
  });

  test('answers with the model’s words and how it was served', async () => {
    app.outcome = () => ({ kind: 'json', body: '{"id":"x"}', served: { warmth: 'parked', waitMs: 12.6 } });
    const reply = await app.ask(chat());
    expect(reply).toMatchObject({ status: 200, text: '{"id":"x"}' });
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(pilotlightHeaders(reply)).toEqual({
      'x-pilotlight-model': 'tiny-chat@1',
      'x-pilotlight-rules': '0',
      'x-pilotlight-warmth': 'parked',
      'x-pilotlight-wait-ms': '13',
    });
  });

  test('that streams before its slot is there says nothing of how it will be served', async () => {
    const body = new Response('data: [DONE]\n\n').body as ReadableStream<Uint8Array>;
    app.outcome = () => ({ kind: 'stream', body, served: { warmth: null, waitMs: null } });
    const reply = await app.ask(chat({ stream: true }));
    expect(reply).toMatchObject({ status: 200, text: 'data: [DONE]\n\n' });
    expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(pilotlightHeaders(reply)).toEqual({
      'x-pilotlight-model': 'tiny-chat@1',
      'x-pilotlight-rules': '0',
    });
    expect(app.dispatched).toMatchObject([{ stream: true }]);
  });

  test('that fails is told so, with the version that failed', async () => {
    app.outcome = () => ({ kind: 'failed', failure: { kind: 'backend-down', retryAfterMs: 4_000 } });
    const reply = await app.ask(chat());
    expect(reply.status).toBe(503);
    expect(errorOf(reply).code).toBe('backend_unavailable');
    expect(reply.headers.get('retry-after')).toBe('4');
    expect(pilotlightHeaders(reply)).toEqual({
      'x-pilotlight-model': 'tiny-chat@1',
      'x-pilotlight-rules': '0',
    });
  });

  test('is one event, whose figures are those of its end', async () => {
    app.summary = { ...summary, usage: { promptTokens: 5, completionTokens: 7 }, chunks: 7 };
    const reply = await app.ask(chat());
    expect(app.events).toEqual([
      {
        kind: 'request',
        requestId: reply.headers.get('x-request-id'),
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        durationMs: 3,
        tenant: 'demo',
        keyId: 'dev',
        model: 'assistant',
        version: 'tiny-chat@1',
        because: 'name assistant',
        rules: '0',
        rate: null,
        cache: null,
        substitute: null,
        stream: false,
        warmth: 'hot',
        waitMs: 0,
        firstContentMs: 2,
        attempts: 1,
        segments: 0,
        replica: 'replica-1',
        promptTokens: 5,
        completionTokens: 7,
        chunks: 7,
        finishReason: 'stop',
        error: null,
        requests: 1,
      },
    ]);
  });

  test('that is turned away with many others is counted with them: two events, whose numbers are all of them', async () => {
    app.summary = {
      ...summary,
      failure: { kind: 'queue-full', retryAfterMs: 1_000 },
      attempts: 0,
      isTurnedAway: true,
    };
    app.outcome = () => ({ kind: 'failed', failure: { kind: 'queue-full', retryAfterMs: 1_000 } });
    const replies = await Promise.all(Array.from({ length: 20 }, () => app.ask(chat())));
    const ids = replies.map((reply) => reply.headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(20);
    expect(app.events.map(({ requests }) => requests)).toEqual([1, 19]);
    expect(app.events).toMatchObject([
      { status: 503, error: 'overloaded', tenant: 'demo', version: 'tiny-chat@1', attempts: 0 },
      { status: 503, error: 'overloaded', tenant: 'demo', version: 'tiny-chat@1', attempts: 0 },
    ]);
    expect(ids).toContain(app.events[1]?.requestId);
  });

  test('that streams is an event when its last byte has gone, and not before', async () => {
    const body = new Response('data: [DONE]\n\n').body as ReadableStream<Uint8Array>;
    app.outcome = () => ({ kind: 'stream', body, served: { warmth: 'hot', waitMs: 0 } });
    app.endsLater = true;
    await app.ask(chat({ stream: true }));
    expect(app.events).toEqual([]);
    app.dispatched[0]?.onEnd?.(summary);
    expect(app.events).toMatchObject([{ status: 200, stream: true, version: 'tiny-chat@1' }]);
  });

  test('that broke off is an event with its failure, whatever the status was', async () => {
    app.summary = { ...summary, failure: { kind: 'stream-cut' } };
    await app.ask(chat({ stream: true }));
    expect(app.events).toMatchObject([{ status: 502, error: 'stream_cut' }]);
  });

  test('that meets a bug of ours says nothing but its id, and is one event', async () => {
    app.outcome = () => {
      throw new Error('a secret of the inside');
    };
    const reply = await app.ask(chat());
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
    expect(errorOf(reply).code).toBe('internal_error');
    expect(app.bugs).toHaveLength(1);
    expect(app.events).toMatchObject([
      { requestId: reply.headers.get('x-request-id'), status: 500, error: 'internal_error' },
    ]);
  });
});

test('an embedding reaches its pool', async () => {
  const reply = await app.ask({ path: '/v1/embeddings', body: '{"model":"embed","input":["a","b"]}' });
  expect(reply.status).toBe(200);
  expect(app.dispatched).toMatchObject([
    { attempts: [{ pool: 'use-lite-embed@1~local' }], path: '/v1/embeddings' },
  ]);
  expect(JSON.parse(app.dispatched[0]?.attempts[0]?.body ?? '')).toEqual({
    model: 'use-lite-embed@1',
    input: ['a', 'b'],
  });
});

describe('models', () => {
  test('are listed in OpenAI’s shape, and each can be looked at', async () => {
    const reply = await app.ask({ method: 'GET', path: '/v1/models' });
    const { object, data } = JSON.parse(reply.text) as { object: string; data: { id: string }[] };
    expect(object).toBe('list');
    expect(data.map(({ id }) => id)).toContain('assistant');
    for (const model of data) {
      const one = await app.ask({ method: 'GET', path: `/v1/models/${model.id}` });
      expect(JSON.parse(one.text)).toEqual(model);
      expect(model).toEqual({ id: model.id, object: 'model', created: 0, owned_by: 'pilotlight' });
    }
  });
});

describe('request ids', () => {
  const asks: readonly Ask[] = [
    chat(),
    { method: 'GET', path: '/healthz', key: null },
    { method: 'HEAD', path: '/healthz', key: null },
    { method: 'GET', path: '/v1/models' },
    { method: 'GET', path: '/v1/models/assistant' },
    { method: 'GET', path: '/admin/v1/pools', key: adminToken },
    {
      method: 'GET',
      path: '/',
      key: null,
      env: { ASSETS: { fetch: () => Promise.resolve(new Response('page')) } },
    },
  ];
  test('are on every response, all different, and never the caller’s', async () => {
    const headers = { 'x-request-id': 'req_00000000000000000000000000000000' };
    const replies = await Promise.all(asks.map((ask) => app.ask({ ...ask, headers })));
    const ids = replies.map((reply) => reply.headers.get('x-request-id') ?? '');
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(new Set([...ids, headers['x-request-id']]).size).toBe(asks.length + 1);
    expect(replies.map(({ status }) => status)).toEqual(asks.map(() => 200));
    expect(app.events.map(({ requestId }) => requestId).sort()).toEqual([...ids].sort());
  });
});

describe('health', () => {
  test('needs no key and tells the environment and the version alone', async () => {
    const reply = await app.ask({ method: 'GET', path: '/healthz', key: null });
    expect(JSON.parse(reply.text)).toEqual({ ok: true, environment: 'dev', version: expect.any(String) });
  });
});

describe('the admin’s view of the pools', () => {
  const view: Ask = { method: 'GET', path: '/admin/v1/pools', key: adminToken };
  const { POOL } = testEnv as unknown as Env;

  test('asks every configured pool', async () => {
    const reply = JSON.parse((await app.ask(view)).text) as PoolsReply;
    expect(reply).toMatchObject({ environment: 'dev', silent: [] });
    expect(reply.pools.map(({ pool }) => pool)).toEqual([
      'tiny-chat@1~local',
      'tiny-chat-solo@1~local',
      'tiny-agent@1~local',
      'use-lite-embed@1~local',
    ]);
  });

  test('names the pools that fail or do not answer, and shows the others', async () => {
    const broken = { view: () => Promise.reject(new Error('overloaded')) };
    const hung = { view: () => new Promise(() => undefined) };
    const getByName = (name: string): unknown => {
      if (name.startsWith('tiny-chat@')) return broken;
      return name.startsWith('tiny-chat-solo@') ? hung : POOL.getByName(name);
    };
    const reply = JSON.parse((await app.ask({ ...view, env: { POOL: { getByName } } })).text) as PoolsReply;
    expect(reply.silent).toEqual(['tiny-chat@1~local', 'tiny-chat-solo@1~local']);
    expect(reply.pools.map(({ pool }) => pool)).toEqual(['tiny-agent@1~local', 'use-lite-embed@1~local']);
  });
});

describe('the page', () => {
  const asked: string[] = [];
  const ASSETS = {
    fetch(request: Request): Promise<Response> {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const found = pathname === '/' || pathname.startsWith('/assets/');
      return Promise.resolve(new Response('a file', { status: found ? 200 : 404 }));
    },
  };

  test.each(['/', '/assets/index.js'])(
    'serves %s without a key, with headers that keep it to itself',
    async (path) => {
      const reply = await app.ask({ method: 'GET', path, key: null, env: { ASSETS } });
      expect(reply).toMatchObject({ status: 200, text: 'a file' });
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
      const policy = reply.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    },
  );

  test('that is not there is a JSON 404 as on every other route', async () => {
    const reply = await app.ask({ method: 'GET', path: '/nothing', key: null, env: { ASSETS } });
    expect(reply.status).toBe(404);
    expect(errorOf(reply).code).toBe('unknown_route');
  });

  test('is never asked for what lies behind a key', async () => {
    asked.length = 0;
    for (const path of ['/v1/nothing', '/admin/nothing']) {
      for (const key of [null, adminToken, devKey])
        await app.ask({ method: 'GET', path, key, env: { ASSETS } });
    }
    expect(asked).toEqual([]);
  });
});
