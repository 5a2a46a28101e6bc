// How a pool keeps its planner up to date: one call at a time, at a bounded pace, and never a change that nobody hears of.
import { describe, expect, test } from 'vitest';
import { paceMs, PlanTeller, roundsMax } from '../../../src/hosts/plan-teller.ts';
import { makePlan } from '../pool/pool-fixtures.ts';
import { makeReport } from '../warming/brain-fixtures.ts';
import type { WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import { ManualTime } from './manual-time.ts';

class World {
  readonly time = new ManualTime();
  readonly heardAtMs: number[] = [];
  readonly sinceSeqs: number[] = [];
  readonly taken: WarmthPlan[] = [];
  open = 0;
  mostOpen = 0;
  answerMs = 10;
  fails = false;
  cannotReport = false;
  plan: WarmthPlan | null = makePlan(1);
  onHear: () => void = () => undefined;

  readonly teller = new PlanTeller({
    report: (sinceSeq) => {
      if (this.cannotReport) throw new Error('no rows');
      this.sinceSeqs.push(sinceSeq);
      return makeReport(this.time.nowMs);
    },
    hear: async () => {
      this.heardAtMs.push(this.time.nowMs);
      this.open += 1;
      this.mostOpen = Math.max(this.mostOpen, this.open);
      this.onHear();
      await this.time.sleep(this.answerMs);
      this.open -= 1;
      if (this.fails) throw new Error('no planner');
      return this.plan;
    },
    take: (plan) => void this.taken.push(plan),
    wait: (ms) => this.time.sleep(ms),
  });
}

test('a change is told once, and the plan that comes back is taken up', async () => {
  const world = new World();
  void world.teller.tell();
  await world.time.advance(10_000);
  expect(world.heardAtMs).toHaveLength(1);
  expect(world.taken).toEqual([makePlan(1)]);
});

test('a planner without a plan leaves the pool as it is', async () => {
  const world = new World();
  world.plan = null;
  void world.teller.tell();
  await world.time.advance(10_000);
  expect(world.taken).toEqual([]);
});

test('no port is called before the change is done that is told of', () => {
  const world = new World();
  void world.teller.tell();
  expect(world.sinceSeqs).toEqual([]);
});

test('however many changes come during a call, one more call follows, from where the first one ended', async () => {
  const world = new World();
  void world.teller.tell();
  await world.time.advance(5);
  for (let change = 0; change < 9; change += 1) void world.teller.tell();
  await world.time.advance(10_000);
  expect(world.heardAtMs).toHaveLength(2);
  expect(world.sinceSeqs).toEqual([0, 1_000_000]);
  expect(world.mostOpen).toBe(1);
});

test('a change that comes after the answer waits out the pace as well', async () => {
  const world = new World();
  void world.teller.tell();
  await world.time.advance(world.answerMs + 1);
  void world.teller.tell();
  await world.time.advance(10_000);
  const [first = 0, second = 0] = world.heardAtMs;
  expect(second - first).toBe(world.answerMs + paceMs);
});

test('a pool that changes at every call is told of in bounded rounds, and the next change begins anew', async () => {
  const world = new World();
  world.onHear = () => void world.teller.tell();
  void world.teller.tell();
  await world.time.advance(1_000_000);
  expect(world.heardAtMs).toHaveLength(roundsMax);
  world.onHear = () => undefined;
  void world.teller.tell();
  await world.time.advance(10_000);
  expect(world.heardAtMs).toHaveLength(roundsMax + 1);
});

describe('a planner that fails', () => {
  test('harms nobody, and hears everything at the next change', async () => {
    const world = new World();
    world.fails = true;
    const told = world.teller.tell();
    await world.time.advance(10_000);
    await expect(told).resolves.toBeUndefined();
    world.fails = false;
    void world.teller.tell();
    await world.time.advance(10_000);
    expect(world.sinceSeqs).toEqual([0, 0]);
    expect(world.taken).toHaveLength(1);
  });

  test('is told again at once of what changed meanwhile', async () => {
    const world = new World();
    world.fails = true;
    void world.teller.tell();
    await world.time.advance(5);
    void world.teller.tell();
    await world.time.advance(10_000);
    expect(world.heardAtMs).toHaveLength(2);
  });
});

test('a pool that cannot be read is told of at the next change', async () => {
  const world = new World();
  world.cannotReport = true;
  void world.teller.tell();
  await world.time.advance(10_000);
  world.cannotReport = false;
  void world.teller.tell();
  await world.time.advance(10_000);
  expect(world.taken).toHaveLength(1);
});
