// The embedded store over real objects: the suite that every store passes, and what is the objects' own: evictions, alarms, and that nothing is
// stored by being asked.
import { env } from 'cloudflare:workers';
import {
  createExecutionContext,
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { edgeStore } from '../../durable-objects/store-call.ts';
import type { StoreObject } from '../../durable-objects/store-object.ts';
import type { Env } from '../../src/env.ts';
import { answerPartOf, objectStore } from '../../src/store/object-store.ts';
import { describeEdgeStore, keyOf, patientTimes } from '../conformance/edge-store.suite.ts';

const whole: unknown = env;
const { STORE } = env as unknown as { STORE: DurableObjectNamespace<StoreObject> };

async function emptied(): Promise<void> {
  for (const id of await listDurableObjectIds(STORE))
    await runInDurableObject(STORE.get(id), (_object, { storage }) => storage.deleteAll());
}

describeEdgeStore('Durable Objects', async (origin) => {
  await emptied();
  return objectStore({ part: (name) => STORE.getByName(name) as never, origin }, patientTimes);
});

describe('an object of the store', () => {
  const place = { tenant: 'demo', key: keyOf(1) };
  const stub = () => STORE.getByName(answerPartOf(place));
  const tables = (): Promise<number> =>
    runInDurableObject(
      stub(),
      (_object, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'answers'").toArray().length,
    );

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await emptied();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('stores nothing by being asked', async () => {
    expect(await stub().readAnswer(place)).toBeNull();
    expect(await tables()).toBe(0);
  });

  test('has its answers after an eviction', async () => {
    await stub().keepAnswer(place, { text: 'kept', expiresMs: Date.now() + 60_000 });
    await evictDurableObject(stub());
    expect(await stub().readAnswer(place)).toBe('kept');
  });

  test('forgets all of itself when its last answer has expired, and not before', async () => {
    const nowMs = Date.now();
    await stub().keepAnswer(place, { text: 'short', expiresMs: nowMs + 10_000 });
    await stub().keepAnswer({ ...place, key: keyOf(2) }, { text: 'long', expiresMs: nowMs + 20_000 });
    vi.setSystemTime(nowMs + 10_000);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await tables()).toBe(1);
    vi.setSystemTime(nowMs + 20_000);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await tables()).toBe(0);
    expect(await runDurableObjectAlarm(stub())).toBe(false);
    expect(await stub().readAnswer(place)).toBeNull();
  });

  test('is never asked for another part', async () => {
    await runInDurableObject(stub(), (object: StoreObject) => {
      expect(() => object.readAnswer({ ...place, tenant: 'acme' })).toThrow('its own part');
    });
  });

  test('is what the configuration names by itself', async () => {
    const store = edgeStore(whole as Env, createExecutionContext());
    await store.keepAnswer(place, { text: 'kept', expiresMs: Date.now() + 60_000 });
    expect(await store.readAnswer(place)).toEqual({ ok: true, value: 'kept' });
    expect(await stub().readAnswer(place)).toBe('kept');
  });
});
