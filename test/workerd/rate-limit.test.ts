// A tenant's rate through the real app and the real object: who is let through, who is refused and how, and what it costs when the store is
// silent. The tenant's file is given a rate for the length of the test.
import { env } from 'cloudflare:workers';
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { must } from '../../src/core/base/assert.ts';
import type { StoreObject } from '../../durable-objects/store-object.ts';
import { findTenant } from '../../tenants/tenants.ts';
import { EdgeApp, errorOf, type Ask, type Reply } from './edge-app.ts';

const { STORE } = env as unknown as { STORE: DurableObjectNamespace<StoreObject> };
const acmeKey = 'sk-pilotlight-acme';
const acme = must(findTenant('acme'), 'the tenant of this test');
const startMs = Date.UTC(2100, 0, 1);
let hours = 0;
let app: EdgeApp;

beforeEach(async () => {
  // An hour of its own for each test: the isolate remembers what it has admitted.
  hours += 1;
  vi.useFakeTimers({ toFake: ['Date'], now: startMs + hours * 3_600_000 });
  for (const id of await listDurableObjectIds(STORE))
    await runInDurableObject(STORE.get(id), (_object, { storage }) => storage.deleteAll());
  Object.assign(acme, { rate: { requestsPerMinute: 20 } });
  app = new EdgeApp();
});
afterEach(() => {
  Object.assign(acme, { rate: null });
  vi.useRealTimers();
});

const body = JSON.stringify({ model: 'assistant', messages: [{ role: 'user', content: 'hi' }] });
const ask = (more: Ask = {}): Promise<Reply> => app.ask({ body, key: acmeKey, ...more });

async function askMany(count: number): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (let at = 0; at < count; at += 1) replies.push(await ask());
  return replies;
}

test('a tenant gets its requests of a minute and no more, told by 429 and when to come again', async () => {
  const replies = await askMany(25);
  expect(replies.map(({ status }) => status)).toEqual([
    ...Array<number>(20).fill(200),
    ...Array<number>(5).fill(429),
  ]);
  const refused = must(replies.at(-1), 'a refused request');
  expect(errorOf(refused)).toMatchObject({ code: 'rate_limit_exceeded', type: 'invalid_request_error' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(refused.headers.get('x-request-id')).toMatch(/^req_/);
  expect(app.dispatched).toHaveLength(20);
  vi.setSystemTime(Date.now() + 60_000);
  expect((await ask()).status).toBe(200);
});

test('looking is free, and other tenants are not counted', async () => {
  await askMany(20);
  expect((await ask({ method: 'GET', path: '/v1/models', body: null })).status).toBe(200);
  expect((await app.ask({ body })).status).toBe(200);
  expect((await ask()).status).toBe(429);
});

test('what was refused is counted in the events, not written one by one', async () => {
  await askMany(30);
  const refused = app.events.filter(({ status }) => status === 429);
  expect(refused.reduce((sum, { requests }) => sum + requests, 0)).toBe(10);
  expect(refused.length).toBeLessThanOrEqual(10);
  expect(refused[0]).toMatchObject({ tenant: 'acme', rate: 'store', error: 'rate_limit_exceeded' });
});

test('with an Upstash that cannot be reached the isolate’s own bound holds, and the gate is never open', async () => {
  const upstash = {
    EDGE_STORE: 'upstash',
    UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9',
    UPSTASH_REDIS_REST_TOKEN: 'token',
  };
  const statuses: number[] = [];
  for (let at = 0; at < 10; at += 1) statuses.push((await ask({ env: upstash })).status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(2);
  expect(app.events.filter(({ status }) => status === 200)).toMatchObject([
    { rate: 'local' },
    { rate: 'local' },
  ]);
});
