// The thin Worker before the agent's container: whom it lets pass, and what goes through. In the place of the container stands what the
// platform's class gives: something to fetch from.
import { describe, expect, test } from 'vitest';
import { forwardCall, type AgentContainer } from '../../../gpu-workers/container/forward-call.ts';
import { makeAgentBackend } from '../../../src/backends/agent.ts';
import type { Backend } from '../../../src/backends/backend.ts';

const token = 'agent-token-of-a-test';

/** Remembers what reaches it, and how often it was wanted at all. */
class Door {
  readonly calls: Request[] = [];
  wanted = 0;
  stops = 0;
  readonly #answer: AgentContainer['fetch'];

  constructor(answer: AgentContainer['fetch'] = () => Promise.resolve(Response.json({ replicas: [] }))) {
    this.#answer = answer;
  }

  ask(path: string, init: RequestInit = {}, given = token): Promise<Response> {
    const container = (): AgentContainer => {
      this.wanted += 1;
      return {
        fetch: (request) => {
          this.calls.push(request);
          return this.#answer(request);
        },
        stop: () => {
          this.stops += 1;
          return Promise.resolve();
        },
      };
    };
    const url = path.startsWith('http') ? path : `https://agent.example${path}`;
    return forwardCall({ request: new Request(url, init), token: given, container });
  }

  /** The client that the platform's Worker has. */
  client(): Backend {
    return makeAgentBackend({
      url: 'https://agent.example',
      token,
      fetch: (url, init) => this.ask(url, init),
    });
  }
}

const withToken = { authorization: `Bearer ${token}` };

describe('strangers', () => {
  test.each<[string, Record<string, string>]>([
    ['without a token', {}],
    ['with another token', { authorization: 'Bearer agent-token-of-a-tesu' }],
    ['with the beginning of it', { authorization: 'Bearer agent' }],
    ['with the token and more', { authorization: `Bearer ${token}x` }],
    ['with the bare token', { authorization: token }],
    ['with an empty token', { authorization: 'Bearer ' }],
  ])('%s are refused as the agent would, and start no container', async (_who, headers) => {
    const door = new Door();
    const answer = await door.ask('/v1/capacity', { headers });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({
      error: { code: 'unauthorized', message: 'wrong or missing token' },
    });
    expect(door.wanted).toBe(0);
  });

  test('may ask whether the Worker is there, and start no container', async () => {
    const door = new Door();
    const answer = await door.ask('/healthz');
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
    expect(door.wanted).toBe(0);
  });

  test.each(['', 'Bearer '])('get nothing where the token was never set: %j', async (authorization) => {
    const door = new Door();
    const answer = await door.ask('/v1/capacity', { headers: { authorization } }, '');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('AGENT_TOKEN is not set');
    expect((await door.ask('/healthz', {}, '')).status).toBe(503);
    expect(door.wanted).toBe(0);
  });

  test('are told where a deployment has no container', async () => {
    const request = new Request('https://agent.example/v1/capacity', { headers: withToken });
    const answer = await forwardCall({ request, token, container: null });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('no container');
  });
});

describe('a call', () => {
  test('goes on with method, path, query and body', async () => {
    const door = new Door();
    const body = JSON.stringify({ generation: 1 });
    await door.ask('/v1/replicas/r-1?generation=2', { method: 'PUT', headers: withToken, body });
    const [call] = door.calls;
    expect(call?.method).toBe('PUT');
    expect(call?.url).toBe('http://agent/v1/replicas/r-1?generation=2');
    expect(await call?.text()).toBe(body);
  });

  test("takes none of the caller's headers along, least of all the one that chooses a port", async () => {
    const door = new Door();
    await door.ask('/v1/holds', {
      method: 'PUT',
      headers: {
        ...withToken,
        'cf-container-target-port': '22',
        'cf-connecting-ip': '192.0.2.1',
        cookie: 'a=b',
        'x-forwarded-for': '192.0.2.1',
        'content-type': 'text/plain',
      },
      body: '{}',
    });
    expect(Object.fromEntries(door.calls[0]?.headers ?? [])).toEqual({
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    });
  });

  test('for anything but the agent’s calls ends at the door', async () => {
    const door = new Door();
    for (const path of ['/', '/v1', '/v2/replicas', '/metrics', '//v1/replicas'])
      expect((await door.ask(path, { headers: withToken })).status).toBe(400);
    expect(door.wanted).toBe(0);
  });

  test('may be as large as the agent takes, and no larger', async () => {
    const door = new Door();
    const put = (bytes: number): Promise<Response> =>
      door.ask('/v1/holds', { method: 'PUT', headers: withToken, body: 'x'.repeat(bytes) });
    expect((await put(16_384)).status).toBe(200);
    expect((await put(16_385)).status).toBe(400);
    expect(door.calls).toHaveLength(1);
  });
});

describe('an answer', () => {
  test('comes back with its status and body, and with no header but its type', async () => {
    const body = { error: { code: 'no-capacity', message: 'full', retryAfterMs: 2_000 } };
    const headers = { 'set-cookie': 'a=b', server: 'inside', 'x-secret': 's' };
    const door = new Door(() => Promise.resolve(Response.json(body, { status: 429, headers })));
    const answer = await door.ask('/v1/capacity', { headers: withToken });
    expect([answer.status, await answer.json()]).toEqual([429, body]);
    expect([...answer.headers.keys()]).toEqual(['content-type']);
  });

  test('without a body stays without one', async () => {
    const door = new Door(() => Promise.resolve(new Response(null, { status: 204 })));
    expect(await door.client().stop({ id: 'r-1', generation: 1 })).toEqual({ ok: true, value: null });
  });

  // Words and status of the class that the platform's package has.
  test.each([
    [
      'no machine for it',
      () =>
        Promise.resolve(
          new Response('There is no Container instance available at this time.\nThis is likely', {
            status: 503,
          }),
        ),
    ],
    [
      'it ends at its start',
      () => Promise.resolve(new Response('Failed to start container: exit code 1', { status: 500 })),
    ],
    ['too many starts', () => Promise.resolve(new Response('rate limited', { status: 429 }))],
    ['its object is away', () => Promise.reject(new Error('Network connection lost.'))],
    [
      'another program',
      () => Promise.resolve(new Response('<html>', { headers: { 'content-type': 'text/html' } })),
    ],
  ])('that the agent did not give is told as an agent that is away: %s', async (_what, answer) => {
    const listed = await new Door(answer).client().list('tiny-chat@1~local');
    expect(listed).toMatchObject({
      ok: false,
      error: {
        kind: 'unreachable',
        message: expect.stringContaining("the agent's container does not answer"),
      },
    });
  });

  test('that the token is wrong comes from a container with an older one: it is ended, so that the next call starts it', async () => {
    const body = { error: { code: 'unauthorized', message: 'wrong or missing token' } };
    const door = new Door(() => Promise.resolve(Response.json(body, { status: 401 })));
    const told = await door.client().capacity();
    expect(told).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(door.stops).toBe(1);
    await door.ask('/v1/capacity', { headers: { authorization: 'Bearer wrong' } });
    expect(door.stops).toBe(1);
  });

  test('of the platform is told in one line, however long it is', async () => {
    const door = new Door(() =>
      Promise.resolve(new Response(`${'x'.repeat(5_000)}\nsecond`, { status: 500 })),
    );
    const text = await (await door.ask('/v1/capacity', { headers: withToken })).text();
    expect(text.length).toBeLessThan(400);
    expect(text).not.toContain('second');
  });
});
