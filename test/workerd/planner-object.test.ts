// The planner's object with real pools: every change of load reaches it and its plan comes back, what it learned survives it, and a
// planner that breaks leaves the pools to their windows.
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { PoolView } from '../../src/core/pool/pool-view.ts';
import type { BrainSnapshot } from '../../src/core/warming/planner-brain.ts';
import { PlannerStore } from '../../durable-objects/planner-store.ts';
import type { PlannerObject } from '../../durable-objects/planner-object.ts';
import type { PoolObject } from '../../durable-objects/pool-object.ts';
import { makeReport, visit } from '../unit/warming/brain-fixtures.ts';
import { AgentDouble } from './agent-double.ts';

const { POOL, PLANNER } = env as unknown as Env;
const pool = 'tiny-chat@1~local';
let agent: AgentDouble;

beforeEach(() => {
  agent = AgentDouble.install();
});
afterEach(() => vi.restoreAllMocks());

let number = 0;
/** A planner of its own, which speaks to the pools of the deployment. */
function openPlanner(): DurableObjectStub<PlannerObject> {
  number += 1;
  return PLANNER.getByName(`planner#${number}`);
}

const waiter = (id: string) => ({ id, tenant: 't', deadlineMs: Date.now() + 10_000 });
const report = (patch: object = {}) => makeReport(Date.now(), patch);

describe('the deployment’s planner', () => {
  const stub = (): DurableObjectStub<PoolObject> => POOL.getByName(pool);
  const viewOf = (): Promise<PoolView> => stub().view(pool) as Promise<PoolView>;

  test('hears of a change of load without any cron, and its plan lands in the pool', async () => {
    const answer = await stub().acquire(pool, waiter('a'));
    if (!answer.ok) throw new Error('no slot');
    await vi.waitUntil(async () => (await viewOf()).plan !== null, { timeout: 10_000 });
    const busy = await PLANNER.getByName('planner').view(pool, Date.now());
    expect(busy).toMatchObject({ pool, by: 'windows' });
    expect((await viewOf()).plan).toMatchObject({ hotMinMs: 60_000, hotMaxMs: 60_000, warmTo: 0 });
    await stub().release(pool, [{ leaseId: answer.value.leaseId, outcome: 'served' }]);
    // Idle again: the planner hears that, too.
    await vi.waitUntil(
      async () => (await PLANNER.getByName('planner').view(pool, Date.now()))?.levels[0]?.level === 1,
      { timeout: 10_000 },
    );
    expect(agent.replicas.size).toBe(1);
  });

  test('is asked once a minute as well, by which a pool at rest leaves its list', async () => {
    const planner = PLANNER.getByName('planner');
    expect(await planner.planAll(Date.now())).toEqual([pool]);
    await evictDurableObject(stub());
    await runInDurableObject(stub(), (_object, state) => {
      state.storage.sql.exec('DELETE FROM replica');
      state.storage.sql.exec("DELETE FROM meta WHERE name = 'ledger'");
    });
    await evictDurableObject(stub());
    expect(await planner.planAll(Date.now())).toEqual([]);
    expect(await planner.planAll(Date.now())).toEqual([]);
    const awake = await runInDurableObject(planner, (_object, state) =>
      state.storage.sql.exec('SELECT pool FROM awake').toArray(),
    );
    expect(awake).toEqual([]);
  });

  test('that throws leaves the pool to its windows, which serves on', async () => {
    const broken = vi.spyOn(PLANNER, 'getByName').mockImplementation(() => {
      throw new Error('no planner');
    });
    const answer = await stub().acquire(pool, waiter('b'));
    expect(answer.ok).toBe(true);
    const view = await viewOf();
    expect(view).toMatchObject({ plan: null, replicas: [{ phase: 'hot' }] });
    broken.mockRestore();
  });
});

describe('a planner', () => {
  test('answers a report with a plan for now, and one of a pool that it does not know with none', async () => {
    const planner = openPlanner();
    const plan = await planner.hear(pool, report({ hot: 1, busy: 1 }));
    expect(plan?.untilMs).toBeGreaterThan(Date.now() + 100_000);
    expect(await planner.hear('gone@1~local', report())).toBeNull();
    expect(await planner.view('gone@1~local', Date.now())).toBeNull();
  });

  test('that is evicted knows what it had learned when it last wrote', async () => {
    const planner = openPlanner();
    // Ahead of the pools' own clock, so that what they report themselves is out of date.
    const startMs = Date.now() + 600_000;
    for (let tick = 1; tick <= 5; tick += 1) {
      const atMs = startMs + tick * 60_000;
      await planner.hear(pool, makeReport(atMs, { events: visit(atMs - 20_000, atMs - 10_000) }));
      await planner.planAll(atMs);
    }
    const nowMs = startMs + 301_000;
    const before = await planner.view(pool, nowMs);
    expect(before?.levels).toHaveLength(1);
    await evictDurableObject(planner);
    const after = await PLANNER.get(planner.id).view(pool, nowMs);
    expect(after).toEqual(before);
    expect(await PLANNER.get(planner.id).viewAll(nowMs)).toMatchObject({ ticks: 5 });
  });

  test('that is evicted after a round goes on with it; what it heard since is heard again', async () => {
    const planner = openPlanner();
    await planner.hear(pool, report({ hot: 1 }));
    await planner.planAll(Date.now());
    await evictDurableObject(planner);
    const again = PLANNER.get(planner.id);
    expect(await again.viewAll(Date.now())).toMatchObject({ ticks: 1 });
    expect(await again.hear(pool, report({ hot: 1 }))).not.toBeNull();
  });

  test.each([
    ['no JSON', '{"version":1,"pools":[{"po'],
    ['another version', '{"version":7}'],
    ['another shape', '{"version":1,"pools":[{"pool":"tiny-chat@1~local"}],"ticks":4}'],
    ['nothing', 'null'],
  ])('whose record is %s learns anew', async (_, body) => {
    const planner = openPlanner();
    await planner.viewAll(Date.now());
    await runInDurableObject(planner, (_object, state) => {
      state.storage.sql.exec('DELETE FROM brain');
      state.storage.sql.exec('INSERT INTO brain VALUES (0, ?)', body);
    });
    await evictDurableObject(planner);
    expect(await PLANNER.get(planner.id).viewAll(Date.now())).toMatchObject({ ticks: 0 });
    expect(await PLANNER.get(planner.id).hear(pool, report())).not.toBeNull();
  });

  test('of an earlier version, which knew its awake pools alone, goes on with them', async () => {
    const planner = openPlanner();
    await runInDurableObject(planner, (_object, state) => {
      state.storage.sql.exec('DROP TABLE IF EXISTS brain');
      state.storage.sql.exec('INSERT INTO awake VALUES (?)', pool);
    });
    await evictDurableObject(planner);
    await POOL.getByName(pool).acquire(pool, waiter('c'));
    expect(await PLANNER.get(planner.id).planAll(Date.now())).toEqual([pool]);
  });

  test('keeps a record that is longer than one value may be, whole', async () => {
    const planner = openPlanner();
    await runInDurableObject(planner, (_object, { storage }) => {
      const store = new PlannerStore(storage);
      const pools = Array.from({ length: 200 }, (__, at) => ({ pool: 'x'.repeat(10_000 + at) }));
      const long = { version: 1, pools, ticks: 9 } as unknown as BrainSnapshot;
      store.writeBrain(long);
      expect(store.readBrain()).toEqual(long);
      store.writeBrain({ ...long, pools: [] });
      expect(store.readBrain()).toEqual({ ...long, pools: [] });
    });
  });

  test('that is called while its round still runs makes one round of both; what it hears meanwhile is not forgotten', async () => {
    const planner = openPlanner();
    const resting = 'use-lite-embed@1~local';
    await planner.hear(resting, report());
    const rounds = Promise.all([planner.planAll(Date.now()), planner.planAll(Date.now())]);
    await planner.hear(resting, report());
    await rounds;
    expect(await planner.viewAll(Date.now())).toMatchObject({ ticks: 1 });
    const awake = await runInDurableObject(planner, (_object, state) =>
      state.storage.sql.exec('SELECT pool FROM awake').toArray(),
    );
    expect(awake).toEqual([{ pool: resting }]);
  });
});

test('a pool whose ledger is of an earlier version tells the planner all the same, and keeps its counts', async () => {
  const old = 'tiny-chat-solo@1~local';
  const stub = POOL.getByName(old);
  await stub.view(old);
  await runInDurableObject(stub, (_object, state) => {
    const ledger = {
      generation: 4,
      plan: null,
      backoff: null,
      past: { replicas: 4, life: { busyMs: 1, idleMs: 2_000, loadingMs: 3, parkedMs: 4 } },
      served: { hot: 9, parked: 0, cold: 4, failed: 0 },
      granted: 13,
      // A field of old rows that nobody reads any more.
      arrivals: [],
    };
    state.storage.sql.exec("INSERT OR REPLACE INTO meta VALUES ('ledger', ?)", JSON.stringify(ledger));
  });
  await evictDurableObject(stub);
  const again = POOL.getByName(old);
  await again.acquire(old, waiter('d'));
  await vi.waitUntil(async () => (await again.view(old)).plan !== null, { timeout: 10_000 });
  expect(await again.report(old, 0)).toMatchObject({ served: { hot: 9, cold: 5 }, levels: { colds: 1 } });
});
