// The edge while the Redis that edges share is away, as the table of docs/operations.md says: the bundled Worker in the bare runtime, a real
// redis-server behind Upstash's protocol, a tenant with a rate, and a real (emulated) model server.
import { rmSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { localBound } from '../../src/core/store/rate-lease.ts';
import { plantEdits } from '../chaos/plants.ts';
import { awake, pace, patience, publishRules } from '../support/edge-alone.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';
import { startRedisRest, type RedisRest } from '../support/redis/redis-rest.ts';
import { hasRedis, startRedis, type RedisServer } from '../support/redis/redis-server.ts';
import { chat, type ChatReply } from '../support/stack.ts';

// A store that was away is asked again after half a minute at most.
vi.setConfig({ testTimeout: 300_000 });

const requestsPerMinute = 50;
/** More than the bounds of two minutes that a test may stand between. */
const burst = 3 * localBound(requestsPerMinute);
const acmeKey = 'sk-pilotlight-acme';
const minuteMs = 60_000;
const ask = { model: 'kept@1', temperature: 0, messages: [{ role: 'user', content: 'hello' }] };
const keeps = { id: 'keeps', match: { model: 'kept@1' }, cache: { ttlSeconds: 600 } };

describe.skipIf(!hasRedis())('an edge whose answers, permits and copies of rules are in Redis', () => {
  let project: string;
  let server: RedisServer;
  let redis: Redis;
  let rest: RedisRest;
  let stack: RawStack;
  let rules: number;
  /** Of the tenant with the rate, since Redis was away for the first time. */
  let admitted = 0;
  let awaySinceMs: number | null = null;

  beforeAll(async () => {
    // No tenant of the project has a rate.
    const rate = `"rate": { "requestsPerMinute": ${requestsPerMinute} },\n  "rules": [`;
    project = plantEdits('rated', [{ file: 'tenants/acme.json', find: '"rules": [', replace: rate }]);
    server = await startRedis();
    redis = server.connect();
    // A server that is killed says so to its clients.
    redis.on('error', () => undefined);
    rest = await startRedisRest(redis);
    const launch = { kind: 'paced', pace };
    stack = await startRawStack({
      from: project,
      models: { versions: [{ ...awake, id: 'kept@1', launch }], aliases: {} },
      vars: {
        EDGE_STORE: 'upstash',
        UPSTASH_REDIS_REST_URL: rest.url,
        UPSTASH_REDIS_REST_TOKEN: rest.token,
      },
    });
    rules = await publishRules(stack, [keeps]);
    await untilKept();
  });
  afterEach(() => {
    rest.fault = null;
  });
  afterAll(async () => {
    await stack.stop();
    redis.disconnect();
    await rest.close();
    await server.kill();
    rmSync(project, { recursive: true, force: true });
  });

  /** Until an answer comes from Redis, by the rules that were published. */
  async function untilKept(): Promise<void> {
    await vi.waitFor(async () => {
      const { status, headers, text } = await chat(stack, ask);
      expect(status, text).toBe(200);
      expect(headers.get('x-pilotlight-cache')).toBe('hit');
      expect(headers.get('x-pilotlight-rules')).toBe(String(rules));
    }, patience);
  }

  /** Every request is answered by the model, by the rules that hold: nothing is kept, and nothing fails. */
  async function expectServed(): Promise<void> {
    for (let at = 0; at < 3; at += 1) {
      const reply = await chat(stack, ask);
      expect(reply.status, reply.text).toBe(200);
      expect(reply.headers.get('x-pilotlight-cache')).toBe('miss');
      expect(reply.headers.get('x-pilotlight-rules')).toBe(String(rules));
    }
  }

  /** A tenant with a rate gets the isolate's own bound in a minute, never more, and a time to come back. */
  async function expectBounded(): Promise<void> {
    awaySinceMs ??= Date.now();
    const refused: ChatReply[] = [];
    for (let at = 0; at < burst; at += 1) {
      const reply = await chat(stack, ask, acmeKey);
      if (reply.status === 200) admitted += 1;
      else refused.push(reply);
    }
    const minutes = Math.floor(Date.now() / minuteMs) - Math.floor(awaySinceMs / minuteMs) + 1;
    expect(admitted).toBeGreaterThan(0);
    expect(admitted).toBeLessThanOrEqual(minutes * localBound(requestsPerMinute));
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, text, headers } of refused) {
      expect(status, text).toBe(429);
      expect(text).toContain('rate_limit_exceeded');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
  }

  test('Redis, hanging: requests are served by the last good rules and kept nowhere, and a rate fails to the bound of the isolate', async () => {
    rest.fault = 'hang';
    await expectServed();
    await expectBounded();
  });

  test('Redis, answering garbage: requests are served by the last good rules and kept nowhere, and a rate fails to the bound of the isolate', async () => {
    rest.fault = { status: 200, body: '<html>maintenance</html>' };
    await expectServed();
    await expectBounded();
  });

  test('Redis, killed: requests are served, a rate fails to the bound of the isolate, new rules are followed all the same, and what was lost is kept anew', async () => {
    await server.kill();
    await expectServed();
    await expectBounded();
    rules = await publishRules(stack, [keeps, { id: 'other', match: { model: 'other' }, target: 'kept@1' }]);
    await vi.waitFor(expectServed, patience);
    server = await startRedis(server.port);
    await redis.connect().catch(() => undefined);
    await untilKept();
  });
});
