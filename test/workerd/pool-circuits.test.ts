// Circuits in the object that owns them: what isolates report, evictions in between, and many who ask in one moment.
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { Grant } from '../../src/core/pool/pool-events.ts';
import type { PoolObject } from '../../durable-objects/pool-object.ts';
import { AgentDouble } from './agent-double.ts';

const { POOL } = env as unknown as Env;
const pool = 'tiny-chat@1~local';
let number = 0;
let stub: DurableObjectStub<PoolObject>;

beforeEach(() => {
  AgentDouble.install();
  number += 1;
  stub = POOL.get(POOL.idFromName(`${pool}#circuits-${number}`));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const waiter = (id: string, canGoElsewhere = true) => ({
  id,
  tenant: 't',
  deadlineMs: Date.now() + 10_000,
  canGoElsewhere,
});

async function granted(id: string): Promise<Grant> {
  const answer = await stub.acquire(pool, waiter(id, false));
  if (!answer.ok) throw new Error(answer.error.kind);
  return answer.value;
}

/** The pool's one replica fails three times in a row, as one isolate has seen it. From then on time stands still until a test moves it. */
async function breakReplica(): Promise<Grant> {
  const grant = await granted('first');
  vi.setSystemTime(Date.now());
  const report = { replicaId: grant.replicaId, run: 'fff', okAgeMs: null, firstTokensMs: [] };
  const word = await stub.release(pool, [{ leaseId: grant.leaseId, outcome: 'served' }], [report]);
  expect(word.verdict).toMatchObject({ targetOpen: true });
  return grant;
}

test('a circuit that has opened is open for every isolate at once, and after an eviction', async () => {
  await breakReplica();
  expect(await stub.acquire(pool, waiter('a'))).toMatchObject({ error: { kind: 'circuit-open' } });
  await evictDurableObject(stub);
  stub = POOL.get(stub.id);
  expect(await stub.acquire(pool, waiter('b'))).toMatchObject({ error: { kind: 'circuit-open' } });
  expect(await stub.glance(pool)).toMatchObject({ open: true });
  const view = await stub.view(pool);
  expect(view.circuit).toMatchObject({ phase: 'open', cause: 'failures' });
  expect(view.replicas[0]?.circuit?.history.at(-1)?.detail).toBe('3 failures in a row');
});

test('of many who ask in one moment exactly one probes, and a passed probe opens the pool to all', async () => {
  await breakReplica();
  vi.setSystemTime(Date.now() + 1_000);
  const asked = await Promise.all(
    Array.from({ length: 20 }, (_, index) => stub.acquire(pool, waiter(`q${index}`))),
  );
  const probes = asked.flatMap((answer) => (answer.ok ? [answer.value] : []));
  expect(probes).toHaveLength(1);
  const [probe] = probes;
  if (probe?.permits === undefined) throw new Error('no permits');
  const back = { leaseId: probe.leaseId, outcome: 'served' as const };
  const { verdict } = await stub.release(pool, [
    { ...back, probe: { permits: probe.permits, outcome: 'ok' } },
  ]);
  expect(verdict).toMatchObject({ targetOpen: false, ejected: [] });
  expect((await stub.acquire(pool, waiter('after'))).ok).toBe(true);
});

test('a probe that nobody reports is void after its time, and another one is given', async () => {
  await breakReplica();
  vi.setSystemTime(Date.now() + 1_000);
  expect(await stub.acquire(pool, waiter('lost'))).toMatchObject({ ok: true });
  expect(await stub.acquire(pool, waiter('early'))).toMatchObject({ error: { kind: 'circuit-open' } });
  vi.setSystemTime(Date.now() + 4_000);
  await runDurableObjectAlarm(stub);
  expect(await stub.acquire(pool, waiter('next'))).toMatchObject({
    ok: true,
    value: { permits: [{}, {}] },
  });
});

test('an operator opens and closes a circuit, and the history names both', async () => {
  const grant = await granted('first');
  await stub.release(pool, [{ leaseId: grant.leaseId, outcome: 'served' }]);
  await stub.force(pool, { replicaId: null, open: true, by: 'ops: bad weights' });
  expect(await stub.acquire(pool, waiter('a'))).toMatchObject({ error: { kind: 'circuit-open' } });
  await stub.force(pool, { replicaId: null, open: false, by: 'ops: rolled back' });
  expect((await stub.acquire(pool, waiter('b'))).ok).toBe(true);
  const { circuit } = await stub.view(pool);
  expect(circuit.history.map(({ detail }) => detail)).toEqual(['ops: bad weights', 'ops: rolled back']);
});
