import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { farMs } from '../../src/core/warming/pool-plan.ts';
import type { PoolObject } from '../../durable-objects/pool-object.ts';
import { AgentDouble } from './agent-double.ts';

const { POOL } = env as unknown as Env;
/** Of what is there in a moment; only a hang reaches it. */
const waitMs = 10_000;
let agent: AgentDouble;
let number = 0;

beforeEach(() => {
  agent = AgentDouble.install();
  number += 1;
});

afterEach(() => vi.restoreAllMocks());

/** A pool of its own for each test: names differ, the version is the configured one. */
function openPool(): { pool: string; stub: DurableObjectStub<PoolObject> } {
  const pool = 'tiny-chat@1~local';
  return { pool, stub: POOL.get(POOL.idFromName(`${pool}#${number}`)) };
}

const waiter = (id: string, forMs = 10_000) => ({ id, tenant: 't', deadlineMs: Date.now() + forMs });

async function leasedSlots(stub: DurableObjectStub<PoolObject>): Promise<number> {
  const { replicas } = await stub.view('tiny-chat@1~local');
  return replicas.reduce((sum, replica) => sum + replica.leasedSlots, 0);
}

test('a first request starts one replica and is granted a slot on it, as cold', async () => {
  const { pool, stub } = openPool();
  const answer = await stub.acquire(pool, waiter('a'));
  expect(answer).toMatchObject({
    ok: true,
    value: { warmth: 'cold', endpoint: 'http://tiny-chat-1-local-1.test' },
  });
  expect(agent.replicas.size).toBe(1);
});

test('a hundred concurrent requests start no more replicas than allowed, and each gets a slot or an honest no', async () => {
  const { pool, stub } = openPool();
  const asked = Array.from({ length: 100 }, (_, index) => stub.acquire(pool, waiter(`q${index}`)));
  await vi.waitUntil(async () => (await leasedSlots(stub)) === 8, waitMs);
  // Those that wait have waited too long at one moment, which is none that a slow machine could bring on earlier.
  vi.setSystemTime(Date.now() + 11_000);
  await runDurableObjectAlarm(stub);
  const answers = await Promise.all(asked);
  const granted = answers.filter((answer) => answer.ok);
  const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.error.kind]));
  expect(granted).toHaveLength(8);
  expect(new Set(refused)).toEqual(new Set(['queue-full', 'deadline']));
  expect(agent.replicas.size).toBe(2);
  vi.useRealTimers();
});

test('an alarm parks what was idle for its window, the next one stops it, and then the pool is at rest without an alarm', async () => {
  const { pool, stub } = openPool();
  const answer = await stub.acquire(pool, waiter('a'));
  if (!answer.ok) throw new Error('no slot');
  await stub.release(pool, [{ leaseId: answer.value.leaseId, outcome: 'served' }]);
  const start = Date.now();
  vi.setSystemTime(start + 61_000);
  await runDurableObjectAlarm(stub);
  await vi.waitUntil(async () => (await stub.view(pool)).replicas[0]?.phase === 'parked', waitMs);
  vi.setSystemTime(start + 61_000 + 121_000);
  await runDurableObjectAlarm(stub);
  await vi.waitUntil(async () => (await stub.view(pool)).replicas.length === 0, waitMs);
  const view = await stub.view(pool);
  expect(view.nextWakeMs).toBeNull();
  expect(await runInDurableObject(stub, (_object, state) => state.storage.getAlarm())).toBeNull();
  const { busyMs, idleMs, loadingMs, parkedMs, lifetimeMs } = view.life;
  expect(busyMs + idleMs + loadingMs + parkedMs).toBe(lifetimeMs);
  expect(agent.replicas.size).toBe(0);
  vi.useRealTimers();
});

test('an object that is evicted knows its replicas and leases again', async () => {
  const { pool, stub } = openPool();
  const answer = await stub.acquire(pool, waiter('a'));
  if (!answer.ok) throw new Error('no slot');
  await evictDurableObject(stub);
  const again = POOL.get(stub.id);
  const view = await again.view(pool);
  expect(view.replicas).toMatchObject([{ phase: 'hot', leasedSlots: 1, generation: 1 }]);
  expect(agent.calls.filter((call) => call === 'PUT replica')).toHaveLength(1);
  expect(
    await again.beat(pool, { leaseIds: [answer.value.leaseId, 'gone.1'], reused: 3, tenants: [] }),
  ).toMatchObject({
    lost: ['gone.1'],
  });
});

test('an agent that is down gives a refusal in time, and the next request after its return is served', async () => {
  const { pool, stub } = openPool();
  agent.down = true;
  const refused = await stub.acquire(pool, waiter('a', 20_000));
  expect(refused).toMatchObject({ ok: false, error: { kind: 'backend-down' } });
  agent.down = false;
  await vi.waitUntil(async () => (await stub.acquire(pool, waiter(crypto.randomUUID(), 5_000))).ok, {
    timeout: 15_000,
    interval: 250,
  });
});

test('a model that cannot start is refused with a time to come back, and not started in a loop', async () => {
  const { pool, stub } = openPool();
  agent.broken = true;
  const first = await stub.acquire(pool, waiter('a'));
  expect(first).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  const second = await stub.acquire(pool, waiter('b'));
  expect(second).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  expect(agent.calls.filter((call) => call === 'PUT replica')).toHaveLength(1);
  expect((await stub.view(pool)).backoff).toMatchObject({ failures: 1, reason: 'no weights' });
});

test('a request that is cancelled while it waits gets no slot, and none is lost', async () => {
  const { pool, stub } = openPool();
  const held = await Promise.all(
    Array.from({ length: 8 }, (_, index) => stub.acquire(pool, waiter(`h${index}`))),
  );
  const waiting = stub.acquire(pool, waiter('late'));
  await stub.cancel(pool, 'late');
  expect(await waiting).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
  await stub.release(
    pool,
    held.flatMap((each) => (each.ok ? [{ leaseId: each.value.leaseId, outcome: 'served' as const }] : [])),
  );
  const view = await stub.view(pool);
  expect(view.replicas.map(({ leasedSlots }) => leasedSlots)).toEqual([0, 0]);
  expect(view.queue.waiting).toBe(0);
});

test('a report tells who came since the last one, and a plan that is pushed is shown whole', async () => {
  const { pool, stub } = openPool();
  await stub.acquire(pool, waiter('a'));
  const first = await stub.report(pool, 0);
  expect(first.events).toMatchObject([
    { kind: 'arrival', tenant: 't', count: 1 },
    { kind: 'level', busy: 1 },
  ]);
  expect(first).toMatchObject({ hot: 1, idle: 0, served: { cold: 1 }, truncated: false });
  expect((await stub.report(pool, first.seq)).events).toEqual([]);
  const plan = {
    keepHot: 1,
    warmTo: 1,
    keepParked: 2,
    parkTo: 1,
    hotMinMs: 1_000,
    hotMaxMs: farMs,
    parkedMinMs: 1_000,
    parkedMaxMs: farMs,
    untilMs: Date.now() + 60_000,
    because: 'lunch',
    terms: [{ name: 'age', gpuSeconds: 2.5 }],
  };
  await stub.plan(pool, plan);
  await evictDurableObject(stub);
  expect((await POOL.get(stub.id).view(pool)).plan).toEqual(plan);
});
