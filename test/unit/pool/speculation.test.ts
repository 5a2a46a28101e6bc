// What was paid ahead of demand, beside what was paid anyway: each millisecond of overhead is on one side.
import { expect, test } from 'vitest';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { speculationOf } from '../../../src/core/pool/speculation.ts';
import { PoolBench, settings } from './pool-bench.ts';
import { makePlan, makeReplica, t0 } from './pool-fixtures.ts';

const ofBench = (bench: PoolBench) =>
  speculationOf(bench.settings, bench.state.ledger, bench.state.replicas.values(), bench.nowMs);

test('a replica that somebody waited for is grounded: its load and its idle time', () => {
  const bench = new PoolBench();
  bench.release(bench.warm(), 'served', 1_000);
  bench.feed({ kind: 'woke' }, 2_000);
  expect(ofBench(bench)).toEqual({ speculatedMs: 0, groundedMs: 2_500, useful: 0, wasted: 0 });
});

test('one that was brought up ahead is speculated until it is used, and grounded from its start once it is', () => {
  const bench = new PoolBench();
  bench.feed({ kind: 'plan', plan: makePlan(1) });
  bench.answer('ready', 500);
  bench.feed({ kind: 'woke' }, 2_000);
  expect(ofBench(bench)).toEqual({ speculatedMs: 2_500, groundedMs: 0, useful: 0, wasted: 0 });
  bench.ask('q');
  expect(ofBench(bench)).toEqual({ speculatedMs: 0, groundedMs: 2_500, useful: 1, wasted: 0 });
});

test('one that is gone unused stays speculated, its parked time at its share of the price', () => {
  const bench = new PoolBench();
  bench.feed({
    kind: 'plan',
    plan: makePlan(1, { untilMs: bench.nowMs + 1_500, hotMinMs: 0 }),
  });
  bench.answer('ready', 1_000);
  bench.feed({ kind: 'woke' }, 10_000);
  bench.answer('parked');
  bench.feed({ kind: 'woke' }, 20_000);
  bench.answer('ready');
  expect(bench.state.replicas.size).toBe(0);
  expect(ofBench(bench)).toEqual({ speculatedMs: 13_000, groundedMs: 0, useful: 0, wasted: 1 });
});

test('one that was used, and is woken ahead of the next request, is speculated from then on only', () => {
  const bench = new PoolBench();
  bench.release(bench.warm());
  bench.feed({ kind: 'woke' }, 10_000);
  bench.answer('parked');
  bench.feed({ kind: 'plan', plan: makePlan(1, { untilMs: 99_000 }) }, 1_000);
  bench.answer('ready', 40);
  bench.feed({ kind: 'woke' }, 60);
  expect(ofBench(bench)).toMatchObject({ speculatedMs: 100, groundedMs: 500 + 10_000 + 100 });
});

test('where nothing has a price, parked time counts nothing', () => {
  const free = { ...settings, hotMicrosPerSecond: 0, parkedMicrosPerSecond: 0 };
  expect(speculationOf(free, emptyLedger, [makeReplica('parked')], t0 + 900)).toMatchObject({
    speculatedMs: 0,
    groundedMs: 0,
  });
});
