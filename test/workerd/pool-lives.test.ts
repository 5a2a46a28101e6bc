// What a pool tells its own place to hold is kept in its object's storage.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import type { Env } from '../../src/config.ts';
import type { ModelVersion } from '../../src/core/registry/model.ts';
import { poolOutside } from '../../durable-objects/pool-outside.ts';
import { PoolStore } from '../../durable-objects/pool-store.ts';

const { POOL } = env as unknown as Env;

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
