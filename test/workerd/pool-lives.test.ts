// What a pool tells its own place to hold is kept in its object's storage.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { ModelVersion } from '../../src/core/registry/model.ts';
import { poolOutside } from '../../durable-objects/pool-outside.ts';
import { PoolStore } from '../../durable-objects/pool-store.ts';

const { POOL } = env as unknown as Env;
afterEach(() => vi.restoreAllMocks());

test('lives outlive the object that wrote them, and are none before', async () => {
  const stub = POOL.getByName('lives-of-a-pool');
  const life = { id: 'r-1', generation: 3, pool: 'p', startedMs: 1, readyMs: null, ending: false };
  await runInDurableObject(stub, (_object, state) => {
    expect(new PoolStore(state.storage).lives.read()).toEqual([]);
    new PoolStore(state.storage).lives.write([life]);
  });
  await runInDurableObject(stub, (_object, state) => {
    expect(new PoolStore(state.storage).lives.read()).toEqual([life]);
  });
});

test('a version that left the configuration is still the one that its lives are stopped at', async () => {
  const stub = POOL.getByName('gone@1~local');
  const launch = { kind: 'runpod', endpoint: 'abcdef123456', model: 'm', idleMs: 5_000 };
  const version = { id: 'gone@1', task: 'chat', launch, replicasMax: 1 } as unknown as ModelVersion;
  const keyed = { ...env, RUNPOD_API_KEY: 'rpa_x' } as unknown as Env;
  await runInDurableObject(stub, (_object, state) => {
    const store = new PoolStore(state.storage);
    const kindOf = () => poolOutside(keyed, 'gone@1~local', store).backend.capabilities.kind;
    expect(kindOf()).toBe('direct-replicas');
    store.keepVersion(version);
    expect(kindOf()).toBe('managed-autoscaler');
  });
});

test("a version whose endpoint is another one's by now lowers it once, and leaves the rest to the other", async () => {
  const launch = { kind: 'runpod', endpoint: 'abcdef654321', model: 'm', idleMs: 5_000 };
  const versionOf = (id: string) => ({ id, task: 'chat', launch, replicasMax: 1 });
  const extra = JSON.stringify({ versions: [versionOf('next@1')] });
  const keyed = { ...env, RUNPOD_API_KEY: 'rpa_x', EXTRA_MODELS: extra } as unknown as Env;
  const pool = 'before@1~local';
  const life = { id: 'r-1', generation: 1, pool, startedMs: 1, readyMs: 2, ending: false };
  const changes: unknown[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    const asked = new Request(url, init);
    if (asked.method === 'PATCH') changes.push(await asked.json());
    const workers = asked.url.endsWith('/health') ? { idle: 1 } : [{ desiredStatus: 'RUNNING' }];
    return Response.json({ workersMin: 1, workersMax: 1, idleTimeout: 5, workers });
  });
  await runInDurableObject(POOL.getByName(pool), async (_object, state) => {
    const store = new PoolStore(state.storage);
    store.keepVersion(versionOf('before@1') as unknown as ModelVersion);
    store.lives.write([life]);
    const { backend } = poolOutside(keyed, pool, store);
    expect(await backend.list(pool)).toMatchObject({ ok: true, value: [{ id: 'r-1', condition: 'ready' }] });
    expect(changes).toEqual([]);
    // The other one's worker runs on.
    expect(await backend.stop({ id: 'r-1', generation: 1 })).toEqual({ ok: true, value: null });
    expect(changes).toMatchObject([{ workersMin: 0 }]);
    expect(await backend.list(pool)).toEqual({ ok: true, value: [] });
  });
});
