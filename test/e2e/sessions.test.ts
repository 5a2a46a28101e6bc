import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(async () => {
  await stack.stop();
});

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
}

async function call(
  method: string,
  path: string,
  body?: object,
  { headers = {}, key = stack.key }: CallOptions = {},
): Promise<Reply> {
  const response = await fetch(stack.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function newSession(): Promise<string> {
  const { status, body } = await call('POST', '/v1/sessions', { model: 'assistant' });
  expect(status).toBe(201);
  return String(body['id']);
}

test('a message is answered with its turn, and both are in the log in order', async () => {
  const id = await newSession();
  const turn = await call('POST', `/v1/sessions/${id}/messages`, {
    content: 'What is the capital of France?',
  });
  expect(turn.status).toBe(200);
  expect(turn.headers.get('x-pilotlight-model')).toBe('tiny-chat@1');
  expect(turn.headers.get('x-pilotlight-warmth')).toMatch(/hot|parked|cold/);
  const log = await call('GET', `/v1/sessions/${id}/messages?after=0`);
  const messages = log.body['data'] as { seq: number; role: string; content: string }[];
  expect(messages.map(({ seq, role }) => [seq, role])).toEqual([
    [1, 'user'],
    [2, 'assistant'],
  ]);
  expect(messages).toEqual(turn.body['messages']);
  expect((await call('GET', `/v1/sessions/${id}/messages?after=1`)).body['data']).toHaveLength(1);
});

test('the same idempotency key gives the same turn, once; another body is refused', async () => {
  const id = await newSession();
  const headers = { 'idempotency-key': 'k-1' };
  const send = (content: string) => call('POST', `/v1/sessions/${id}/messages`, { content }, { headers });
  const replies = await Promise.all(Array.from({ length: 5 }, () => send('What is a token?')));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(await send('What is a queue?')).toMatchObject({
    status: 422,
    body: { error: { code: 'idempotency_key_reused' } },
  });
  expect((await call('GET', `/v1/sessions/${id}/messages`)).body['data']).toHaveLength(2);
});

test('a stream of a turn ends only when the turn is in the log', async () => {
  const id = await newSession();
  const response = await fetch(`${stack.url}/v1/sessions/${id}/messages`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.key}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ content: 'What is a cold start?' }),
  });
  const text = await response.text();
  expect(text).toMatch(/^event: message\.delta/m);
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  const deltas = [...text.matchAll(/event: message\.delta\ndata: (.*)\n/g)].map(
    ([, data]) => (JSON.parse(data ?? '') as { text: string }).text,
  );
  const log = (await call('GET', `/v1/sessions/${id}/messages`)).body['data'] as { content: string }[];
  expect(deltas.join('')).toBe(log[1]?.content);
});

test("another tenant's session looks like one that does not exist", async () => {
  const id = await newSession();
  const foreign = await call('GET', `/v1/sessions/${id}/messages`, undefined, { key: stack.acmeKey });
  const absent = await call('GET', `/v1/sessions/sess_${'0'.repeat(32)}/messages`);
  expect([foreign.status, foreign.body]).toEqual([absent.status, absent.body]);
  expect(foreign.status).toBe(404);
});

test('what is not a session, a message or a model is refused', async () => {
  const id = await newSession();
  expect((await call('GET', '/v1/sessions/nonsense/messages')).status).toBe(404);
  expect((await call('GET', `/v1/sessions/${id}/messages?after=-1`)).status).toBe(400);
  expect((await call('POST', `/v1/sessions/${id}/messages`, { content: '' })).status).toBe(400);
  expect(
    (
      await call(
        'POST',
        `/v1/sessions/${id}/messages`,
        { content: 'hi' },
        { headers: { 'idempotency-key': 'a b' } },
      )
    ).status,
  ).toBe(400);
  expect((await call('POST', '/v1/sessions', { model: 'gpt-9' })).status).toBe(404);
  expect((await call('PUT', '/v1/sessions', { model: 'assistant' })).status).toBe(405);
});
