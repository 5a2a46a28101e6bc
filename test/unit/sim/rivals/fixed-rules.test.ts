// The rivals that do not forecast: static provisioning, scale to zero, always on, ski-rental.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planEnvelope, SkiRental } from '../../../../src/sim/rivals/ski-rental.ts';
import { clumpy, dayMs, hotOnly, replay, withParking, workloadOf, type Row } from './rival-fixtures.ts';

describe('scale to zero', () => {
  test('never idles, and every request waits for a whole load', () => {
    const { gpuSeconds, cold, requests, wait } = replay('zero', clumpy(1, 1));
    expect(gpuSeconds.idle).toBe(0);
    expect(cold).toBe(requests);
    expect(wait.mean).toBe(20);
  });
});

describe('always on', () => {
  test('one replica per pool idles from the start to the end', () => {
    const { gpuSeconds, cold } = replay('always-on', workloadOf([[100, 10]], { pools: 2 }));
    expect(cold).toBe(0);
    expect(gpuSeconds).toMatchObject({ load: 40, busy: 10, idle: 2 * (dayMs / 1000 - 20) - 10 });
  });
});

describe('static provisioning', () => {
  test('holds its count all the time, and no more than it', () => {
    const rows: Row[] = [
      [100, 50],
      [101, 50],
      [102, 50],
    ];
    const { gpuSeconds, cold, starts } = replay('static:2', workloadOf(rows));
    expect({ cold, starts }).toEqual({ cold: 1, starts: 3 });
    // With the third still loading at 150 s, the first to end is one too many; the third takes its place when it ends, at 172 s.
    expect(gpuSeconds.idle).toBeCloseTo(2 * (dayMs / 1000 - 20) - 100 - 22, 6);
  });

  const busyPast = workloadOf(
    [
      [10, 100],
      [20, 100],
      [30, 100, 1],
    ],
    { pools: 3 },
  );
  const quiet = workloadOf([[500, 10]], { pools: 3 });

  test('at peak every pool has what it needed at most, and one when it needed none', () => {
    expect(replay('static:peak', quiet, { history: busyPast }).starts).toBe(2 + 1 + 1);
  });

  test('what lies more than seven days back does not count', () => {
    const old = { ...busyPast, endMs: 9 * dayMs };
    expect(replay('static:peak', quiet, { history: old }).starts).toBe(3);
  });

  test('a share of the time takes the concurrency that sufficed for that share', () => {
    const halfBusy = workloadOf([
      [0, 43_300],
      [0, 10_000],
    ]);
    const starts = (spec: string): number =>
      replay(spec, workloadOf([[500, 10]]), { history: halfBusy }).starts;
    // One was enough for 88 % of the day, none for half of it but a little.
    expect([starts('static-pct:90'), starts('static-pct:80')]).toEqual([2, 1]);
    expect(replay('static-pct:40', workloadOf([[500, 10]]), { history: halfBusy }).gpuSeconds.idle).toBe(0);
  });
});

const gapMs = fc.integer({ min: 0, max: 1_000_000 });
const gammaOf = fc.integer({ min: 0, max: 200 });

/** What an idle gap costs in ms at hot price: keeping, then the load or wake that its end needs. */
function costOfGap(
  gap: number,
  windows: { parkAfterMs: number; stopAfterMs: number },
  gamma: number,
): number {
  const { loadMs, wakeMs, parkedShare } = withParking;
  const hotMs = Math.min(gap, windows.parkAfterMs, windows.stopAfterMs);
  const parkedMs = Math.max(0, Math.min(gap, windows.stopAfterMs) - hotMs);
  const again = gap > windows.stopAfterMs ? loadMs : gap > windows.parkAfterMs ? (wakeMs ?? 0) : 0;
  return hotMs + parkedShare * parkedMs + (1 + gamma) * again;
}

describe('ski-rental', () => {
  test('without parking it is fixed keep-alive at (1 + gamma) loads', () => {
    const workload = clumpy(2, 2);
    const [ski, fixed] = [replay('ski:29', workload), replay('fixed:600', workload)];
    expect({ ...ski, policy: '' }).toEqual({ ...fixed, policy: '' });
  });

  test('without a gamma it takes the fleet’s', () => {
    const workload = clumpy(2, 2);
    expect({ ...replay('ski', workload), policy: '' }).toEqual({ ...replay('ski:30', workload), policy: '' });
  });

  test('no gap costs more than twice what foresight would pay, with parking or without', () => {
    fc.assert(
      fc.property(gapMs, gammaOf, fc.boolean(), (gap, gamma, parks) => {
        const figures = parks ? withParking : hotOnly;
        const windows = planEnvelope(figures, gamma);
        const foresight = [
          { parkAfterMs: Infinity, stopAfterMs: Infinity },
          { parkAfterMs: Infinity, stopAfterMs: 0 },
          ...(parks ? [{ parkAfterMs: 0, stopAfterMs: Infinity }] : []),
        ].map((choice) => costOfGap(gap, choice, gamma));
        expect(costOfGap(gap, windows, gamma)).toBeLessThanOrEqual(2 * Math.min(...foresight) + 1e-6);
      }),
    );
  });

  test('parking that is no cheaper than staying hot, or as slow as a load, is not used', () => {
    const never = { parkAfterMs: Infinity, stopAfterMs: 620_000 };
    expect(planEnvelope({ ...withParking, parkedShare: 1 }, 30)).toEqual(never);
    expect(planEnvelope({ ...withParking, wakeMs: 20_000 }, 30)).toEqual(never);
  });

  test('a parked second that costs nothing is kept for ever', () => {
    expect(planEnvelope({ ...withParking, parkedShare: 0 }, 30).stopAfterMs).toBe(Infinity);
  });

  test('randomised windows lie within the deterministic ones and differ', () => {
    const policy = new SkiRental('ski-random', { gamma: 30, seed: 1 });
    const fleet = { figures: hotOnly } as never;
    const drawn = Array.from({ length: 100 }, () => policy.windows(0, fleet).stopAfterMs);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(620_000);
    expect(new Set(drawn).size).toBeGreaterThan(90);
  });
});
