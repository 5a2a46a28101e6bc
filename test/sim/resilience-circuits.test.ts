// Circuits as isolates and the pool's object play them together, successes told two seconds late: how soon a bad replica is left out, how
// soon it is back, that one probe at a time goes to it whatever the number of isolates, and that nothing opens by chance.
import { describe, expect, test } from 'vitest';
import { must } from '../../src/core/base/assert.ts';
import {
  runCircuits,
  type CircuitCount,
  type CircuitScenario,
  type ReplicaFault,
} from '../../src/sim/resilience/circuit-world.ts';

const fromMs = 10_000;
const untilMs = 20_000;
const base: CircuitScenario = {
  seed: 1,
  isolates: 10,
  replicas: ['r1'],
  perSecond: 50,
  firstTokenMs: 100,
  errorShare: 0.001,
  uncountedShare: 0.05,
  faults: [],
  endMs: 26_000,
};
const seeds = Array.from({ length: 40 }, (_, at) => at + 1);
const faulty = (what: ReplicaFault['what'], by: number): ReplicaFault[] => [
  { what, by, fromMs, untilMs, replicas: ['r1'] },
];
const openedMs = ({ changes }: CircuitCount): number =>
  (changes.find(({ id, closed, atMs }) => id === 'r1' && !closed && atMs >= fromMs)?.atMs ?? Infinity) -
  fromMs;
const closedMs = ({ changes }: CircuitCount): number => {
  const last = changes.findLast(({ id }) => id === 'r1');
  return last?.closed === true ? last.atMs - untilMs : Infinity;
};

describe('at fifty requests a second', () => {
  test.each<[string, ReplicaFault['what'], number, number]>([
    ['dies', 'dead', 0, 400],
    ['fails half of its requests', 'errors', 0.5, 1_000],
    ['fails three of ten', 'errors', 0.3, 2_000],
    ['becomes twenty times as slow', 'slow', 20, 2_000],
  ])(
    'a replica that %s is left out in time, and back within two seconds of its recovery',
    (_, what, by, withinMs) => {
      for (const isolates of [1, 10, 200]) {
        const runs = seeds.map((seed) => runCircuits({ ...base, seed, isolates, faults: faulty(what, by) }));
        expect(Math.max(...runs.map(openedMs))).toBeLessThanOrEqual(withinMs);
        expect(Math.max(...runs.map(closedMs))).toBeLessThanOrEqual(2_000);
        expect(Math.max(...runs.map(({ probesAtOnce }) => probesAtOnce))).toBeLessThanOrEqual(1);
      }
    },
  );

  test.each([0.15, 0.2, 0.3])(
    'a pool that fails a share of %d for ten minutes fails no more requests than extra attempts may be made for',
    (share) => {
      // In ten seconds as many as a quiet window allows, of all requests of all pools.
      const calls = { ...base, perSecond: 15, replicas: ['r1', 'r2'], errorShare: 0, uncountedShare: 0 };
      const faults = [
        { ...must(faulty('errors', share)[0], 'a fault'), replicas: ['r1', 'r2'], untilMs: 610_000 },
      ];
      for (const seed of [1, 2, 3]) {
        const { answers } = runCircuits({ ...calls, seed, faults, endMs: 610_000 });
        const answered = answers.filter(({ atMs }) => atMs >= fromMs).length;
        expect((answered * share) / (1 - share) / 600).toBeLessThan(1.8);
      }
    },
  );

  test('a dead replica is left out after three failures, however long those take to come', () => {
    const runs = seeds.map((seed) => runCircuits({ ...base, seed, faults: faulty('dead', 0) }));
    for (const { changes } of runs) {
      const opened = changes.find(({ closed, atMs }) => !closed && atMs >= fromMs);
      // Calls that were made before the third report had travelled met the dead replica, too.
      expect(opened?.failures).toBeLessThanOrEqual(3 + 2);
    }
  });

  test('the others of its pool serve on: hardly a request fails', () => {
    const replicas = ['r1', 'r2', 'r3', 'r4'];
    const run = runCircuits({
      ...base,
      replicas,
      perSecond: 200,
      errorShare: 0,
      uncountedShare: 0,
      faults: faulty('dead', 0),
    });
    expect(run.failed).toBeLessThanOrEqual(3 + 1 + 20);
    expect(run.health.target.history).toEqual([]);
  });
});

describe('one of eight replicas ten times as slow', () => {
  const replicas = Array.from({ length: 8 }, (_, at) => `r${at + 1}`);
  const scenario = { ...base, replicas, perSecond: 400, faults: faulty('slow', 10) };
  const p99 = ({ answers }: CircuitCount): number => {
    const within = answers.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
    const times = within.map(({ firstTokenMs }) => firstTokenMs);
    return times.toSorted((a, b) => a - b)[Math.floor(0.99 * times.length)] ?? Infinity;
  };

  test('does not show in the 99th percentile of those ten seconds', () => {
    const run = runCircuits(scenario);
    expect(openedMs(run)).toBeLessThan(1_000);
    expect(p99(run)).toBeLessThan(150);
  });

  test('the control: nobody is left out', () => {
    expect(p99(runCircuits(scenario, { ignoreHealth: true }))).toBeGreaterThan(1_000);
  });
});

describe('by chance', () => {
  test('nothing opens in half a million requests, one in a thousand of which fails (less than one in 1.6e5 at 95 %)', () => {
    const runs = [1, 2].map((seed) =>
      runCircuits({ ...base, seed, replicas: ['r1', 'r2'], perSecond: 2_500, endMs: 100_000 }),
    );
    expect(runs.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(490_000);
    expect(runs.flatMap(({ changes }) => changes)).toEqual([]);
  });
});

describe('the checks see their plants', () => {
  test('isolates that probe for themselves', () => {
    const plants = { probeEach: true };
    expect(
      runCircuits({ ...base, isolates: 200, faults: faulty('slow', 20) }, plants).probesAtOnce,
    ).toBeGreaterThan(1);
  });

  test("a client's fault that counts against the replica", () => {
    const run = runCircuits({ ...base, uncountedShare: 0.4 }, { countUncounted: true });
    expect(run.changes.length).toBeGreaterThan(0);
    expect(runCircuits({ ...base, uncountedShare: 0.4 }).changes).toEqual([]);
  });
});
