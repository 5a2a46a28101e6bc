// What the doctor says of what answers over HTTP: a Redis of Upstash, and a container before the agent. Over real sockets.
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { forwardCall, type AgentContainer } from '../../../gpu-workers/container/forward-call.ts';
import { checkAgent } from '../../../src/cli/doctor/check-agent.ts';
import { unreadable } from '../../../src/cli/doctor/check-config.ts';
import { checkStore } from '../../../src/cli/doctor/check-store.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

describe('a store in Upstash', () => {
  const names = { url: 'UPSTASH_REDIS_REST_URL', token: 'UPSTASH_REDIS_REST_TOKEN' };
  let asked = 0;
  const redis: RequestListener = (request, response) => {
    asked += 1;
    response.writeHead(request.headers.authorization === 'Bearer right' ? 200 : 401).end('{"result":"PONG"}');
  };
  const look = (
    url: string,
    token: string,
    environment: 'dev' | 'staging' = 'dev',
  ): Promise<readonly Finding[]> => {
    const env = { EDGE_STORE: 'upstash', [names.url]: url, [names.token]: token };
    return checkStore({ environment, env, knowsSecrets: true, remedyOf: (name) => `set ${name}` });
  };

  test('is asked for PING with the token', async () => {
    const url = await listen(redis);
    expect(await look(url, 'right')).toMatchObject([{ id: 'store', state: 'ok' }]);
    const refused = [{ id: 'store', state: 'wrong', remedy: `set ${names.token}` }];
    expect(await look(url, 'old')).toMatchObject(refused);
  });

  test('that answers something else is none', async () => {
    const url = await listen((_request, response) => response.end('<html>'));
    const what = expect.stringContaining('200 <html>');
    expect(await look(url, 'right')).toMatchObject([{ id: 'store', state: 'wrong', what }]);
  });

  test('lacks its address, its token or both', async () => {
    const missing = (name: string): object => ({ id: 'store', state: 'wrong', remedy: `set ${name}` });
    expect(await look('', 't')).toMatchObject([missing(names.url)]);
    expect(await look('https://u', '')).toMatchObject([missing(names.token)]);
    expect(await look('', '')).toMatchObject([missing(names.url), missing(names.token)]);
  });

  test('is not asked with a token that is not known here, nor in the clear outside of development', async () => {
    const url = await listen(redis);
    asked = 0;
    expect(await look(url, unreadable, 'staging')).toMatchObject([{ state: 'unknown' }]);
    expect(await look(url, 'right', 'staging')).toEqual([]);
    expect(asked).toBe(0);
  });
});

test('a container that cannot start is told as that, not as an agent of another version', async () => {
  const container = (): AgentContainer => ({
    fetch: () => Promise.reject(new Error('there is no container instance')),
    stop: () => Promise.resolve(),
  });
  const url = await listen((request, response) => {
    const headers = { authorization: request.headers.authorization ?? '' };
    const call = new Request(`http://agent${request.url ?? ''}`, { headers });
    void forwardCall({ request: call, token: 't', container }).then(async (told) =>
      response.writeHead(told.status).end(await told.text()),
    );
  });
  const found = await checkAgent({ url, token: 't', urlIn: 'AGENT_URL', tokenIn: 'AGENT_TOKEN' });
  expect(found.filter(({ state }) => state !== 'ok')).toMatchObject([
    {
      id: 'agent',
      state: 'wrong',
      what: expect.stringContaining('does not answer: there is no container instance'),
      remedy: expect.stringContaining('docs/agent.md'),
    },
  ]);
});
