import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeAgentBackend } from '../../../src/backends/agent.ts';
import type { Backend, ReplicaReport } from '../../../src/backends/backend.ts';

const report: ReplicaReport = {
  id: 'r-1',
  generation: 2,
  pool: 'tiny-chat@1~local',
  version: 'tiny-chat@1',
  condition: 'ready',
  endpoint: 'http://127.0.0.1:4',
  spawnMs: 1,
  loadMs: 2,
  readyMs: 3,
  wakeMs: null,
  pid: 4,
  reason: null,
};
const command = { id: 'r-1', generation: 2, pool: 'tiny-chat@1~local', version: 'tiny-chat@1', waitMs: 50 };

const held = { pool: 'm@1~here', version: 'm@1', order: 7, containers: 2, forMs: 9_000 };

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

function backendOn(answer: (sent: Sent) => Response | Promise<Response>): { backend: Backend; sent: Sent[] } {
  const sent: Sent[] = [];
  const backend = makeAgentBackend({
    url: 'http://agent.test',
    token: 'secret',
    marginMs: 50,
    async fetch(url, init) {
      sent.push({ url, init });
      return answer({ url, init });
    },
  });
  return { backend, sent };
}

const calls: Readonly<Record<string, (backend: Backend) => Promise<unknown>>> = {
  start: (backend) => backend.start(command),
  park: (backend) => backend.park(command),
  wake: (backend) => backend.wake(command),
  drain: (backend) => backend.drain(command),
  stop: (backend) => backend.stop(command),
  list: (backend) => backend.list(command.pool),
  capacity: (backend) => backend.capacity(),
  hold: async (backend) => backend.hold?.(held),
};

describe('each call', () => {
  test.each([
    [
      'start',
      'PUT',
      '/v1/replicas/r-1',
      { generation: 2, pool: command.pool, version: command.version, waitMs: 50 },
    ],
    ['park', 'POST', '/v1/replicas/r-1/park', { generation: 2 }],
    ['wake', 'POST', '/v1/replicas/r-1/wake', { generation: 2 }],
    ['drain', 'POST', '/v1/replicas/r-1/drain', { generation: 2 }],
    ['stop', 'DELETE', '/v1/replicas/r-1?generation=2', null],
    ['list', 'GET', '/v1/replicas?pool=tiny-chat%401~local', null],
    ['capacity', 'GET', '/v1/capacity', null],
  ])('%s is %s %s, with the token and a deadline', async (name, method, path, body) => {
    const { backend, sent } = backendOn(() => Response.json(report));
    await calls[name]?.(backend);
    expect(sent).toHaveLength(1);
    const [{ url, init } = { url: '', init: {} }] = sent;
    expect([init.method, url]).toEqual([method, `http://agent.test${path}`]);
    expect(new Headers(init.headers).get('authorization')).toBe('Bearer secret');
    expect(init.signal).toBeInstanceOf(AbortSignal);
    expect(typeof init.body === 'string' ? JSON.parse(init.body) : init.body).toEqual(body);
  });

  test('calls fetch as the platform wants it: not as a method of anything', async () => {
    const selves: unknown[] = [];
    const fetch = function (this: unknown): Promise<Response> {
      selves.push(this);
      return Promise.resolve(Response.json(report));
    };
    await makeAgentBackend({ url: 'http://agent.test', token: 't', fetch }).start(command);
    expect(selves).toEqual([undefined]);
  });

  test('leaves no timer behind: one that runs on would keep its Durable Object awake', async () => {
    const countTimers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = countTimers();
    await backendOn(() => Response.json(report)).backend.start(command);
    await backendOn(() => Promise.reject(new TypeError('fetch failed'))).backend.start(command);
    expect(countTimers()).toBe(before);
  });

  test('gives the report as it was sent', async () => {
    const { backend } = backendOn(() => Response.json(report));
    expect(await backend.start(command)).toEqual({ ok: true, value: report });
    const listed = backendOn(() => Response.json({ replicas: [report] }));
    expect(await listed.backend.list('p')).toEqual({ ok: true, value: [report] });
    const stopped = backendOn(() => new Response(null, { status: 204 }));
    expect(await stopped.backend.stop(command)).toEqual({ ok: true, value: null });
  });
});

describe('a failure is a value', () => {
  test.each([
    [
      429,
      { code: 'no-capacity', message: 'm', retryAfterMs: 7 },
      { kind: 'no-capacity', message: 'm', retryAfterMs: 7 },
    ],
    [
      409,
      { code: 'stale-generation', message: 'm', knownGeneration: 9 },
      { kind: 'stale-generation', message: 'm', knownGeneration: 9 },
    ],
    [409, { code: 'stale-generation', message: 'm' }, { kind: 'bad-reply' }],
    [409, { code: 'busy', message: 'm' }, { kind: 'busy', message: 'm' }],
    [409, { code: 'unsupported', message: 'm' }, { kind: 'unsupported', message: 'm' }],
    [404, { code: 'not-found', message: 'm' }, { kind: 'not-found', message: 'm' }],
    [401, { code: 'unauthorized', message: 'm' }, { kind: 'unauthorized', message: 'm' }],
    [422, { code: 'cannot-start', message: 'm' }, { kind: 'cannot-start', message: 'm' }],
    [400, { code: 'invalid', message: 'm' }, { kind: 'bad-reply' }],
    [500, { code: 'unheard-of', message: 'm' }, { kind: 'bad-reply' }],
  ])('%i %j', async (status, error, expected) => {
    const { backend } = backendOn(() => Response.json({ error }, { status }));
    for (const call of Object.values(calls))
      expect(await call(backend)).toMatchObject({ ok: false, error: expected });
  });

  test('a 404 that the agent did not write is no proof that a replica is gone', async () => {
    const { backend } = backendOn(() => new Response('<html>not found', { status: 404 }));
    expect(await backend.stop(command)).toMatchObject({ error: { kind: 'bad-reply' } });
  });

  test('a redirect is not followed', async () => {
    const { backend, sent } = backendOn(
      () => new Response(null, { status: 302, headers: { location: 'http://x' } }),
    );
    expect(await backend.capacity()).toMatchObject({ error: { kind: 'bad-reply' } });
    expect(sent[0]?.init.redirect).toBe('manual');
  });

  test('no connection is unreachable', async () => {
    const { backend } = backendOn(() => Promise.reject(new TypeError('fetch failed')));
    for (const call of Object.values(calls))
      expect(await call(backend)).toMatchObject({ error: { kind: 'unreachable' } });
  });

  test('no answer is a timeout once the deadline is over', async () => {
    const { backend } = backendOn(
      ({ init }) =>
        new Promise((_, fail) => init.signal?.addEventListener('abort', () => fail(init.signal?.reason))),
    );
    for (const name of ['start', 'list', 'capacity']) {
      expect(await calls[name]?.(backend)).toMatchObject({ error: { kind: 'timeout' } });
    }
  });

  test('an answer that breaks off in its middle is a timeout or unreachable, never a report', async () => {
    const cut = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"id":'));
        controller.error(new TypeError('terminated'));
      },
    });
    const { backend } = backendOn(() => new Response(cut));
    expect(await backend.start(command)).toMatchObject({ error: { kind: 'unreachable' } });
  });

  test('without an agent nothing is called', async () => {
    const fetch = (): never => expect.unreachable('nothing may be called');
    const backend = makeAgentBackend({ url: '', token: '', fetch });
    for (const call of Object.values(calls))
      expect(await call(backend)).toMatchObject({ error: { kind: 'unreachable' } });
  });

  test('whatever the agent answers, every call gives a value', async () => {
    const answers = fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      text: fc.oneof(fc.string(), fc.json()),
    });
    await fc.assert(
      fc.asyncProperty(answers, async ({ status, text }) => {
        const bodyless = [204, 205, 304].includes(status);
        const { backend } = backendOn(() => new Response(bodyless ? null : text, { status }));
        for (const call of Object.values(calls)) expect(await call(backend)).toHaveProperty('ok');
      }),
    );
  });
});

test('what a place is to hold is put as it is, and answered with nothing', async () => {
  const { backend, sent } = backendOn(() => new Response(null, { status: 204 }));
  expect(await backend.hold?.(held)).toEqual({ ok: true, value: null });
  expect(sent[0]).toMatchObject({ url: 'http://agent.test/v1/holds', init: { method: 'PUT' } });
  expect(sent[0]?.init.body).toBe(JSON.stringify(held));
});
