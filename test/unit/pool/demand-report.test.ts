// What the planner learns from: who came, how many replicas were in use when, and the figures of the moment.
import { expect, test } from 'vitest';
import { reportDemand } from '../../../src/core/pool/demand-report.ts';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { PoolBench, settings } from './pool-bench.ts';
import { decide, makeLease, makePlan, makeReplica, makeState, makeWaiter, t0 } from './pool-fixtures.ts';

const ofBench = (bench: PoolBench, sinceSeq = 0) =>
  reportDemand(bench.settings, bench.state, bench.nowMs, sinceSeq);

test('a request that waits and is served: one arrival with its tenant, one replica in use until it ends', () => {
  const bench = new PoolBench();
  const grant = bench.warm();
  bench.release(grant, 'served', 250);
  const report = ofBench(bench);
  expect(report.events).toMatchObject([
    { kind: 'arrival', atMs: 1_000, tenant: 't', count: 1 },
    { kind: 'level', atMs: 1_000, busy: 1 },
    { kind: 'level', atMs: 1_750, busy: 0 },
  ]);
  expect(report).toMatchObject({ nowMs: 1_750, busy: 0, truncated: false, hot: 1, idle: 1 });
  expect(report).toMatchObject({ loadMs: 500, wakeMs: null, coldWaitMs: 500, served: { cold: 1 } });
  expect(ofBench(bench, report.seq).events).toEqual([]);
});

test('levels count replicas, not slots, and those who wait as well as those who run', () => {
  const bench = new PoolBench({ slots: 2, queueMax: 9 });
  bench.warm();
  bench.ask('b');
  bench.ask('c');
  bench.ask('d');
  bench.ask('e');
  const levels = ofBench(bench).events.flatMap((event) => (event.kind === 'level' ? [event.busy] : []));
  expect(levels).toEqual([1, 2, 3]);
});

test('those who still run on a replica that takes no more requests count, too', () => {
  const leases = [makeLease('x'), makeLease('y')];
  const { state } = decide(makeState([makeReplica('draining', { leases })]), { kind: 'woke' });
  expect(reportDemand(settings, state, t0, 0).busy).toBe(1);
});

test('requests on slots that isolates keep come by tenant, the rest without a name', () => {
  const tenants = [
    { tenant: 'a', count: 3 },
    { tenant: 'b', count: 2 },
  ];
  const { state } = decide(makeState([]), { kind: 'beat', leaseIds: [], reused: 7, tenants });
  expect(reportDemand(settings, state, t0, 0).events).toMatchObject([
    { tenant: 'a', count: 3 },
    { tenant: 'b', count: 2 },
    { tenant: '', count: 2 },
  ]);
});

test('an object that was built anew knows the figures, and what happened since', () => {
  const ledger = { ...emptyLedger, waits: { coldMs: 70, parkedMs: 8 }, loads: { loadMs: 900, wakeMs: 60 } };
  const { state } = decide(makeState([], { ledger }), { kind: 'restarted' });
  expect(reportDemand(settings, state, t0, 0)).toMatchObject({
    seq: 0,
    events: [],
    coldWaitMs: 70,
    parkedWaitMs: 8,
    loadMs: 900,
    wakeMs: 60,
  });
});

test('what is on its way is told apart: to be hot, and to be parked', () => {
  const replicas = [
    makeReplica('starting'),
    makeReplica('starting', { generation: 2, toPark: true }),
    makeReplica('waking', { generation: 3 }),
    makeReplica('parking', { generation: 4 }),
    makeReplica('parked', { generation: 5 }),
    makeReplica('stopping', { generation: 6 }),
  ];
  const state = makeState(replicas, { waiting: [makeWaiter('q')] });
  expect(reportDemand(settings, state, t0, 0)).toMatchObject({ hot: 0, coming: 2, parked: 3, waiting: 1 });
});

test('a planner sees that starts are blocked, the backend is away, and until when its plan holds', () => {
  const backoff = { failures: 1, untilMs: t0 + 5, reason: '' };
  const ledger = { ...emptyLedger, backoff, plan: makePlan(1, { untilMs: t0 + 9 }) };
  const state = makeState([], { ledger, backend: { downSinceMs: t0 - 3, reason: '' } });
  const shown = { blockedUntilMs: t0 + 5, downSinceMs: t0 - 3, plannedUntilMs: t0 + 9 };
  expect(reportDemand(settings, state, t0, 0)).toMatchObject(shown);
  expect(reportDemand(settings, state, t0 + 9, 0)).toMatchObject({
    blockedUntilMs: null,
    plannedUntilMs: null,
  });
});
