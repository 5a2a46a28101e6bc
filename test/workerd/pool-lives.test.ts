// What a pool tells its own place to hold is kept in its object's storage.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { PoolStore } from '../../durable-objects/pool-store.ts';

test('lives outlive the object that wrote them, and are none before', async () => {
  const stub = env.POOL.getByName('lives-of-a-pool');
  const life = { id: 'r-1', generation: 3, pool: 'p', startedMs: 1, readyMs: null, ending: false };
  await runInDurableObject(stub, (_object, state) => {
    expect(new PoolStore(state.storage).lives.read()).toEqual([]);
    new PoolStore(state.storage).lives.write([life]);
  });
  await runInDurableObject(stub, (_object, state) => {
    expect(new PoolStore(state.storage).lives.read()).toEqual([life]);
  });
});
