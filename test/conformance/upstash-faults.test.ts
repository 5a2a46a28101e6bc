// What edges do while Upstash is slow, down or answers garbage: shown with the real client before a real Redis that is paused (SIGSTOP), killed,
// or hidden behind answers that are none. Each call ends by its own bound: a call that waits for ever is a test that does not end.
import { Ratelimit } from '@upstash/ratelimit';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hexDigest } from '../../functions/sha256.ts';
import { err, ok } from '../../src/core/base/result.ts';
import { localBound } from '../../src/core/store/rate-lease.ts';
import { storeTimes } from '../../src/core/store/store-bounds.ts';
import { AnswerCache, type FoundAnswer } from '../../src/hosts/answer-cache.ts';
import { RateGate } from '../../src/hosts/rate-gate.ts';
import { RuleSnapshots } from '../../src/hosts/rule-snapshots.ts';
import type { EdgeStore } from '../../src/store/edge-store.ts';
import { upstashClient } from '../../src/store/upstash-client.ts';
import { upstashStore } from '../../src/store/upstash-store.ts';
import { startRedisRest, type RedisRest, type RestFault } from '../support/redis/redis-rest.ts';
import { hasRedis, startRedis, type RedisServer } from '../support/redis/redis-server.ts';
import { keyOf, patientTimes, RulesSource } from './edge-store.suite.ts';

const place = { tenant: 'demo', key: keyOf(1) };
/** No test sees two of these windows. */
const rate = { limit: 50, windowMs: 1_000_000_000_000 };
/** Of Upstash nothing is waited for; the tenant's object, which is well, may take its time on a busy machine. */
const times = { ...storeTimes, rulesOriginMs: patientTimes.rulesOriginMs };
/** Waits end with what is waited for. */
const noClock = (): Promise<never> => new Promise(() => undefined);

interface Trouble {
  readonly name: string;
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
  /** What Redis had is there again afterwards. */
  readonly keeps: boolean;
}

describe.skipIf(!hasRedis())('an edge whose Upstash', () => {
  let server: RedisServer;
  let redis: Redis;
  let rest: RedisRest;
  let source: RulesSource;
  let store: EdgeStore;
  /** The same, for what must succeed however busy the machine is. */
  let patient: EdgeStore;
  let writing: Promise<unknown>[] = [];

  beforeEach(async () => {
    server = await startRedis();
    redis = server.connect();
    // A server that is killed says so to its clients.
    redis.on('error', () => undefined);
    rest = await startRedisRest(redis);
    source = new RulesSource();
    writing = [];
    const access = { url: rest.url, token: rest.token, prefix: 'pilotlight:test' };
    const ports = {
      origin: source.follow,
      now: () => Date.now(),
      background: (work: Promise<unknown>) => void writing.push(work),
    };
    store = upstashStore(access, ports, times);
    patient = upstashStore(access, ports, patientTimes);
  });
  afterEach(async () => {
    server.resume();
    await rest.close();
    redis.disconnect();
    await server.kill();
  });

  const answers = (fault: RestFault): Pick<Trouble, 'begin' | 'end' | 'keeps'> => ({
    begin: () => void (rest.fault = fault),
    end: () => void (rest.fault = null),
    keeps: true,
  });
  const troubles: readonly Trouble[] = [
    { name: 'is paused', begin: () => server.pause(), end: () => server.resume(), keeps: true },
    {
      name: 'is killed',
      begin: () => server.kill(),
      end: async () => {
        server = await startRedis(server.port);
        await redis.connect().catch(() => undefined);
      },
      keeps: false,
    },
    { name: 'takes requests and says nothing', ...answers('hang') },
    { name: 'breaks connections', ...answers('reset') },
    { name: 'says 500', ...answers({ status: 500, body: '{"error":"ERR"}' }) },
    { name: 'says 401', ...answers({ status: 401, body: '{"error":"Unauthorized"}' }) },
    { name: 'answers with a page', ...answers({ status: 200, body: '<html>maintenance</html>' }) },
    { name: 'answers with nothing', ...answers({ status: 200, body: '' }) },
    { name: 'answers with null', ...answers({ status: 200, body: '{"result":null}' }) },
    { name: 'answers with an empty object', ...answers({ status: 200, body: '{}' }) },
    { name: 'answers with a text', ...answers({ status: 200, body: '{"result":"Z2FyYmFnZQ=="}' }) },
    { name: 'answers with a number', ...answers({ status: 200, body: '{"result":7}' }) },
    { name: 'answers with OK', ...answers({ status: 200, body: '{"result":"OK"}' }) },
    {
      name: 'says that all permits are there, for ever',
      ...answers({ status: 200, body: '{"result":[1,50]}' }),
    },
    { name: 'says that the limit is another', ...answers({ status: 200, body: '{"result":[1,1000000]}' }) },
    { name: 'gives permits below nothing', ...answers({ status: 200, body: '{"result":[-1000,50]}' }) },
  ];

  describe.each(troubles)('$name', (trouble) => {
    test('goes on without kept answers, and has them again afterwards', async () => {
      const kept = { text: 'kept', expiresMs: Date.now() + 3_600_000 };
      expect(await patient.keepAnswer(place, kept)).toEqual(ok(null));
      expect(await ask(new AnswerCache(), patient)).toBe('miss');
      expect(await ask(new AnswerCache(), patient)).toBe('hit');
      await trouble.begin();
      const found = await store.readAnswer(place);
      // An answer of null cannot be told from one that is not there; neither is given to anybody.
      expect(found.ok ? found.value : null).toBeNull();
      expect(await ask(new AnswerCache(), store)).not.toBe('hit');
      expect((await store.keepAnswer(place, { ...kept, text: 'lost' })).ok).toBe(false);
      await trouble.end();
      if (trouble.keeps) {
        expect(['kept', 'lost']).toContain(orThrow(await patient.readAnswer(place)));
        expect(await ask(new AnswerCache(), patient)).toBe('hit');
      } else await expect.poll(() => patient.readAnswer(place)).toEqual(ok(null));
    });

    test('admits a tenant by the isolate’s own bound, never openly, and by permits again afterwards', async () => {
      await trouble.begin();
      const gate = new RateGate();
      const admitted = await countAdmitted(gate, store, 120);
      const isPlausible = trouble.name.startsWith('says that all permits');
      // What could be true is believed, up to the limit.
      if (isPlausible) expect(admitted).toBeLessThanOrEqual(rate.limit + localBound(rate.limit));
      else expect(admitted).toBe(localBound(rate.limit));
      await trouble.end();
      await expect.poll(() => countAdmitted(new RateGate(), patient, 1)).toBe(1);
    });

    test('follows rules from the tenant’s object, and keeps the last good ones when that is gone too', async () => {
      const made = source.publish(1);
      await trouble.begin();
      expect(await store.followRules('demo', -1)).toEqual(ok(made));
      source.isDead = true;
      expect(await store.followRules('demo', -1)).toEqual(err('down'));
      const snapshots = new RuleSnapshots<string>();
      const work: Promise<unknown>[] = [];
      const ports = {
        now: () => Date.now(),
        sleep: noClock,
        waitUntil: (each: Promise<unknown>) => void work.push(each),
        follow: async (tenant: string, known: number) => orThrow(await store.followRules(tenant, known)),
        parse: (document: string) => ok(document),
        file: () => ({ rules: 'file', hash: 'file' }),
      };
      source.isDead = false;
      expect(await snapshots.rulesFor('demo', ports)).toMatchObject({ version: 1, rules: made.document });
      source.isDead = true;
      const later = { ...ports, now: () => Date.now() + 60_000 };
      expect(await snapshots.rulesFor('demo', later)).toMatchObject({ version: 1, rules: made.document });
      await Promise.all(work);
      expect(await snapshots.rulesFor('demo', later)).toMatchObject({ version: 1, rules: made.document });
    });
  });

  test('is silent, with the library left as it comes: planted, it lets everybody pass, which the checks above would see', async () => {
    rest.fault = 'hang';
    const client = upstashClient(
      { url: rest.url, token: rest.token, prefix: 'x' },
      new AbortController().signal,
    );
    const limiter = Ratelimit.fixedWindow(rate.limit, `${rate.windowMs} ms`);
    const open = new Ratelimit({ redis: client, limiter, timeout: 20 });
    const takePermits: EdgeStore['takePermits'] = async ({ tenant, want }) => {
      const { success, reset } = await open.limit(tenant, { rate: want });
      return ok({ granted: success ? want : 0, resetMs: reset || Date.now() + 1_000 });
    };
    const admitted = await countAdmitted(new RateGate(), { ...store, takePermits }, 120);
    expect(admitted).toBeGreaterThan(localBound(rate.limit));
    // What an isolate believes at most holds even then.
    expect(admitted).toBeLessThanOrEqual(rate.limit + localBound(rate.limit));
  });

  test('has mixed up its keys gives nobody another tenant’s answer', async () => {
    const cache = new AnswerCache();
    expect(await ask(cache, patient, 'demo')).toBe('miss');
    expect(await ask(cache, patient, 'demo')).toBe('hit');
    const [texts = ''] = await redis.keys('*:answers:demo:*:texts');
    const [[field, text] = ['', '']] = Object.entries(await redis.hgetall(texts));
    const forAcme = { tenant: 'acme', key: await hexDigest(keyTextOf('acme')) };
    await redis.hset(`pilotlight:test:answers:acme:${forAcme.key.slice(0, 1)}:texts`, forAcme.key, text);
    expect(field).toMatch(/^[0-9a-f]{64}$/);
    expect(await ask(cache, patient, 'acme')).toBe('garbage');
  });

  test('holds rules that were changed by somebody else is not believed: the tenant’s object is asked', async () => {
    const made = source.publish(1);
    await patient.announceRules('demo', made);
    await redis.hset('pilotlight:test:rules:demo', 'document', '{"aliases":{},"rules":[],"keys":{}}');
    expect(await patient.followRules('demo', -1)).toEqual(ok(made));
    await Promise.all(writing);
    await redis.hset('pilotlight:test:rules:demo', 'head', '{"tenant":"acme"}');
    expect(await patient.followRules('demo', -1)).toEqual(ok(made));
    expect(source.asked).toBe(2);
  });
});

const body = { messages: [], model: 'a@1' };

function keyTextOf(tenant: string): string {
  return JSON.stringify(['answer-1', tenant, '/v1/embeddings', 'a@1', [['messages', []]]]);
}

/** Asks once, and keeps the answer where there was none. */
async function ask(cache: AnswerCache, store: EdgeStore, tenant = 'demo'): Promise<FoundAnswer['outcome']> {
  const work: Promise<unknown>[] = [];
  const query = {
    tenant,
    path: '/v1/embeddings',
    version: 'a@1',
    body,
    kind: 'json',
    ttlMs: 60_000,
  } as const;
  const waitUntil = (each: Promise<unknown>): void => void work.push(each);
  const found = await cache.find(query, { store, now: () => Date.now(), digest: hexDigest, waitUntil });
  if (found.outcome === 'hit') return 'hit';
  found.recorder?.take(`for ${tenant}`);
  const end = { failed: false, version: 'a@1', label: null, segments: 0, finishReason: null };
  found.recorder?.end({ ...end, promptTokens: null, completionTokens: null });
  await Promise.all(work);
  return found.outcome;
}

async function countAdmitted(gate: RateGate, store: EdgeStore, requests: number): Promise<number> {
  const work: Promise<unknown>[] = [];
  const ports = {
    store,
    now: () => Date.now(),
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    waitUntil: (each: Promise<unknown>) => void work.push(each),
  };
  let admitted = 0;
  for (let at = 0; at < requests; at += 1) {
    const admission = await gate.admit('demo', rate, ports);
    if (admission.kind === 'admitted') admitted += 1;
  }
  await Promise.all(work);
  return admitted;
}

function orThrow<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string },
): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
