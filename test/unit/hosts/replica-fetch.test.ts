// What is sent to which host, and how a late answer is waited for.
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  EndpointInTheClear,
  makeReplicaFetch,
  noKeys,
  type ReplicaKeys,
} from '../../../src/hosts/replica-fetch.ts';

const keys: ReplicaKeys = {
  replicaKey: 'replica-key',
  modalProxy: { id: 'wk-1', secret: 'ws-1' },
  modalHosts: ['.modal.run'],
  httpHosts: null,
};
const init: RequestInit = {
  method: 'POST',
  body: '{}',
  headers: { 'content-type': 'application/json', 'x-request-id': 'r-1' },
  redirect: 'manual',
};

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
}

function replicaThatAnswers(...answers: readonly Response[]) {
  const sent: Sent[] = [];
  const left = [...answers];
  const fetch = async (url: string, asked: RequestInit): Promise<Response> => {
    sent.push({ url, method: asked.method ?? '', headers: new Headers(asked.headers), body: asked.body });
    return left.shift() ?? new Response('{}');
  };
  return { fetch, sent };
}

const sendOn = (location: string): Response => new Response(null, { status: 303, headers: { location } });

describe('a key goes to the hosts that it is for', () => {
  test.each([
    ['https://abc.modal.host:443/v1/x', 'Bearer replica-key', null],
    ['https://team--serve.modal.run/v1/x', null, 'wk-1'],
    ['https://modal.run.evil.test/v1/x', 'Bearer replica-key', null],
    ['http://127.0.0.1:4000/v1/x', null, null],
    ['http://team--serve.modal.run/v1/x', null, null],
  ])('%s', async (url, authorization, proxy) => {
    const { fetch, sent } = replicaThatAnswers();
    await makeReplicaFetch(fetch, keys)(url, init);
    expect(sent[0]?.headers.get('authorization')).toBe(authorization);
    expect(sent[0]?.headers.get('modal-key')).toBe(proxy);
    expect(sent[0]?.headers.get('modal-secret')).toBe(proxy === null ? null : 'ws-1');
    expect(sent[0]?.headers.get('x-request-id')).toBe('r-1');
  });

  test.each([
    ['modal.run', 'https://evilmodal.run/v1/x', null],
    ['modal.run', 'https://team.modal.run/v1/x', null],
    ['modal.run', 'https://modal.run/v1/x', 'wk-1'],
    ['.modal.run', 'https://evilmodal.run/v1/x', null],
    ['.modal.run', 'https://modal.run/v1/x', null],
  ])('of the hosts %s, at %s', async (host, url, proxy) => {
    const { fetch, sent } = replicaThatAnswers();
    await makeReplicaFetch(fetch, { ...keys, modalHosts: [host] })(url, init);
    expect(sent[0]?.headers.get('modal-key')).toBe(proxy);
  });

  test('without keys the call goes out as it came in', async () => {
    const { fetch, sent } = replicaThatAnswers();
    await makeReplicaFetch(fetch, noKeys)('https://abc.modal.host/v1/x', init);
    expect([...(sent[0]?.headers ?? [])]).toEqual([...new Headers(init.headers)]);
  });
});

describe('a prompt crosses no network in the clear', () => {
  afterEach(() => void vi.restoreAllMocks());
  const guarded: ReplicaKeys = { ...keys, httpHosts: new Set(['chat.ns.svc:8000']) };

  test.each([
    'http://chat.ns.example.com/v1/x',
    'http://127.0.0.1.example.com/v1/x',
    'http://chat.ns.svc/v1/x',
    'http://127.0.0.1@chat.ns.example.com/v1/x',
    'ftp://127.0.0.1/v1/x',
  ])('%s is not called, and the operator is told why', async (url) => {
    const told = vi.spyOn(console, 'error').mockReturnValue();
    const { fetch, sent } = replicaThatAnswers();
    await expect(makeReplicaFetch(fetch, guarded)(url, init)).rejects.toThrow(EndpointInTheClear);
    expect(sent).toEqual([]);
    expect(String(told.mock.calls[0]?.[0])).toContain('REPLICA_HTTP_HOSTS');
    await expect(makeReplicaFetch(fetch, noKeys)(url, init)).rejects.toThrow(EndpointInTheClear);
  });

  test.each([
    'https://chat.ns.example.com/v1/x',
    'http://127.0.0.1:4000/v1/x',
    'http://[::1]:4000/v1/x',
    'http://chat.ns.svc:8000/v1/x',
  ])('%s is', async (url) => {
    const { fetch, sent } = replicaThatAnswers();
    await makeReplicaFetch(fetch, guarded)(url, init);
    expect(sent).toHaveLength(1);
  });
});

describe('a late answer', () => {
  const url = 'https://team--serve.modal.run/v1/chat/completions';

  test('is asked for where the place says, as often as it says so, with the key and without the body', async () => {
    const answers = [sendOn('?call=1'), sendOn(`${url}?call=1&again`), new Response('late')];
    const { fetch, sent } = replicaThatAnswers(...answers);
    const response = await makeReplicaFetch(fetch, keys)(url, init);
    expect(await response.text()).toBe('late');
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${url}`,
      `GET ${url}?call=1`,
      `GET ${url}?call=1&again`,
    ]);
    for (const { headers, body } of sent.slice(1)) {
      expect(body).toBeNull();
      expect(headers.get('content-type')).toBeNull();
      expect(headers.get('modal-key')).toBe('wk-1');
    }
  });

  test.each([
    ['at another host', 'https://evil.test/?call=1'],
    ['in the clear', 'http://team--serve.modal.run/?call=1'],
    ['nowhere', ''],
    ['at what is no URL', 'https://'],
  ])('is not asked for %s', async (_, location) => {
    const first = location === '' ? new Response(null, { status: 303 }) : sendOn(location);
    const { fetch, sent } = replicaThatAnswers(first);
    const response = await makeReplicaFetch(fetch, keys)(url, init);
    expect(response.status).toBe(303);
    expect(sent).toHaveLength(1);
  });

  test('that never comes is asked for a bounded number of times', async () => {
    const { fetch, sent } = replicaThatAnswers(...Array.from({ length: 100 }, () => sendOn('?call=1')));
    expect((await makeReplicaFetch(fetch, keys)(url, init)).status).toBe(303);
    expect(sent).toHaveLength(25);
  });

  test('and other redirects are answers like any other', async () => {
    for (const status of [301, 302, 307, 308]) {
      const moved = new Response(null, { status, headers: { location: '?elsewhere' } });
      const { fetch, sent } = replicaThatAnswers(moved);
      expect((await makeReplicaFetch(fetch, keys)(url, init)).status).toBe(status);
      expect(sent).toHaveLength(1);
    }
  });
});
