// Kept answers in a Redis that evicts: any of a part's three keys may be gone alone, since all of them have a TTL. Shown on a real Redis, which
// a script without an end would hold for everybody.
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerBytesMax, shardAnswersMax, shardBytesMax } from '../../src/core/store/store-bounds.ts';
import type { EdgeStore } from '../../src/store/edge-store.ts';
import { upstashStore } from '../../src/store/upstash-store.ts';
import { noOrigin } from '../support/memory-store.ts';
import { startRedisRest, type RedisRest } from '../support/redis/redis-rest.ts';
import { hasRedis, startRedis, type RedisServer } from '../support/redis/redis-server.ts';
import { keyOf, patientTimes } from './edge-store.suite.ts';

const part = 'pilotlight:test:answers:demo:a';
const keys = ['texts', 'expiries', 'bytes'] as const;
const large = 'x'.repeat(answerBytesMax - 100);
/** So many large answers fill a part. */
const largeMax = Math.ceil(shardBytesMax / answerBytesMax);

describe.skipIf(!hasRedis())('a part of the answers in Upstash', () => {
  let server: RedisServer;
  let redis: Redis;
  let rest: RedisRest;
  let store: EdgeStore;

  beforeEach(async () => {
    server = await startRedis();
    redis = server.connect();
    redis.on('error', () => undefined);
    rest = await startRedisRest(redis);
    const ports = { origin: noOrigin, now: () => Date.now(), background: () => undefined };
    const access = { url: rest.url, token: rest.token, prefix: 'pilotlight:test' };
    store = upstashStore(access, ports, patientTimes);
  });
  afterEach(async () => {
    // First: a script that does not end would keep the others waiting.
    await server.kill();
    await rest.close();
    redis.disconnect();
  });

  const keep = async (at: number, text: string): Promise<void> => {
    const expiresMs = Date.now() + 3_600_000 + at;
    const kept = await store.keepAnswer({ tenant: 'demo', key: keyOf(at) }, { text, expiresMs });
    expect(kept).toEqual({ ok: true, value: null });
  };
  const fill = async (): Promise<void> => {
    await Promise.all(Array.from({ length: shardAnswersMax }, (_, at) => keep(at, `old ${at}`)));
  };
  const read = (at: number): ReturnType<EdgeStore['readAnswer']> =>
    store.readAnswer({ tenant: 'demo', key: keyOf(at) });
  /** Whatever was evicted before: the bounds hold, and the three keys tell of the same answers. */
  const expectBounds = async (): Promise<void> => {
    const texts = await redis.hgetall(`${part}:texts`);
    const names = Object.keys(texts).toSorted();
    expect(names.length).toBeLessThanOrEqual(shardAnswersMax);
    const bytes = Object.values(texts).reduce<number>((total, text) => total + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThanOrEqual(shardBytesMax);
    expect((await redis.zrange(`${part}:expiries`, '0', '-1')).toSorted()).toEqual(names);
    const { sum, ...sizes } = await redis.hgetall(`${part}:bytes`);
    expect(Object.keys(sizes).toSorted()).toEqual(names);
    expect(Number(sum)).toBe(bytes);
  };

  describe.each(keys)('whose %s were evicted', (evicted) => {
    test('keeps the next answers within its bounds, and Redis answers on', async () => {
      await fill();
      expect(await redis.del(`${part}:${evicted}`)).toBe(1);
      for (let at = 1_000; at <= 1_000 + shardAnswersMax; at += 1) {
        await keep(at, `new ${at}`);
        if (at === 1_000) await expectBounds();
      }
      await expectBounds();
      expect(await redis.hlen(`${part}:texts`)).toBe(shardAnswersMax);
      const last = 1_000 + shardAnswersMax;
      expect(await read(last)).toEqual({ ok: true, value: `new ${last}` });
      expect(await redis.ping()).toBe('PONG');
    });

    test('keeps no more bytes than before, however often that happens', async () => {
      for (let at = 0; at < 3 * largeMax; at += 1) {
        await keep(at, large);
        if (at % (largeMax - 1) === largeMax - 2) await redis.del(`${part}:${evicted}`);
      }
      await expectBounds();
      expect(await read(3 * largeMax - 1)).toEqual({ ok: true, value: large });
    });
  });

  test('of which single entries are missing, begins anew within its bounds', async () => {
    await fill();
    await redis.hdel(`${part}:bytes`, 'sum', ...Array.from({ length: 200 }, (_, at) => keyOf(at)));
    for (let at = 1_000; at <= 1_000 + shardAnswersMax; at += 1) await keep(at, `new ${at}`);
    await expectBounds();
  });
});
