// What a plan wants held for bursts reaches the place of a pool: at once, and again with every comparison of what there is.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { WarmthPlan } from '../../src/core/warming/pool-plan.ts';
import { PoolObject } from '../../durable-objects/pool-object.ts';
import { AgentDouble } from './agent-double.ts';

const { POOL } = env as unknown as Env;
const waitMs = 10_000;
let agent: AgentDouble;

beforeEach(() => {
  agent = AgentDouble.install();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const deployed = { kind: 'modal-function', app: 'a', function: 'f', gpu: 'H100' };

/** A pool of a model that is deployed on Modal, which the configuration of the tests does not know. */
async function withPool(launch: object, use: (pool: PoolObject, name: string) => Promise<void>) {
  const name = 'scaled@1~local';
  const stub = POOL.getByName(`${name}#${JSON.stringify(launch)}`);
  const EXTRA_MODELS = JSON.stringify({ versions: [{ id: 'scaled@1', task: 'chat', launch }] });
  await runInDurableObject(stub, async (_, state) => {
    const pool = new PoolObject(state, { ...(env as unknown as Env), EXTRA_MODELS });
    await pool.acquire(name, { id: 'a', tenant: 't', deadlineMs: Date.now() + waitMs });
    await use(pool, name);
  });
}

const planUntil = (untilMs: number, burstTo: number): WarmthPlan => ({
  keepHot: 3,
  warmTo: 1,
  keepParked: 0,
  parkTo: 0,
  hotMinMs: 0,
  hotMaxMs: 600_000,
  parkedMinMs: 0,
  parkedMaxMs: 0,
  burstTo,
  untilMs,
  because: '',
  terms: [],
});

test('of a place that scales by itself, with the plan that says so and with each comparison', async () => {
  await withPool(deployed, async (pool, name) => {
    const untilMs = Date.now() + 150_000;
    pool.plan(name, planUntil(untilMs, 3));
    await vi.waitUntil(() => agent.holds.length === 1, waitMs);
    expect(agent.holds[0]).toMatchObject({ pool: name, version: 'scaled@1', order: untilMs, containers: 3 });
    vi.setSystemTime(Date.now() + 10_001);
    await pool.alarm();
    await vi.waitUntil(() => agent.holds.length === 2, waitMs);
    expect(agent.holds[1]).toMatchObject({ order: untilMs, containers: 3 });
    pool.plan(name, planUntil(untilMs + 1_000, 0));
    await vi.waitUntil(() => agent.holds.length === 3, waitMs);
    expect(agent.holds[2]).toMatchObject({ order: untilMs + 1_000, containers: 0 });
  });
});

test('and of no other place', async () => {
  await withPool({ kind: 'embedder' }, async (pool, name) => {
    pool.plan(name, planUntil(Date.now() + 150_000, 3));
    vi.setSystemTime(Date.now() + 10_001);
    const lists = agent.calls.filter((call) => call === 'GET replica').length;
    await pool.alarm();
    await vi.waitUntil(() => agent.calls.filter((call) => call === 'GET replica').length > lists, waitMs);
    expect(agent.holds).toEqual([]);
  });
});
