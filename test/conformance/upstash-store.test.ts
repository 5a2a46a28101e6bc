// The Upstash store over the real client, its REST protocol and a real Redis.
import { afterAll, beforeAll, describe } from 'vitest';
import type { Redis } from 'ioredis';
import { upstashStore } from '../../src/store/upstash-store.ts';
import { startRedisRest, type RedisRest } from '../support/redis/redis-rest.ts';
import { hasRedis, startRedis, type RedisServer } from '../support/redis/redis-server.ts';
import { describeEdgeStore, patientTimes } from './edge-store.suite.ts';

let server: RedisServer;
let redis: Redis;
let rest: RedisRest;

describe.skipIf(!hasRedis())('Upstash', () => {
  beforeAll(async () => {
    server = await startRedis();
    redis = server.connect();
    rest = await startRedisRest(redis);
  });
  afterAll(async () => {
    await rest.close();
    redis.disconnect();
    await server.kill();
  });

  describeEdgeStore('Upstash', async (origin) => {
    await redis.flushall();
    const access = { url: rest.url, token: rest.token, prefix: 'pilotlight:test' };
    const writing: Promise<unknown>[] = [];
    const ports = {
      origin,
      now: () => Date.now(),
      background: (work: Promise<unknown>) => void writing.push(work),
    };
    const store = upstashStore(access, ports, patientTimes);
    // What is written behind the back of a request is there before the next one.
    return {
      ...store,
      followRules: async (...asked) => {
        const followed = await store.followRules(...asked);
        await Promise.all(writing.splice(0));
        return followed;
      },
    };
  });
});
