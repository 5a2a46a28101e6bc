// A kept answer never crosses tenants, versions or parameters: 100,000 randomized requests through the cache and the code of the Durable Objects
// over SQLite, and as many as `redisRequestsMax` says through a real Redis. Every answer says whom it was made for, so that one given to anybody
// else is seen at once.
import * as fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hexDigest } from '../../functions/sha256.ts';
import type { AnswerAsk } from '../../src/core/store/answer-key.ts';
import { AnswerCache, type CachePorts } from '../../src/hosts/answer-cache.ts';
import type { EdgeStore } from '../../src/store/edge-store.ts';
import { upstashStore } from '../../src/store/upstash-store.ts';
import { memoryStore, noOrigin } from '../support/memory-store.ts';
import { startRedisRest, type RedisRest } from '../support/redis/redis-rest.ts';
import { hasRedis, startRedis, type RedisServer } from '../support/redis/redis-server.ts';
import { ask } from '../unit/store/key-asks.ts';
import { patientTimes } from './edge-store.suite.ts';

const requestsMax = 100_000;
/** Over a real Redis, where a request takes a quarter of a millisecond: a tenth, or as many as asked for. */
const redisRequestsMax = Number(process.env['ISOLATION_REQUESTS'] ?? requestsMax / 10);
/** Requests that are under way together. */
const together = 50;
const seed = 20_261_126;

interface Tally {
  hits: number;
  misses: number;
  faults: number;
  crossed: number;
}

/** What a model is asked, told apart from the key: a list of all that must be the same. */
function identity({ tenant, path, version, body }: AnswerAsk): string {
  const parameters = Object.keys(body)
    .filter((name) => name !== 'model')
    .sort()
    .map((name) => `${name} = ${JSON.stringify(body[name])}`);
  return [tenant, path, version, ...parameters].map((part) => `${part.length}:${part}`).join('\n');
}

async function serve(cache: AnswerCache, ports: CachePorts, asked: AnswerAsk, tally: Tally): Promise<void> {
  const found = await cache.find({ ...asked, kind: 'json', ttlMs: 60_000 }, ports);
  if (found.outcome === 'hit') {
    tally.hits += 1;
    if (found.answer.text !== identity(asked)) tally.crossed += 1;
    return;
  }
  if (found.outcome === 'miss') tally.misses += 1;
  else tally.faults += 1;
  found.recorder?.take(identity(asked));
  const end = { failed: false, label: null, segments: 0, finishReason: 'stop' };
  found.recorder?.end({ ...end, version: asked.version, promptTokens: null, completionTokens: null });
}

/** Requests of some thousand kinds, each of them several times and in a random order. */
async function run(store: EdgeStore, requests: number, digest = hexDigest): Promise<Tally> {
  const tally: Tally = { hits: 0, misses: 0, faults: 0, crossed: 0 };
  const cache = new AnswerCache();
  const kinds = fc.sample(ask, { numRuns: requests / 5, seed });
  const order = fc.sample(fc.nat(kinds.length - 1), { numRuns: requests, seed });
  const keeping = new Set<Promise<unknown>>();
  const ports: CachePorts = {
    store,
    now: () => Date.now(),
    digest,
    waitUntil: (work) => void keeping.add(work),
  };
  for (let at = 0; at < order.length; at += together) {
    const asked = order.slice(at, at + together).map((kind) => kinds[kind] as AnswerAsk);
    await Promise.all(asked.map((each) => serve(cache, ports, each, tally)));
    await Promise.all(keeping);
    keeping.clear();
  }
  return tally;
}

describe('a kept answer never crosses tenants', () => {
  test(`${requestsMax} requests through the store of Durable Objects`, async () => {
    const tally = await run(
      memoryStore(() => Date.now(), patientTimes),
      requestsMax,
    );
    console.log('Durable Objects', tally);
    expect(tally).toMatchObject({ crossed: 0, faults: 0 });
    expect(tally.hits + tally.misses).toBe(requestsMax);
    expect(tally.hits).toBeGreaterThan(requestsMax / 10);
  });

  describe.skipIf(!hasRedis())('through Upstash', () => {
    let server: RedisServer;
    let redis: Redis;
    let rest: RedisRest;

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

    test(`${redisRequestsMax} requests`, async () => {
      const ports = { origin: noOrigin, now: () => Date.now(), background: () => undefined };
      const access = { url: rest.url, token: rest.token, prefix: 'pilotlight:test' };
      const tally = await run(upstashStore(access, ports, patientTimes), redisRequestsMax);
      console.log('Upstash', tally);
      expect(tally).toMatchObject({ crossed: 0, faults: 0 });
      expect(tally.hits + tally.misses).toBe(redisRequestsMax);
      expect(tally.hits).toBeGreaterThan(redisRequestsMax / 10);
    }, 600_000);
  });

  test('a store that mixes tenants up, and a hash that does, are caught by the record: a fault, and no answer', async () => {
    const whole = memoryStore(() => Date.now(), patientTimes);
    const mixing: EdgeStore = {
      ...whole,
      readAnswer: ({ key }) => whole.readAnswer({ tenant: 'all', key }),
      keepAnswer: ({ key }, kept) => whole.keepAnswer({ tenant: 'all', key }, kept),
    };
    const forgetful = (text: string): Promise<string> =>
      hexDigest(text.replace(/^\["answer-1",("(?:[^"\\]|\\.)*")/, ''));
    const tally = await run(mixing, 2_000, forgetful);
    expect(tally.crossed).toBe(0);
    expect(tally.faults).toBeGreaterThan(0);
  });

  test('planted: with the record made to fit, the same store and hash are found out', async () => {
    const whole = memoryStore(() => Date.now(), patientTimes);
    const planted: EdgeStore = {
      ...whole,
      readAnswer: async ({ tenant, key }) => {
        const found = await whole.readAnswer({ tenant: 'all', key });
        if (!found.ok || found.value === null) return found;
        return { ok: true, value: JSON.stringify({ ...(JSON.parse(found.value) as object), tenant }) };
      },
      keepAnswer: ({ key }, kept) => whole.keepAnswer({ tenant: 'all', key }, kept),
    };
    const forgetful = (text: string): Promise<string> =>
      hexDigest(text.replace(/^\["answer-1",("(?:[^"\\]|\\.)*")/, ''));
    expect((await run(planted, 2_000, forgetful)).crossed).toBeGreaterThan(0);
  });
});
