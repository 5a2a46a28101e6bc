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

  describeEdgeStore('Upstash', async () => {
    await redis.flushall();
    const access = { url: rest.url, token: rest.token, prefix: 'pilotlight:test' };
    return upstashStore(access, () => Date.now(), patientTimes);
  });
});
