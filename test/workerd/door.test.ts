// Every request that ends before a model is asked: what the client is told, that nothing went further, and that the next request is
// fine. The door over raw sockets is in test/e2e/raw-door.test.ts.
import { exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EdgeApp, errorOf, type Ask, type Reply } from './edge-app.ts';

let app: EdgeApp;
beforeEach(() => {
  app = new EdgeApp();
});

const good = { model: 'assistant', messages: [{ role: 'user', content: 'a secret prompt' }] };
const chat = (change: object): Ask => ({ body: JSON.stringify({ ...good, ...change }) });
const goodText = JSON.stringify(good);
const deep = `{"model":"assistant","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;

interface Expected {
  readonly status: number;
  readonly code: string;
  readonly param?: string;
}

/** What holds for each refusal, whatever its reason. */
function expectRefusal(reply: Reply, { status, code, param }: Expected): void {
  const error = errorOf(reply);
  expect({ status: reply.status, code: error.code }).toEqual({ status, code });
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  if (param !== undefined) expect(error.param).toBe(param);
  const requestId = reply.headers.get('x-request-id');
  expect(requestId).toMatch(/^req_[0-9a-f]{32}$/);
  expect(app.dispatched).toEqual([]);
  expect(app.bugs).toEqual([]);
  // One event, under the same id, without a word of the prompt or a key.
  expect(app.events).toMatchObject([{ requestId, status, error: code }]);
  expect(JSON.stringify(app.events)).not.toMatch(/secret|sk-pilotlight/);
  expect(reply.text).not.toMatch(/secret|sk-pilotlight|\bat \S+:\d+/);
}

async function expectNextIsFine(): Promise<void> {
  expect(await app.ask({ body: goodText })).toMatchObject({ status: 200 });
}

const cases: Readonly<Record<string, Ask & Expected>> = {
  'no key': { key: null, body: goodText, status: 401, code: 'missing_api_key' },
  'a wrong key': { key: 'sk-pilotlight-dex', body: goodText, status: 401, code: 'invalid_api_key' },
  'a key with a wrong tail': {
    key: 'sk-pilotlight-de',
    body: goodText,
    status: 401,
    code: 'invalid_api_key',
  },
  'another scheme': {
    key: null,
    headers: { authorization: 'Basic c2s=' },
    body: goodText,
    status: 401,
    code: 'missing_api_key',
  },
  'two authorizations': {
    key: null,
    headers: { authorization: 'Bearer sk-pilotlight-dev, Bearer sk-pilotlight-acme' },
    body: goodText,
    status: 401,
    code: 'missing_api_key',
  },
  'a key in the query': {
    key: null,
    path: '/v1/models?key=sk-pilotlight-dev',
    method: 'GET',
    status: 401,
    code: 'missing_api_key',
  },
  "a tenant's key on an admin route": {
    method: 'GET',
    path: '/admin/v1/pools',
    status: 401,
    code: 'invalid_admin_token',
  },
  "a tenant's key on an unknown admin route": {
    method: 'GET',
    path: '/admin/nothing',
    status: 401,
    code: 'invalid_admin_token',
  },
  "the admin's token on a tenant's route": {
    method: 'GET',
    path: '/v1/models',
    key: 'admin-pilotlight-dev',
    status: 401,
    code: 'invalid_api_key',
  },
  'an unknown model': { ...chat({ model: 'gpt-9' }), status: 404, code: 'model_not_found', param: 'model' },
  'a model that every object has': {
    ...chat({ model: 'toString' }),
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
  'a model with a line break': { ...chat({ model: 'a\r\nx: y' }), status: 404, code: 'model_not_found' },
  'an unknown model to look at': {
    method: 'GET',
    path: '/v1/models/gpt-9',
    status: 404,
    code: 'model_not_found',
  },
  'an embedder asked to chat': {
    ...chat({ model: 'embed' }),
    status: 400,
    code: 'wrong_task',
    param: 'model',
  },
  'a chat model asked to embed': {
    path: '/v1/embeddings',
    body: '{"model":"assistant","input":"hi"}',
    status: 400,
    code: 'wrong_task',
    param: 'model',
  },
  'an unknown route': { path: '/v1/nothing', body: goodText, status: 404, code: 'unknown_route' },
  'a route in capitals': { path: '/V1/models', method: 'GET', status: 404, code: 'unknown_route' },
  'a route with a slash behind': { path: '/v1/models/', method: 'GET', status: 404, code: 'unknown_route' },
  'a post to a page that is not there': { path: '/nothing', body: '{}', status: 404, code: 'unknown_route' },
  'a wrong method': { method: 'DELETE', status: 405, code: 'method_not_allowed' },
  'a wrong method, spelt in a header too': {
    method: 'GET',
    headers: { 'x-http-method-override': 'POST' },
    status: 405,
    code: 'method_not_allowed',
  },
  'no body': { status: 415, code: 'unsupported_media_type' },
  'an empty body': { body: '', status: 400, code: 'malformed_json' },
  'broken JSON': { body: '{"model":', status: 400, code: 'malformed_json' },
  'bytes that are not UTF-8': {
    body: new Uint8Array([0x7b, 0xff, 0x7d]),
    status: 400,
    code: 'malformed_json',
  },
  'a list instead of an object': { body: '[]', status: 400, code: 'invalid_value' },
  'JSON nested 10,000 deep': { body: deep, status: 400, code: 'too_deep' },
  'half a megabyte of brackets': { body: '['.repeat(500_000), status: 400, code: 'too_deep' },
  'a key that reaches for the prototype': {
    body: '{"__proto__":{"admin":true},"model":"assistant"}',
    status: 400,
    code: 'invalid_value',
  },
  'a number that is infinite': {
    body: goodText.replace('}]', '}],"temperature":1e400'),
    status: 400,
    code: 'invalid_value',
  },
  'max_tokens NaN': {
    body: goodText.replace('}]', '}],"max_tokens":NaN'),
    status: 400,
    code: 'malformed_json',
  },
  'a body over the limit': { ...chat({ user: 'x'.repeat(1_100_000) }), status: 413, code: 'body_too_large' },
  'a body over the limit that says it is small': {
    body: 'x'.repeat(1_100_000),
    headers: { 'content-length': '5' },
    status: 413,
    code: 'body_too_large',
  },
  'a wrong content type': {
    body: goodText,
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'unsupported_media_type',
  },
  'a compressed body': {
    body: goodText,
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    code: 'unsupported_content_encoding',
  },
  'headers of 20 KB': {
    body: goodText,
    headers: { 'x-a': 'a'.repeat(20_000) },
    status: 431,
    code: 'headers_too_large',
  },
  'a hundred headers': {
    body: goodText,
    headers: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-${at}`, ''])),
    status: 431,
    code: 'headers_too_large',
  },
  'messages missing': {
    ...chat({ messages: undefined }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
  },
  'messages empty': { ...chat({ messages: [] }), status: 400, code: 'invalid_value', param: 'messages' },
  'messages of the wrong type': {
    ...chat({ messages: 'hi' }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
  },
  'an unknown role': {
    ...chat({ messages: [{ role: 'wizard', content: 'hi' }] }),
    status: 400,
    code: 'invalid_value',
    param: 'messages[0].role',
  },
  'stream as a text': { ...chat({ stream: 'true' }), status: 400, code: 'invalid_value', param: 'stream' },
  'max_tokens negative': {
    ...chat({ max_tokens: -1 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
  },
  'max_tokens huge': {
    ...chat({ max_tokens: 2 ** 31 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
  },
  'an embedding of nothing': {
    path: '/v1/embeddings',
    body: '{"model":"embed","input":[]}',
    status: 400,
    code: 'invalid_value',
    param: 'input',
  },
  'an embedding of tokens': {
    path: '/v1/embeddings',
    body: '{"model":"embed","input":[1,2]}',
    status: 400,
    code: 'invalid_value',
    param: 'input',
  },
};

test.each(Object.entries(cases))(
  '%s is refused before a model is asked',
  async (_name, { status, code, param, ...ask }) => {
    expectRefusal(await app.ask(ask), { status, code, ...(param === undefined ? {} : { param }) });
    await expectNextIsFine();
  },
);

describe('a request line as the bare runtime hands it over', () => {
  const host = 'http://127.0.0.1:8787';
  test.each([
    ['an escaped dot segment', `${host}/v1/%2e%2e/admin/v1/pools`],
    ['an escaped slash', `${host}/v1%2fmodels`],
    ['an escaped backslash', `${host}/v1%5cmodels`],
    ['an escaped zero byte', `${host}/v1/models%00`],
    ['a double escape', `${host}/v1/%252e%252e/admin`],
    ['an escaped letter', `${host}/%61dmin/v1/pools`],
    ['an empty segment', `${host}//v1/models`],
    ['a dot segment', `${host}/v1/./models`],
    ['a parent segment', `${host}/v1/../healthz`],
    ['a backslash', `${host}/v1\\models`],
    ['a fragment', `${host}/healthz#/v1/models`],
    ['a host with a fragment', 'http://127.0.0.1/#/v1/models'],
    ['a host with a query', 'http://127.0.0.1?/v1/models'],
    ['a host with a user', 'http://127.0.0.1@evil.example/v1/models'],
    ['two hosts', 'http://127.0.0.1, evil.example/v1/models'],
    ['a foreign host', 'http://evil.example/v1/models'],
    ['a host that begins like ours', 'http://127.0.0.1.evil.example/v1/models'],
  ])('with %s is refused', async (_name, rawUrl) => {
    expectRefusal(await app.ask({ method: 'GET', rawUrl }), { status: 400, code: 'bad_request_target' });
    await expectNextIsFine();
  });
});

describe('without a key nobody learns what exists', () => {
  const paths = [
    '/v1/chat/completions',
    '/v1/models/assistant',
    '/v1/nothing',
    '/v1',
    '/v1/sessions/x/messages',
  ];
  const admin = ['/admin/v1/pools', '/admin/nothing', '/admin'];
  const methods = ['GET', 'POST', 'DELETE', 'OPTIONS'];
  const asks = [...paths, ...admin].flatMap((path) => methods.map((method) => [method, path] as const));
  test.each(asks)('%s %s', async (method, path) => {
    // A body that nobody may read: reading it would fail the request in another way.
    const body = method === 'POST' ? '{"model":' : null;
    const reply = await app.ask({ method, path, key: null, body });
    expectRefusal(reply, { status: 401, code: 'missing_api_key' });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('a body that comes in pieces', () => {
  const pieces = (count: number, piece: Uint8Array, end: (c: ReadableStreamDefaultController) => void) => {
    let sent = 0;
    const pulled = { count: 0, cancelled: false };
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled.count += 1;
        if (sent < count) controller.enqueue(piece);
        else end(controller);
        sent += 1;
      },
      cancel() {
        pulled.cancelled = true;
      },
    });
    return { stream, pulled };
  };

  test('is read to its end', async () => {
    const [head, tail] = [goodText.slice(0, 20), goodText.slice(20)].map((part) =>
      new TextEncoder().encode(part),
    );
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(head);
        controller.enqueue(tail);
        controller.close();
      },
    });
    expect(await app.ask({ body: stream })).toMatchObject({ status: 200 });
    expect(JSON.parse(app.dispatched[0]?.attempts[0]?.body ?? '')).toMatchObject({ messages: good.messages });
  });

  test('is dropped at the first byte too many, however much is still to come', async () => {
    const { stream, pulled } = pieces(64, new Uint8Array(256 * 1024).fill(0x20), (c) => c.close());
    expectRefusal(await app.ask({ body: stream }), { status: 413, code: 'body_too_large' });
    expect(pulled.count).toBeLessThan(10);
    expect(pulled.cancelled).toBe(true);
    await expectNextIsFine();
  });

  test('and never ends is given up in time', async () => {
    const stalled = new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(new Uint8Array([0x7b])) });
    const reply = await app.ask({ body: stalled, env: { BODY_MS: '30' } });
    expectRefusal(reply, { status: 408, code: 'request_timeout' });
    await expectNextIsFine();
  });

  test('and breaks off is a client that went away, not a bug of ours', async () => {
    const { stream } = pieces(1, new Uint8Array([0x7b]), (c) => c.error(new Error('connection lost')));
    expectRefusal(await app.ask({ body: stream }), { status: 499, code: 'client_closed_request' });
    await expectNextIsFine();
  });
});

describe('a method that a route does not have', () => {
  test.each([
    ['PUT', '/v1/chat/completions', 'POST'],
    ['GET', '/v1/embeddings', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/', 'GET, HEAD'],
  ])('%s %s is told those that it has', async (method, path, allow) => {
    const reply = await app.ask({ method, path });
    expectRefusal(reply, { status: 405, code: 'method_not_allowed' });
    expect(reply.headers.get('allow')).toBe(allow);
  });
});

describe('a deployment', () => {
  const list: Ask = { method: 'GET', path: '/v1/models' };
  const production = {
    ENVIRONMENT: 'production',
    ADMIN_TOKEN_SHA256: 'a'.repeat(64),
    AGENT_URL: 'https://agent.example.com',
  };
  // The operator is told the reason in the log.
  beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue());
  afterEach(() => void vi.restoreAllMocks());

  test.each([undefined, 'none', 'prod', 'Dev', ''])(
    'whose ENVIRONMENT is %j serves nothing and says so',
    async (ENVIRONMENT) => {
      for (const path of ['/healthz', '/', '/v1/models', '/admin/v1/pools']) {
        app = new EdgeApp();
        const reply = await app.ask({ method: 'GET', path, env: { ENVIRONMENT } });
        expectRefusal(reply, { status: 503, code: 'not_configured' });
        expect(errorOf(reply).message).toContain('ENVIRONMENT');
      }
    },
  );

  test('with a variable that is wrong names it, and nothing of what is in it', async () => {
    const reply = await app.ask({ ...list, env: { GRACE_MS: 'soon-secret' } });
    expectRefusal(reply, { status: 503, code: 'not_configured' });
    expect(errorOf(reply).message).toContain('GRACE_MS');
  });

  test('in production without its secrets serves nothing and names them', async () => {
    const reply = await app.ask({ ...list, env: { ...production, ADMIN_TOKEN_SHA256: undefined } });
    expectRefusal(reply, { status: 503, code: 'not_configured' });
    expect(errorOf(reply).message).toContain('ADMIN_TOKEN_SHA256');
  });

  test('in production knows neither the keys nor the admin token of dev', async () => {
    expectRefusal(await app.ask({ ...list, env: production }), { status: 401, code: 'invalid_api_key' });
    app = new EdgeApp();
    const admin = { method: 'GET', path: '/admin/v1/pools', key: 'admin-pilotlight-dev', env: production };
    expectRefusal(await app.ask(admin), { status: 401, code: 'invalid_admin_token' });
  });

  test('in production with a list of hosts serves those alone', async () => {
    const env = { ...production, ALLOWED_HOSTS: 'api.example.com' };
    const at = (rawUrl: string): Ask => ({ method: 'GET', rawUrl, env });
    expect(await app.ask(at('https://api.example.com/healthz'))).toMatchObject({ status: 200 });
    app = new EdgeApp();
    expectRefusal(await app.ask(at('https://other.example.com/healthz')), {
      status: 400,
      code: 'bad_request_target',
    });
  });
});

test('the deployed entry answers as the app does', async () => {
  const worker = (exports as unknown as { default: Fetcher }).default;
  const health = await worker.fetch('http://127.0.0.1/healthz');
  expect(await health.json()).toEqual({ ok: true, environment: 'dev', version: expect.any(String) });
  const refused = await worker.fetch('http://127.0.0.1/v1/models');
  expect(refused.status).toBe(401);
  expect(refused.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
});
