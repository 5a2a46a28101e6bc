// Kept answers through the whole program with a real model, in objects and in a Redis behind Upstash's protocol, which is then killed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedisRest, type RedisRest } from '../support/redis/redis-rest.ts';
import { hasRedis, startRedis, type RedisServer } from '../support/redis/redis-server.ts';
import { chat, startStack, type Stack } from '../support/stack.ts';

const ask = {
  model: 'assistant',
  temperature: 0,
  max_tokens: 6,
  messages: [{ role: 'user', content: 'hi' }],
};
const rules = [{ id: 'keeps', match: { model: 'assistant' }, cache: { ttlSeconds: 600 } }];

async function keepAnswers(stack: Stack): Promise<void> {
  const response = await fetch(`${stack.url}/admin/v1/tenants/demo/rules`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${stack.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ rules }),
  });
  if (response.status !== 200) throw new Error(await response.text());
}

function describeKept(name: string, stackOf: () => Stack): void {
  test(`${name}: JSON is given again as JSON, a stream as a stream with the same events`, async () => {
    const whole = [await chat(stackOf(), ask), await chat(stackOf(), ask)];
    expect(whole.map(({ status, headers }) => [status, headers.get('x-pilotlight-cache')])).toEqual([
      [200, 'miss'],
      [200, 'hit'],
    ]);
    expect(whole[1]?.text).toBe(whole[0]?.text);
    const streams = [
      await chat(stackOf(), { ...ask, stream: true }),
      await chat(stackOf(), { ...ask, stream: true }),
    ];
    expect(streams.map(({ headers }) => headers.get('x-pilotlight-cache'))).toEqual(['miss', 'hit']);
    expect(streams[1]?.headers.get('content-type')).toBe(streams[0]?.headers.get('content-type'));
    expect(eventsOf(streams[1]?.text ?? '')).toEqual(eventsOf(streams[0]?.text ?? ''));
    expect(eventsOf(streams[1]?.text ?? '').at(-1)).toBe('data: [DONE]');
  });
}

/** Without comments, which belong to the moment. */
function eventsOf(text: string): readonly string[] {
  return text.split('\n\n').filter((event) => event.startsWith('data:'));
}

describe('the embedded store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-store-'));
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ stateDir: folder });
    await keepAnswers(stack);
  });
  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  describeKept('in objects', () => stack);
});

describe.skipIf(!hasRedis())('Upstash', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-store-'));
  let stack: Stack;
  let server: RedisServer;
  let redis: Redis;
  let rest: RedisRest;
  beforeAll(async () => {
    server = await startRedis();
    redis = server.connect();
    redis.on('error', () => undefined);
    rest = await startRedisRest(redis);
    const env = {
      PILOTLIGHT_EDGE_STORE: 'upstash',
      PILOTLIGHT_UPSTASH_REDIS_REST_URL: rest.url,
      PILOTLIGHT_UPSTASH_REDIS_REST_TOKEN: rest.token,
    };
    stack = await startStack({ stateDir: folder, env });
    await keepAnswers(stack);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.kill();
    await rest.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  describeKept('in Redis', () => stack);

  test('killed: requests are served all the same, by the rules that hold', async () => {
    expect(rest.count).toBeGreaterThan(0);
    await server.kill();
    for (let at = 0; at < 5; at += 1) {
      const { status, headers } = await chat(stack, ask);
      expect([status, headers.get('x-pilotlight-cache'), headers.get('x-pilotlight-rules')]).toEqual([
        200,
        'miss',
        '1',
      ]);
    }
  });
});
