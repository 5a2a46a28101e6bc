// The small parts of the pool's core, each for itself; together they are tested by decide-pool.test.ts and the simulator.
import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../src/core/pool/command-outcome.ts';
import { closeDraft, openDraft } from '../../../src/core/pool/draft.ts';
import { checkPool } from '../../../src/core/pool/invariants.ts';
import { LeaseBook } from '../../../src/core/pool/lease-book.ts';
import { wantedReplicas } from '../../../src/core/pool/need.ts';
import { restoreCare } from '../../../src/core/pool/pool-care.ts';
import { poolName, retiredSettings, settingsOf } from '../../../src/core/pool/pool-settings.ts';
import { emptyLedger, restoreState } from '../../../src/core/pool/pool-state.ts';
import { applyListing } from '../../../src/core/pool/reconcile.ts';
import { bucketOf, charge, ledgerOf } from '../../../src/core/pool/replica-life.ts';
import { settle } from '../../../src/core/pool/settle.ts';
import { replicaId, startReplica } from '../../../src/core/pool/start-replica.ts';
import { costMicros, viewPool } from '../../../src/core/pool/view-pool.ts';
import { nextWakeMs } from '../../../src/core/pool/wake.ts';
import { countComing } from '../../../src/core/pool/warm-pool.ts';
import { catalogue } from '../../../gpu-workers/models.ts';
import { PoolBench, settings } from './pool-bench.ts';
import { makePlan } from './pool-fixtures.ts';

const grant = (leaseId: string, contended = false) => ({
  leaseId,
  replicaId: 'r',
  endpoint: 'http://r',
  warmth: 'cold' as const,
  expiresMs: 30_000,
  contended,
});

describe('the slots that an isolate holds', () => {
  test('are used again, and given back when idle for a while', () => {
    const book = new LeaseBook();
    book.enter(grant('l1'), 0);
    expect(book.take(1, 't')).toBeNull();
    expect(book.giveBack('l1', 'served', 100)).toEqual([]);
    expect(book.take(200, 't')).toMatchObject({ leaseId: 'l1', warmth: 'hot' });
    book.giveBack('l1', 'served', 300);
    expect(book.sweep(799, false)).toEqual([]);
    expect(book.sweep(800, false)).toMatchObject([{ leaseId: 'l1', outcome: 'served' }]);
    expect(book.size).toBe(0);
  });

  test('go back at once while others wait', () => {
    const book = new LeaseBook();
    book.enter(grant('l1', true), 0);
    expect(book.giveBack('l1', 'served', 10)).toMatchObject([{ leaseId: 'l1', outcome: 'served' }]);
  });

  test('are dropped with their replica when one of them failed', () => {
    const book = new LeaseBook();
    book.enter(grant('l1'), 0);
    book.enter(grant('l2'), 0);
    book.giveBack('l2', 'served', 5);
    expect(book.giveBack('l1', 'replica-failed', 10).map(({ leaseId }) => leaseId)).toEqual(['l1', 'l2']);
  });

  test('are told to the pool every two seconds, and forgotten when their request is silent', () => {
    const book = new LeaseBook();
    book.enter(grant('l1'), 1);
    expect(book.beat(1_000)).toBeNull();
    expect(book.beat(2_001)).toEqual({ leaseIds: ['l1'], reused: 0, tenants: [] });
    book.touch('l1', 15_000);
    expect(book.flush(30_000).leaseIds).toEqual(['l1']);
    expect(book.flush(35_001).leaseIds).toEqual([]);
  });

  test('that the pool does not know are not handed out again', () => {
    const book = new LeaseBook();
    book.enter(grant('l1'), 0);
    book.giveBack('l1', 'served', 5);
    book.hear({ lost: ['l1'], expiresMs: 60_000, contended: false });
    expect(book.take(6, 't')).toBeNull();
  });
});

test('a pool is named by version and place, and its figures come from its version', () => {
  const version = catalogue.versions[0];
  if (version === undefined) throw new Error('no version');
  expect(poolName(version.id, 'local')).toBe('tiny-chat@1~local');
  expect(settingsOf(version, 'local', 10_000)).toMatchObject({
    pool: 'tiny-chat@1~local',
    slots: 4,
    parking: true,
  });
  expect(retiredSettings('gone@1~local')).toMatchObject({ version: 'gone@1', replicasMax: 0, hotIdleMs: 0 });
  expect(replicaId('a-b@1~eu-1', 3)).toBe('a-b-1-eu-1-3');
});

test('floor, need and plan: the largest is wanted, within the maximum, with its reason', () => {
  const backend = { downSinceMs: null, reason: '' };
  const base = {
    settings,
    nowMs: 0,
    replicas: new Map(),
    ledger: emptyLedger,
    waiting: [],
    backend,
    care: restoreCare(null, 0),
  };
  expect(wantedReplicas(base)).toMatchObject({ replicas: 0 });
  expect(wantedReplicas({ ...base, settings: { ...settings, floor: 1 } })).toEqual({
    replicas: 1,
    because: 'floor of 1',
  });
  const plan = makePlan(9, { untilMs: 5 });
  expect(wantedReplicas({ ...base, ledger: { ...emptyLedger, plan } })).toEqual({
    replicas: 2,
    because: 'planned: lunch',
  });
  expect(wantedReplicas({ ...base, nowMs: 5, ledger: { ...emptyLedger, plan } }).replicas).toBe(0);
});

test('time goes to the bucket of the phase, once', () => {
  const bench = new PoolBench();
  bench.warm();
  const replica = charge(bench.sole(), bench.nowMs + 250);
  expect(bucketOf(replica)).toBe('busyMs');
  expect(replica.life).toMatchObject({ busyMs: 250, loadingMs: 500 });
  expect(charge(replica, bench.nowMs + 250)).toBe(replica);
  expect(ledgerOf(replica.life).lifetimeMs).toBe(750);
});

test('the view adds up to the millisecond, and parked time costs the parked price', () => {
  const bench = new PoolBench();
  bench.warm();
  const view = viewPool(bench.settings, bench.state, bench.nowMs + 333, bench.wakeMs);
  expect(view.life).toEqual({ busyMs: 333, idleMs: 0, loadingMs: 500, parkedMs: 0, lifetimeMs: 833 });
  expect(costMicros(settings, { busyMs: 1_000, idleMs: 0, loadingMs: 0, parkedMs: 2_000 })).toBe(120);
});

test('each broken invariant is named', () => {
  const bench = new PoolBench();
  bench.warm();
  const replica = bench.sole();
  const broken = (change: object): string => {
    const replicas = new Map([[replica.id, { ...replica, ...change }]]);
    return checkPool(settings, { state: { ...bench.state, replicas }, wakeMs: 1 }).join();
  };
  expect(broken({ life: { ...replica.life, busyMs: 9 } })).toContain('P1');
  expect(
    broken({ leases: [1, 2, 3].map((id) => ({ id: String(id), tenant: 't', expiresMs: 1 })) }),
  ).toContain('P2');
  expect(broken({ phase: 'parked' })).toContain('P3');
  expect(broken({ generation: 99 })).toContain('P4');
  expect(broken({ endpoint: null })).toContain('P9');
  expect(checkPool({ ...settings, replicasMax: 0 }, { state: bench.state, wakeMs: 1 }).join()).toContain(
    'P5',
  );
  expect(checkPool(settings, { state: bench.state, wakeMs: null }).join()).toContain('P8');
  const waiting = Array.from({ length: 5 }, (_, at) => ({
    id: String(at),
    tenant: 't',
    enqueuedMs: 0,
    deadlineMs: 9,
  }));
  expect(checkPool(settings, { state: { ...bench.state, waiting }, wakeMs: 1 }).join()).toMatch(/P6.*P7/);
});

test('a draft leaves the state it came from as it was', () => {
  const bench = new PoolBench();
  bench.warm();
  const before = structuredClone([...bench.state.replicas]);
  const draft = openDraft(settings, bench.state, bench.nowMs + 60_000);
  startReplica(draft, { ahead: false, toPark: false, forRun: false });
  settle(draft);
  applyListing(draft, { kind: 'listed', askedMs: draft.nowMs, result: { ok: true, sightings: [] } });
  expect(countComing(draft)).toBeLessThanOrEqual(2);
  expect(nextWakeMs(draft)).toBeGreaterThan(draft.nowMs);
  expect(closeDraft(draft).nowMs).toBe(draft.nowMs);
  expect([...bench.state.replicas]).toEqual(before);
});

test('phases that wait for the backend name their command, the others none', () => {
  expect(
    ['starting', 'parking', 'waking', 'stopping'].map((phase) => commandOf(phase as 'starting')),
  ).toEqual(['start', 'park', 'wake', 'stop']);
  expect(commandOf('hot')).toBeNull();
  expect(restoreState(emptyLedger, [], 5).reconcileDueMs).toBe(5);
});
