// The rivals that learn idle times: hybrid histogram, per-pool best threshold, greedy-dual; and the tables they learn into.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runReplay } from '../../../../src/sim/replay/run-replay.ts';
import { GapTable } from '../../../../src/sim/rivals/gap-table.ts';
import { GreedyDual } from '../../../../src/sim/rivals/greedy-dual.ts';
import { IdleGaps } from '../../../../src/sim/rivals/idle-gaps.ts';
import { walkPast } from '../../../../src/sim/rivals/past-events.ts';
import {
  hotOnly,
  hour,
  minute,
  regular,
  replay,
  withParking,
  workloadOf,
  type Row,
} from './rival-fixtures.ts';

describe('the past', () => {
  test('is walked in order of time, ends before arrivals, and nothing runs on beyond it', () => {
    const seen: string[] = [];
    const past = (
      atMs: number,
      execMs: number,
    ): { atMs: number; pool: number; tenant: number; execMs: number } => ({
      atMs,
      execMs,
      pool: 0,
      tenant: 0,
    });
    walkPast(
      { arrivals: [past(0, 10), past(5, 5), past(10, 100), past(20, 1)], endMs: 50 },
      {
        arrival: (_pool, atMs) => seen.push(`+${atMs}`),
        end: (_pool, atMs) => seen.push(`-${atMs}`),
      },
    );
    expect(seen.join(' ')).toBe('+0 +5 -10 -10 +10 +20 -21 -50');
  });
});

describe('idle gaps', () => {
  test('belong to levels: the replica released last is the one that is used next', () => {
    const gaps = new IdleGaps(1);
    expect(gaps.arrive(0, 0)).toBeNull();
    expect(gaps.arrive(0, 0)).toBeNull();
    gaps.end(0, 10);
    gaps.end(0, 30);
    expect(gaps.arrive(0, 100)).toBe(70);
    expect(gaps.arrive(0, 100)).toBe(90);
  });
});

describe('gap table', () => {
  const expectedCost = (gaps: readonly number[], windowMs: number, missCost: number): number =>
    gaps.reduce((sum, gap) => sum + Math.min(gap, windowMs) + (gap > windowMs ? missCost : 0), 0) /
    gaps.length;

  test('its window costs no more on the gaps seen than any other, but for the width of a bin', () => {
    const gap = fc.integer({ min: 1, max: 40_000_000 });
    fc.assert(
      fc.property(
        fc.array(gap, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 5_000_000 }),
        (gaps, miss) => {
          const table = new GapTable(1, 0);
          for (const each of gaps) table.add(0, each);
          const best = expectedCost(gaps, table.bestWindow(0, { pricePerMs: 1, missCost: miss }), miss);
          // A bin is a quarter of an octave wide, so a window that ends in one pays at most that much more; the first ends at a second.
          const others = [0, ...gaps].map((windowMs) => expectedCost(gaps, windowMs, miss));
          expect(best).toBeLessThanOrEqual(Math.min(...others) * 2 ** 0.25 + 1000);
        },
      ),
    );
  });

  test('without any gap its window is ski-rental’s', () => {
    expect(new GapTable(1, 8).bestWindow(0, { pricePerMs: 0.5, missCost: 100 })).toBe(200);
  });

  test('a pool without a past follows all pools, one with a past its own', () => {
    const table = new GapTable(3, 4);
    for (let at = 0; at < 100; at += 1) {
      table.add(0, 30_000);
      table.add(1, 7_200_000);
    }
    const price = { pricePerMs: 1, missCost: 600_000 };
    expect(table.bestWindow(0, price)).toBeCloseTo(32_000, -3);
    expect(table.bestWindow(1, price)).toBeLessThan(1000);
    expect(table.bestWindow(2, price)).toBeCloseTo(32_000, -3);
  });
});

describe('best threshold', () => {
  const rows = [...regular(10 * minute, 10, { days: 2 }), ...regular(3 * hour, 10, { days: 2, pool: 1 })];
  const history = workloadOf(rows, { pools: 2, days: 2 });

  test('keeps the pool whose gaps are worth it and lets the other go', () => {
    const { cold, requests, gpuSeconds } = replay('threshold:40', history, { history });
    expect(requests - cold).toBe(2 * 144 - 1);
    expect(gpuSeconds.idle).toBeLessThan(2 * 24 * hour);
  });

  test('with parking it parks the pool whose gaps are long and never pays for a load again', () => {
    const { cold, woken } = replay('threshold:200', history, { history, figures: withParking });
    expect(cold).toBe(2);
    expect(woken).toBeGreaterThanOrEqual(15);
  });
});

describe('hybrid histogram', () => {
  const history = workloadOf(regular(30 * minute, 10, { days: 2 }), { days: 2 });

  test('unloads between requests half an hour apart and is back before each', () => {
    const { cold, prewarms, gpuSeconds } = replay('histogram:99', history, { history });
    expect(cold).toBe(1);
    expect(prewarms).toMatchObject({ useful: 95 });
    expect(gpuSeconds.idle).toBeLessThan(96 * 6 * minute);
  });

  test('keeps without a break what comes again within the first minute', () => {
    const often = workloadOf(regular(50, 10));
    const { cold, starts } = replay('histogram:99', often, { history: often });
    expect({ cold, starts }).toEqual({ cold: 1, starts: 1 });
  });

  test('keeps a pool whose idle times are mostly out of range for ten minutes', () => {
    const rare = workloadOf(regular(6 * hour, 10, { days: 4 }), { days: 4 });
    expect(replay('histogram:99', rare, { history: rare }).gpuSeconds.idle).toBeCloseTo(16 * 10 * minute, 6);
  });

  test('keeps an unknown pool for the whole range', () => {
    expect(replay('histogram:99', workloadOf([[0, 10]])).gpuSeconds.idle).toBeCloseTo(4 * hour, 6);
  });
});

describe('greedy-dual', () => {
  const run = (
    rows: readonly Row[],
    cap: number,
  ): { policy: GreedyDual; result: ReturnType<typeof runReplay> } => {
    const policy = new GreedyDual('faascache', 3, cap);
    return {
      policy,
      result: runReplay({ workload: workloadOf(rows, { pools: 3 }), figures: hotOnly, policy }),
    };
  };

  test('nothing ends while there is room', () => {
    const { policy, result } = run(
      [
        [0, 10],
        [100, 10, 1],
        [20_000, 10, 2],
        [80_000, 10],
      ],
      3,
    );
    expect(result).toMatchObject({ cold: 3, starts: 3 });
    expect(policy.overCap).toBe(0);
  });

  test('the pool that was used less goes first, however lately it was used', () => {
    const often: Row[] = [
      [0, 10],
      [100, 10],
      [200, 10],
      [300, 10],
    ];
    // Pool 2 evicts pool 1, not pool 0; so pool 0 is hot at 2000.
    expect(run([...often, [1000, 10, 1], [1100, 10, 2], [2000, 10]], 2).result.cold).toBe(3);
  });

  test('a start that finds only busy ones goes over the cap, is counted, and is paid back at the next end', () => {
    const { policy, result } = run(
      [
        [0, 100],
        [10, 100],
        [1000, 10],
      ],
      1,
    );
    expect(policy.overCap).toBe(1);
    expect(result.cold).toBe(2);
    expect(result.gpuSeconds.idle).toBeCloseTo(24 * hour - 120 - 10 - 10, 6);
  });
});
