// Storms against the line, the limit of the retries and the deadlines: goodput stays flat far beyond capacity, a storm leaves nothing
// behind, what matters is served, a noisy neighbour is alone with its noise. Each beside the gateway without the rule, which fails.
import { describe, expect, test } from 'vitest';
import { CoreGateway, DirectGateway, FifoGateway } from '../../src/sim/resilience/storm-gateways.ts';
import {
  runStorm,
  type StormCount,
  type StormGateway,
  type StormPorts,
  type StormScenario,
} from '../../src/sim/resilience/storm-world.ts';

const base: StormScenario = {
  seed: 1,
  slots: 40,
  serviceMs: 400,
  load: [{ fromMs: 0, factor: 1 }],
  working: [{ fromMs: 0, share: 1 }],
  deadlineMs: 5_000,
  serverQueueMax: 400,
  clientRetries: 2,
  heedsRetryAfter: false,
  tenants: [{ name: 'a', share: 1, criticality: 'default' }],
  endMs: 60_000,
};
const capacity = (base.slots * 1_000) / base.serviceMs;
const core = (ports: StormPorts): StormGateway =>
  new CoreGateway(ports, { queueMax: 1_000, waitTargetMs: 200, needMs: 200 });
const fifo = (ports: StormPorts): StormGateway => new FifoGateway(ports);
const direct =
  (budgeted: boolean) =>
  (ports: StormPorts): StormGateway =>
    new DirectGateway(ports, { attemptMs: 1_500, attemptsMax: 3, budgeted });
const sum = (series: readonly number[], from: number, to: number): number =>
  series.slice(from, to).reduce((total, each) => total + each, 0);
const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(0.99 * values.length)] ?? Infinity;
const goodput = (count: StormCount): number => sum(count.goodAt, 10, 60) / 50 / capacity;
const success = (count: StormCount, from: number, to: number): number =>
  sum(count.good, from, to) / sum(count.fresh, from, to);

describe('far beyond capacity, with clients that come back twice at once', () => {
  const offered = [2, 5, 10, 20];
  const runs = offered.map((factor) => runStorm({ ...base, load: [{ fromMs: 0, factor }] }, core));

  test('goodput is at least 95 % of capacity and flat', () => {
    const goodputs = runs.map(goodput);
    expect(Math.min(...goodputs)).toBeGreaterThanOrEqual(0.95);
    expect(Math.min(...goodputs) / Math.max(...goodputs)).toBeGreaterThanOrEqual(0.95);
  });

  test('who is accepted waits at most as long as the unloaded first token again', () => {
    const unloaded = p99(runStorm({ ...base, load: [{ fromMs: 0, factor: 0.3 }] }, core).firstTokensMs);
    for (const run of runs) expect(p99(run.firstTokensMs)).toBeLessThanOrEqual(2 * unloaded);
  });

  test('no call is made with less time left than a first token takes', () => {
    for (const run of runs) expect(run.hopeless).toBe(0);
  });

  test('isolates that refuse by themselves ask the pool for about twice what it serves, and cost no goodput', () => {
    const gateways: CoreGateway[] = [];
    const run = runStorm({ ...base, load: [{ fromMs: 0, factor: 20 }] }, (ports) => {
      const settings = { queueMax: 1_000, waitTargetMs: 200, needMs: 200, early: true };
      const gateway = new CoreGateway(ports, settings);
      gateways.push(gateway);
      return gateway;
    });
    expect(goodput(run)).toBeGreaterThanOrEqual(0.95);
    expect((gateways[0]?.calls ?? Infinity) / 60 / capacity).toBeLessThan(3);
  });

  test('the control: first come, first served, ten thousand may wait, no deadline is looked at', () => {
    const run = runStorm({ ...base, load: [{ fromMs: 0, factor: 2 }] }, fifo);
    expect(goodput(run)).toBeLessThan(0.1);
    expect(run.hopeless).toBeGreaterThan(1_000);
  });
});

describe('a minute of ten times the load with half of the slots gone', () => {
  const storm: StormScenario = {
    ...base,
    load: [
      { fromMs: 0, factor: 0.7 },
      { fromMs: 20_000, factor: 10 },
      { fromMs: 80_000, factor: 0.7 },
    ],
    working: [
      { fromMs: 0, share: 1 },
      { fromMs: 20_000, share: 0.5 },
      { fromMs: 80_000, share: 1 },
    ],
    endMs: 200_000,
  };

  test('leaves nothing behind: at once all are served again, whatever the seed', () => {
    for (let seed = 1; seed <= 6; seed += 1)
      expect(success(runStorm({ ...storm, seed, endMs: 100_000 }, core), 81, 94)).toBeGreaterThanOrEqual(
        0.999,
      );
  });

  test('the control without deadlines never comes back', () => {
    expect(success(runStorm(storm, fifo), 140, 190)).toBeLessThan(0.1);
  });

  test('retries without a budget keep a server down that is fast enough; with the budget it comes back', () => {
    const own = { ...storm, clientRetries: 0 };
    expect(success(runStorm(own, direct(false)), 140, 190)).toBeLessThan(0.9);
    expect(success(runStorm(own, direct(true)), 140, 190)).toBeGreaterThanOrEqual(0.999);
  });
});

describe('at twice the capacity', () => {
  test('what is critical is served, and nothing of it is shed while sheddable work is admitted', () => {
    const scenario: StormScenario = {
      ...base,
      clientRetries: 0,
      load: [{ fromMs: 0, factor: 2 }],
      tenants: [
        { name: 'critical', share: 0.45, criticality: 'critical' },
        { name: 'default', share: 0.25, criticality: 'default' },
        { name: 'sheddable', share: 0.3, criticality: 'sheddable' },
      ],
    };
    const { byTenant } = runStorm(scenario, core);
    const critical = byTenant.get('critical');
    expect((critical?.good ?? 0) / ((critical?.fresh ?? 1) - capacity)).toBeGreaterThanOrEqual(0.999);
    expect(critical?.shed).toBe(0);
    expect(p99(critical?.sentMs ?? [])).toBeLessThan(base.deadlineMs / 4);
    expect(byTenant.get('sheddable')?.good).toBeLessThan(0.05 * (byTenant.get('sheddable')?.fresh ?? 0));
  });

  test('quick work never waits behind slow work', () => {
    const scenario: StormScenario = {
      ...base,
      load: [{ fromMs: 0, factor: 2 }],
      tenants: [
        { name: 'dialogue', share: 0.9, criticality: 'default' },
        { name: 'embedder', share: 0.1, criticality: 'default', quick: true },
      ],
    };
    const quick = runStorm(scenario, core).byTenant.get('embedder');
    expect(p99(quick?.sentMs ?? [])).toBeLessThan(50);
    const behind = runStorm(scenario, fifo).byTenant.get('embedder');
    expect(behind?.good).toBeLessThan(0.2 * (quick?.good ?? 0));
  });
});

describe('a neighbour at fifty times its share', () => {
  const others = Array.from({ length: 9 }, (_, at) => ({ name: `t${at}`, criticality: 'default' as const }));
  const alone: StormScenario = {
    ...base,
    clientRetries: 0,
    load: [{ fromMs: 0, factor: 0.63 }],
    tenants: others.map((tenant) => ({ ...tenant, share: 1 / 9 })),
  };
  const factor = 0.63 + 0.07 * 50;
  const noisy: StormScenario = {
    ...alone,
    load: [{ fromMs: 0, factor }],
    tenants: [
      ...others.map((tenant) => ({ ...tenant, share: 0.07 / factor })),
      { name: 'noisy', share: (0.07 * 50) / factor, criticality: 'default' },
    ],
  };
  const served = (count: StormCount): number => {
    const tenants = others.map(({ name }) => count.byTenant.get(name));
    return (
      tenants.reduce((total, each) => total + (each?.good ?? 0), 0) /
      tenants.reduce((total, each) => total + (each?.fresh ?? 0), 0)
    );
  };
  const waits = (count: StormCount): number =>
    p99(others.flatMap(({ name }) => count.byTenant.get(name)?.sentMs ?? []));

  test('leaves the others at least 95 % of what they have alone, at 1.5 times their first token', () => {
    const [solo, beside] = [runStorm(alone, core), runStorm(noisy, core)];
    expect(served(beside) / served(solo)).toBeGreaterThanOrEqual(0.95);
    expect(waits(beside)).toBeLessThanOrEqual(1.5 * waits(solo));
  });

  test('the control: one line for all', () => {
    expect(served(runStorm(noisy, fifo))).toBeLessThan(0.5);
  });
});
