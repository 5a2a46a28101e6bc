// When a second replica is asked: only where there is room for it at that moment, and always another one.
import { beforeEach, expect, it } from 'vitest';
import { STEADFAST_POLICY } from '../../../src/hosts/attempt-target.ts';
import type { DispatchPorts } from '../../../src/hosts/dispatch.ts';
import type { CallEnd, SlotRequest } from '../../../src/hosts/ports.ts';
import type { PoolSight } from '../../../src/hosts/pool-news.ts';
import { ANSWER, AttemptBench, never, say, type Script } from './attempt-bench.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

let bench: AttemptBench;
beforeEach(() => {
  bench = new AttemptBench();
});

const well = say();
const late: Script = (res, ask) => void setTimeout(() => well(res, ask), 90);
const policy = { ...STEADFAST_POLICY, hedge: { afterMs: 30 } };
const limits = { firstTokenMs: 1_000, idleMs: 150 };
const roomy: PoolSight = { firstTokenMsP50: 10, firstTokenMsP95: 30, fill: 0.5, replicas: 2 };

interface Outcome {
  readonly asked: readonly SlotRequest[];
  readonly text: string;
}

async function serve(scripts: readonly Script[], ports: Partial<DispatchPorts>): Promise<Outcome> {
  const asked: SlotRequest[] = [];
  await bench.start({ pools: { 'a@1': scripts }, limits, request: { policy } });
  const inner = bench.ports();
  const outcome = await bench.dispatchWith({
    ...inner,
    acquire: (slot, signal) => {
      asked.push(slot);
      return inner.acquire(slot, signal);
    },
    ...ports,
  });
  const text = outcome.kind === 'stream' ? await new Response(outcome.body).text() : outcome.kind;
  await bench.settled();
  return { asked, text };
}

const answered = expect.stringContaining(ANSWER.split(' ').at(-1) ?? '') as unknown;

it('a pool with room is asked for another replica, which answers, and the first slot goes back', async () => {
  const { asked, text } = await serve([never, well], { sight: () => roomy });
  expect(text).toEqual(answered);
  expect(asked.map(({ avoid, canGoElsewhere }) => [avoid ?? [], canGoElsewhere ?? false])).toEqual([
    [[], false],
    [['a@1/1'], true],
  ]);
  expect(bench.reports).toMatchObject([
    { kind: 'first', replicaId: 'a@1/1', outcome: 'superseded' },
    { kind: 'hedge', replicaId: 'a@1/2', outcome: 'answered' },
  ]);
  await expect.poll(() => bench.pool('a@1').open()).toBe(0);
});

it('its slot is waited for a moment, and its answer may take as long as the request has', async () => {
  const { asked } = await serve([never, well], { sight: () => roomy });
  const [first, rival] = asked;
  expect(rival?.deadlineMs).toBe(first?.deadlineMs);
  expect(first?.slotByMs).toBeUndefined();
  expect(rival?.slotByMs).toBeLessThan(rival?.deadlineMs ?? 0);
});

it.each<readonly [string, Partial<DispatchPorts>]>([
  ['the pool is nearly full', { sight: () => ({ ...roomy, fill: 0.81 }) }],
  ['it has one replica', { sight: () => ({ ...roomy, replicas: 1 }) }],
  ['half of the budget is spent', { budget: { take: () => true, left: () => 0.49 } }],
  [
    'the time left is shorter than a first token takes',
    { sight: () => ({ ...roomy, firstTokenMsP50: 9e9 }) },
  ],
])('none is asked for where %s', async (_name, ports) => {
  const { asked, text } = await serve([late, well], ports);
  expect(asked).toHaveLength(1);
  expect(text).toEqual(answered);
});

it('room that is there when the route is planned and gone when the time comes is not taken', async () => {
  let fill = 0;
  const { asked } = await serve([late, well], {
    sight: () => ({ ...roomy, fill }),
    fetch: (url, init) => {
      fill = 1;
      return fetch(url, init);
    },
  });
  expect(asked).toHaveLength(1);
});

it('one that showed nothing until another answered is told as slow: behind hedges a dead replica would never be found', async () => {
  const ends: (CallEnd | undefined)[] = [];
  await serve([never, well], {
    sight: () => roomy,
    release: (grant, outcome, end) => {
      ends.push(end);
      bench.ports().release(grant, outcome, end);
    },
  });
  expect(ends.map((end) => end?.report?.outcome)).toEqual(['slow', 'ok']);
});

/** Later than the second look at whether there is room. */
const veryLate: Script = (res, ask) => void setTimeout(() => well(res, ask), 400);

it('an allowance that was spent is asked for again, and what comes of it answers', async () => {
  const taken: string[] = [];
  const take = (kind: string): boolean => taken.push(kind) > 1;
  const { asked, text } = await serve([veryLate, well, well], { sight: () => roomy, budget: { take } });
  expect(text).toEqual(answered);
  expect(taken).toEqual(['hedge', 'hedge']);
  expect(asked).toHaveLength(3);
  expect(bench.reports).toMatchObject([
    { kind: 'first', outcome: 'superseded' },
    { kind: 'hedge', outcome: 'answered' },
  ]);
  await expect.poll(() => bench.pool('a@1').open()).toBe(0);
});

it('beside a replica that is left out meanwhile another one is asked as after a failure, though nothing is left for speed', async () => {
  const taken: string[] = [];
  const inner = bench.ports().health;
  const { text } = await serve([never, well], {
    sight: () => ({ ...roomy, fill: 1 }),
    budget: { take: (kind) => taken.push(kind) > 0, left: () => 0 },
    health: {
      overdueMs: () => null,
      begin: () => undefined,
      firstToken: () => undefined,
      report: () => undefined,
      endProbe: () => undefined,
      ...inner,
      isLeftOut: ({ replicaId }) => replicaId === 'a@1/1',
    },
  });
  expect(text).toEqual(answered);
  expect(taken).toEqual(['retry']);
});

it('a second replica that was not to be had is asked for again', async () => {
  const asked: SlotRequest[] = [];
  await bench.start({ pools: { 'a@1': [never, well] }, limits, request: { policy } });
  const inner = bench.ports();
  const outcome = await bench.dispatchWith({
    ...inner,
    sight: () => roomy,
    acquire: (slot, signal) => {
      asked.push(slot);
      // The first ask for a second one finds no slot in its time.
      if (asked.length === 2) return Promise.resolve({ ok: false, error: { kind: 'deadline' } });
      return inner.acquire(slot, signal);
    },
  });
  const text = outcome.kind === 'stream' ? await new Response(outcome.body).text() : outcome.kind;
  await bench.settled();
  expect(text).toEqual(answered);
  expect(asked).toHaveLength(3);
  expect(bench.reports.filter(({ kind }) => kind === 'hedge')).toMatchObject([
    { replicaId: 'a@1/2', outcome: 'answered' },
  ]);
  await expect.poll(() => bench.pool('a@1').open()).toBe(0);
});
