// A pool object whose host breaks under it: nobody is left hanging, and what comes back for the old host changes nothing.
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { AgentDouble } from './agent-double.ts';

const { POOL } = env as unknown as Env;
const pool = 'tiny-chat@1~local';
let agent: AgentDouble;
let number = 0;

beforeEach(() => {
  agent = AgentDouble.install();
  number += 1;
});

afterEach(() => vi.restoreAllMocks());

const openPool = () => POOL.get(POOL.idFromName(`${pool}#fault-${number}`));
const waiter = (id: string) => ({ id, tenant: 't', deadlineMs: Date.now() + 10_000 });

test('an alarm that fails ends the calls that wait, so that their callers ask again, and is tried again', async () => {
  const stub = openPool();
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const held = await Promise.all(Array.from({ length: 8 }, (_, at) => stub.acquire(pool, waiter(`h${at}`))));
  expect(held.every((answer) => answer.ok)).toBe(true);
  const waiting = stub.acquire(pool, waiter('late')).then(
    () => 'answered',
    () => 'broken off',
  );
  await vi.waitUntil(async () => (await stub.view(pool)).queue.waiting === 1, 10_000);
  await runInDurableObject(
    stub,
    (_object, state) => void state.storage.sql.exec('ALTER TABLE replica RENAME TO gone'),
  );
  vi.setSystemTime(Date.now() + 31_000);
  await runDurableObjectAlarm(stub);
  expect(await waiting).toBe('broken off');
  expect(silence).toHaveBeenCalled();
  expect(await runInDurableObject(stub, (_object, state) => state.storage.getAlarm())).not.toBeNull();
  await runInDurableObject(
    stub,
    (_object, state) => void state.storage.sql.exec('ALTER TABLE gone RENAME TO replica'),
  );
  await runDurableObjectAlarm(stub);
  expect((await stub.view(pool)).replicas.map(({ leasedSlots }) => leasedSlots)).toEqual([0, 0]);
  vi.useRealTimers();
});

test('a call that cannot be written down breaks, and the next one under the same id is heard', async () => {
  const stub = openPool();
  await stub.view(pool);
  await runInDurableObject(
    stub,
    (_object, state) => void state.storage.sql.exec('ALTER TABLE replica RENAME TO gone'),
  );
  const broken = await stub.acquire(pool, waiter('a')).then(
    () => 'answered',
    () => 'broken off',
  );
  expect(broken).toBe('broken off');
  await runInDurableObject(
    stub,
    (_object, state) => void state.storage.sql.exec('ALTER TABLE gone RENAME TO replica'),
  );
  expect(await openPool().acquire(pool, waiter('a'))).toMatchObject({ ok: true });
  expect(agent.replicas.size).toBe(1);
});
