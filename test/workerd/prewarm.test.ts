// Runs of functions on their way to a pool, in the real objects: an alarm starts what they need in time, an eviction in between forgets
// none of them, and what was learned of functions outlives the planner's object.
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { Expectation } from '../../src/core/graph/expect-demand.ts';
import type { PoolObject } from '../../durable-objects/pool-object.ts';
import { chainRun } from '../unit/graph/run-maker.ts';
import { AgentDouble } from './agent-double.ts';

const { POOL, PLANNER } = env as unknown as Env;
const pool = 'tiny-chat@1~local';
/** Of what is there in a moment; only a hang reaches it. */
const waitMs = 10_000;
let agent: AgentDouble;
let number = 0;

beforeEach(() => {
  agent = AgentDouble.install();
  number += 1;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function openPool(): DurableObjectStub<PoolObject> {
  return POOL.get(POOL.idFromName(`${pool}#prewarm${number}`));
}

function expectation(startInMs: number, patch: Partial<Expectation> = {}): Expectation {
  const startMs = Date.now() + startInMs;
  return { pool, probability: 0.9, startMs, untilMs: startMs + 30_000, ...patch };
}

const word = (run: string, expectations: readonly Expectation[]) =>
  ({ run, graphMode: 'just-in-time-p', expectations }) as const;

test('an alarm starts a replica in time for a run, also when the object was evicted in between', async () => {
  const stub = openPool();
  await stub.expect(pool, word('r1', [expectation(600_000)]));
  expect((await stub.view(pool)).replicas).toEqual([]);
  const alarmMs = await runInDurableObject(stub, (_object, state) => state.storage.getAlarm());
  const view = await stub.view(pool);
  expect(alarmMs).toBe(view.nextWakeMs);
  expect(view.prewarm.expected).toHaveLength(1);
  await evictDurableObject(stub);
  vi.setSystemTime((alarmMs ?? 0) + 1);
  const again = POOL.get(stub.id);
  expect(await runDurableObjectAlarm(again)).toBe(true);
  await vi.waitUntil(async () => (await again.view(pool)).replicas[0]?.phase === 'hot', waitMs);
  expect(agent.replicas.size).toBe(1);
  // The run comes and meets a hot replica.
  const waiter = { id: 'a', tenant: 't', deadlineMs: Date.now() + 10_000, run: 'r1' };
  expect(await again.acquire(pool, waiter)).toMatchObject({ ok: true, value: { warmth: 'hot' } });
  expect((await again.view(pool)).prewarm).toMatchObject({ expected: [], useful: 1, wasted: 0 });
});

test('what a run takes back, or leaves behind when its time is over, is put away and counted as wasted', async () => {
  const stub = openPool();
  const start = Date.now();
  await stub.expect(pool, word('r1', [expectation(0)]));
  await vi.waitUntil(async () => (await stub.view(pool)).replicas[0]?.phase === 'hot', waitMs);
  await evictDurableObject(stub);
  const again = POOL.get(stub.id);
  // Still expected: idle, and kept past any window.
  vi.setSystemTime(start + 25_000);
  await runDurableObjectAlarm(again);
  expect((await again.view(pool)).replicas).toMatchObject([{ phase: 'hot' }]);
  await again.expect(pool, word('r1', []));
  vi.setSystemTime(start + 72_000);
  await runDurableObjectAlarm(again);
  await vi.waitUntil(async () => (await again.view(pool)).replicas[0]?.phase === 'parked', waitMs);
  expect((await again.view(pool)).prewarm).toMatchObject({ expected: [], useful: 0, wasted: 1 });
});

test('a run that is expected by nobody any more leaves the pool at rest without an alarm', async () => {
  const stub = openPool();
  await stub.expect(pool, word('r1', [expectation(600_000)]));
  await stub.expect(pool, word('r1', []));
  expect(await runInDurableObject(stub, (_object, state) => state.storage.getAlarm())).toBeNull();
  expect(agent.calls).toEqual([]);
});

test('what runs teach is written at once and known to a planner that was evicted', async () => {
  const planner = PLANNER.getByName(`planner#prewarm${number}`);
  const traces = [1, 2, 3].map((n) =>
    chainRun('f', n * 1_000_000, [
      { pool: 'a', execMs: 5_000 },
      { pool: 'b', execMs: 5_000 },
    ]),
  );
  await planner.learnRuns(traces);
  const before = await planner.graphOf('f');
  expect(before.functions).toHaveLength(1);
  await evictDurableObject(planner);
  const again = PLANNER.get(planner.id);
  expect(await again.graphOf('f')).toEqual(before);
  expect(await again.graphOf('unknown')).toEqual({ version: 1, functions: [] });
  await runInDurableObject(again, (_object, state) => {
    state.storage.sql.exec("UPDATE graph SET body = 'no JSON'");
  });
  await evictDurableObject(again);
  expect(await PLANNER.get(planner.id).graphOf('f')).toEqual({ version: 1, functions: [] });
});
