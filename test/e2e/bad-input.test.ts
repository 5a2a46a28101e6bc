import { afterAll, beforeAll, expect, test } from 'vitest';
import { askFrance, chat, startStack, type Stack } from '../support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(async () => {
  await stack.stop();
});

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly key?: string | null;
}

interface Reply {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly headers: Headers;
}

async function ask({
  method = 'POST',
  path = '/v1/chat/completions',
  headers = {},
  body,
  key = stack.key,
}: Ask): Promise<Reply> {
  const response = await fetch(stack.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body as string }),
  });
  const text = await response.text();
  const { error } = JSON.parse(text) as {
    error: { code: string; message: string; type: string; param: string | null };
  };
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect(text).not.toMatch(/\bat \S+:\d+|Error:|127\.0\.0\.1/);
  return { status: response.status, code: error.code, text, headers: response.headers };
}

const good = { model: 'assistant', messages: [{ role: 'user', content: 'hi' }] };
const withBody = (change: object): Ask => ({ body: JSON.stringify({ ...good, ...change }) });
const deep = `{"model":"assistant","messages":[{"role":"user","content":"hi"}],"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;

const cases: Readonly<Record<string, { ask: () => Ask; status: number; code: string; param?: string }>> = {
  'no key': { ask: () => ({ key: null, body: '{}' }), status: 401, code: 'missing_api_key' },
  'wrong key': {
    ask: () => ({ key: 'sk-pilotlight-dex', body: '{}' }),
    status: 401,
    code: 'invalid_api_key',
  },
  'another scheme': {
    ask: () => ({ key: null, headers: { authorization: 'Basic c2s=' } }),
    status: 401,
    code: 'missing_api_key',
  },
  "a tenant's key on the admin routes": {
    ask: () => ({ method: 'GET', path: '/admin/v1/pools' }),
    status: 401,
    code: 'invalid_admin_token',
  },
  'no key on an unknown route': {
    ask: () => ({ key: null, path: '/v1/nothing' }),
    status: 401,
    code: 'missing_api_key',
  },
  'an unknown model': { ask: () => withBody({ model: 'gpt-9' }), status: 404, code: 'model_not_found' },
  'a model that is a property of every object': {
    ask: () => withBody({ model: 'constructor' }),
    status: 404,
    code: 'model_not_found',
  },
  'an unknown route': { ask: () => ({ path: '/v1/nothing' }), status: 404, code: 'unknown_route' },
  'an unknown page': { ask: () => ({ method: 'GET', path: '/nothing' }), status: 404, code: 'unknown_route' },
  'a wrong method': { ask: () => ({ method: 'DELETE' }), status: 405, code: 'method_not_allowed' },
  'broken JSON': { ask: () => ({ body: '{"model":' }), status: 400, code: 'malformed_json' },
  'bytes that are not UTF-8': {
    ask: () => ({ body: new Uint8Array([0x7b, 0xff, 0x7d]) }),
    status: 400,
    code: 'malformed_json',
  },
  'a list instead of an object': { ask: () => ({ body: '[]' }), status: 400, code: 'invalid_value' },
  'JSON nested 10,000 deep': { ask: () => ({ body: deep }), status: 400, code: 'too_deep' },
  'a key that reaches for the prototype': {
    ask: () => ({ body: '{"__proto__":{"admin":true},"model":"assistant"}' }),
    status: 400,
    code: 'invalid_value',
  },
  'a number that is infinite': {
    ask: () => ({
      body: '{"model":"assistant","messages":[{"role":"user","content":"hi"}],"temperature":1e400}',
    }),
    status: 400,
    code: 'invalid_value',
  },
  'a body over the limit': {
    ask: () => withBody({ user: 'x'.repeat(1_100_000) }),
    status: 413,
    code: 'body_too_large',
  },
  'a wrong content type': {
    ask: () => ({ ...withBody({}), headers: { 'content-type': 'text/plain' } }),
    status: 415,
    code: 'unsupported_media_type',
  },
  'a compressed body': {
    ask: () => ({ ...withBody({}), headers: { 'content-encoding': 'gzip' } }),
    status: 415,
    code: 'unsupported_content_encoding',
  },
  'messages missing': {
    ask: () => ({ body: '{"model":"assistant"}' }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
  },
  'messages empty': {
    ask: () => withBody({ messages: [] }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
  },
  'messages of the wrong type': {
    ask: () => withBody({ messages: 'hi' }),
    status: 400,
    code: 'invalid_value',
    param: 'messages',
  },
  'a message without content': {
    ask: () => withBody({ messages: [{ role: 'user' }] }),
    status: 400,
    code: 'invalid_value',
    param: 'messages[0].content',
  },
  'an unknown role': {
    ask: () => withBody({ messages: [{ role: 'wizard', content: 'hi' }] }),
    status: 400,
    code: 'invalid_value',
    param: 'messages[0].role',
  },
  'stream as a string': {
    ask: () => withBody({ stream: 'true' }),
    status: 400,
    code: 'invalid_value',
    param: 'stream',
  },
  'max_tokens negative': {
    ask: () => withBody({ max_tokens: -1 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
  },
  'max_tokens zero': {
    ask: () => withBody({ max_tokens: 0 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
  },
  'max_tokens huge': {
    ask: () => withBody({ max_tokens: 2 ** 31 }),
    status: 400,
    code: 'invalid_value',
    param: 'max_tokens',
  },
  'max_tokens not a number': {
    ask: () => ({ body: JSON.stringify({ ...good, max_tokens: 1 }).replace(':1}', ':NaN}') }),
    status: 400,
    code: 'malformed_json',
  },
  'an embedder asked to chat': {
    ask: () => withBody({ model: 'embed' }),
    status: 400,
    code: 'wrong_task',
    param: 'model',
  },
  'embedding of nothing': {
    ask: () => ({ path: '/v1/embeddings', body: '{"model":"embed","input":[]}' }),
    status: 400,
    code: 'invalid_value',
    param: 'input',
  },
};

test.each(Object.entries(cases))('%s', async (_name, { ask: make, status, code, param }) => {
  const reply = await ask(make());
  expect({ status: reply.status, code: reply.code }).toEqual({ status, code });
  if (param !== undefined) expect(JSON.parse(reply.text)).toMatchObject({ error: { param } });
  if (status === 405) expect(reply.headers.get('allow')).toBe('POST');
});

test('a chunked body over the limit is cut off', async () => {
  const piece = new Uint8Array(256 * 1024).fill(0x20);
  const body = new ReadableStream({
    start(controller) {
      for (let sent = 0; sent < 8; sent += 1) controller.enqueue(piece);
      controller.close();
    },
  });
  const headers = { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' };
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  });
  expect(response.status).toBe(413);
});

test('after all of that the next good request is fine', async () => {
  const reply = await chat(stack, askFrance);
  expect(reply.status).toBe(200);
  expect(reply.text).toContain('The capital of France is Paris.');
});
