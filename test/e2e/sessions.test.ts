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

/** The frames of a stream that has an end, or of one that is left after `count` events. */
async function readEvents(id: string, headers: Record<string, string>, count: number): Promise<string> {
  const response = await fetch(`${stack.url}/v1/sessions/${id}/events`, {
    headers: { authorization: `Bearer ${stack.key}`, ...headers },
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while ((seen.match(/^id: /gm)?.length ?? 0) < count || !seen.endsWith('\n\n')) {
    seen += (await reader.read()).value ?? '';
  }
  await reader.cancel();
  return seen.replaceAll(/^: .*\n\n/gm, '');
}

test('the stream of a session is told to bare clients, pages and reconnecting browsers alike', async () => {
  const id = await newSession();
  await call('POST', `/v1/sessions/${id}/messages`, { content: 'What is a token?' });
  const page = await call('GET', `/v1/sessions/${id}/events`, undefined, {
    headers: { accept: 'application/json' },
  });
  const events = page.body['data'] as { seq: number; type: string }[];
  expect(page.body).toMatchObject({ has_more: false, last_event: events.length });
  const whole = await readEvents(id, {}, events.length);
  expect(whole).toBe(
    events
      .map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join(''),
  );
  const rest = await readEvents(id, { 'last-event-id': '2' }, events.length - 2);
  expect(whole.endsWith(rest)).toBe(true);
  for (const [after, status] of [
    ['-1', 400],
    ['x', 400],
    ['9'.repeat(30), 400],
    ['999999', 416],
  ] as const) {
    const refused = await call('GET', `/v1/sessions/${id}/events`, undefined, {
      headers: { 'last-event-id': after },
    });
    expect(refused.status).toBe(status);
  }
});

test('a session is cut, forked, exported and deleted', async () => {
  const id = await newSession();
  for (const content of ['What is a token?', 'What is a queue?']) {
    expect((await call('POST', `/v1/sessions/${id}/messages`, { content })).status).toBe(200);
  }
  const headers = { 'idempotency-key': 'f-1' };
  const fork = await call('POST', `/v1/sessions/${id}/fork`, { after: 2 }, { headers });
  expect([fork.status, fork.body['last_seq']]).toEqual([201, 2]);
  expect((await call('POST', `/v1/sessions/${id}/fork`, { after: 2 }, { headers })).body['id']).toBe(
    fork.body['id'],
  );
  expect((await call('POST', `/v1/sessions/${id}/truncate`, { after: 2 })).body['last_seq']).toBe(2);
  expect((await call('POST', `/v1/sessions/${id}/truncate`, { after: 9 })).status).toBe(416);
  const stale = await call(
    'POST',
    `/v1/sessions/${id}/messages`,
    { content: 'late' },
    { headers: { 'if-match': '"4"' } },
  );
  expect([stale.status, stale.headers.get('etag')]).toEqual([409, '"2"']);
  const entries = await fetch(`${stack.url}/v1/sessions/${id}/export`, {
    headers: { authorization: `Bearer ${stack.key}` },
  });
  expect((await entries.text()).trimEnd().split('\n').at(-1)).toContain(
    '"type":"end","error":null,"messages":2',
  );
  const turns = `/v1/sessions/${id}/turns/turn_${'0'.repeat(32)}`;
  expect((await call('POST', `${turns}/cancel`, {})).body).toMatchObject({
    error: { code: 'turn_not_found' },
  });
  expect((await call('DELETE', `/v1/sessions/${id}`)).body).toMatchObject({ deleted: true });
  expect((await call('GET', `/v1/sessions/${id}`)).status).toBe(404);
  expect((await call('GET', `/v1/sessions/${String(fork.body['id'])}`)).status).toBe(200);
});

test('a follower over a WebSocket gets the same stream, through the whole edge', async () => {
  const id = await newSession();
  const url = `${stack.url.replace('http', 'ws')}/v1/sessions/${id}/events?after=0`;
  const options = { headers: { authorization: `Bearer ${stack.key}` } };
  const socket = new WebSocket(url, options);
  const frames: string[] = [];
  const done = new Promise<void>((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the socket broke')));
    socket.addEventListener('message', ({ data }) => {
      frames.push(String(data));
      if (String(data).includes('"type":"turn.completed"')) resolve();
    });
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  await call('POST', `/v1/sessions/${id}/messages`, { content: 'What is a token?' });
  await done;
  socket.close();
  const page = await call('GET', `/v1/sessions/${id}/events`, undefined, {
    headers: { accept: 'application/json' },
  });
  expect(frames).toEqual((page.body['data'] as object[]).map((event) => JSON.stringify(event)));
});
