// The rivals that forecast demand: Knative's autoscaler, Fourier, seasonal floor, model-predictive control; and their parts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { transform } from '../../../../src/sim/rivals/fft.ts';
import { fitHarmonics, forecastAt } from '../../../../src/sim/rivals/harmonic-fit.ts';
import { SlidingMeans } from '../../../../src/sim/rivals/sliding-means.ts';
import { SlotCounts } from '../../../../src/sim/rivals/slot-counts.ts';
import { occupancyAfter } from '../../../../src/sim/rivals/transient-occupancy.ts';
import { clumpy, dayMs, hour, minute, replay, workloadOf, type Row } from './rival-fixtures.ts';

describe('sliding mean', () => {
  test('is the time-weighted mean of the window, but for one bin', () => {
    const means = new SlidingMeans(1, { windowMs: 60_000, bins: 60 });
    means.change(0, 10_000, 2);
    means.change(0, 40_000, -2);
    expect(means.mean(0, 60_000)).toBeCloseTo(60_000 / 59_000, 9);
    expect(means.mean(0, 99_500)).toBeCloseTo(0, 9);
  });

  test('comes back to exactly zero', () => {
    const time = fc.double({ min: 0, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 30 }), (times) => {
        const means = new SlidingMeans(1, { windowMs: 7000, bins: 13 });
        times.sort((a, b) => a - b).forEach((atMs, at) => means.change(0, atMs, at % 2 === 0 ? 1 : -1));
        if (times.length % 2 === 1) means.change(0, 100_000, -1);
        expect(means.mean(0, 108_000)).toBe(0);
      }),
    );
  });
});

describe('slot counts', () => {
  test('average the same slot over the days that were seen, up to seven', () => {
    const slots = new SlotCounts(1, 600_000);
    const at = (day: number): number => day * dayMs + 3 * hour * 1000;
    for (let day = 0; day < 10; day += 1) for (let each = 0; each <= day; each += 1) slots.add(0, at(day));
    expect(slots.meanOfEarlierDays(0, at(9))).toBe((3 + 4 + 5 + 6 + 7 + 8 + 9) / 7);
    expect(slots.meanOfEarlierDays(0, at(9) + 600_000)).toBe(0);
    expect(new SlotCounts(1, 600_000).meanOfEarlierDays(0, at(9))).toBe(0);
  });
});

describe('Fourier', () => {
  test('the transform is that of the definition', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 16, maxLength: 16 }),
        (values) => {
          const [re, im] = [Float64Array.from(values), new Float64Array(16)];
          transform(re, im);
          for (let k = 0; k < 16; k += 1) {
            const angle = (n: number): number => (-2 * Math.PI * k * n) / 16;
            expect(re[k]).toBeCloseTo(
              values.reduce((sum, x, n) => sum + x * Math.cos(angle(n)), 0),
              8,
            );
            expect(im[k]).toBeCloseTo(
              values.reduce((sum, x, n) => sum + x * Math.sin(angle(n)), 0),
              8,
            );
          }
        },
      ),
    );
  });

  test('a length that is no power of two is a bug', () => {
    expect(() => transform(new Float64Array(12), new Float64Array(12))).toThrow('power of two');
  });

  test('a trend with a wave on it is continued', () => {
    const truth = (t: number): number => 3 + t / 512 + 2 * Math.sin((2 * Math.PI * 8 * t) / 512 + 1);
    const fit = fitHarmonics(
      Float64Array.from({ length: 512 }, (_, t) => truth(t)),
      3,
    );
    for (const step of [512, 530, 560])
      expect(Math.abs(forecastAt(fit, step) - truth(step))).toBeLessThan(0.25);
  });

  test('a pool that is busy at the same hours every day has its replica there before', () => {
    const rows: Row[] = [];
    for (let day = 0; day < 4; day += 1)
      for (let at = 9 * hour; at < 17 * hour; at += 2 * minute) rows.push([day * 24 * hour + at, 60]);
    const [history, workload] = [
      workloadOf(rows, { days: 4 }),
      workloadOf(rows.filter(([at]) => at < 24 * hour)),
    ];
    const { cold, prewarms, gpuSeconds } = replay('fft:0.3', workload, { history });
    expect(cold).toBe(0);
    expect(prewarms.useful).toBeGreaterThan(0);
    expect(gpuSeconds.idle).toBeLessThan(9 * hour);
  });
});

describe('Knative', () => {
  test('a pool goes to zero after the stable window and the grace', () => {
    // In flight until 120 s: the window forgets it at 180 s, the grace ends at 210 s; ticks come every 2 s and bins are of 1 s.
    const { gpuSeconds, starts } = replay('kpa:60:100', workloadOf([[0, 100]]));
    expect(starts).toBe(1);
    expect(Math.abs(gpuSeconds.idle - 90)).toBeLessThanOrEqual(4);
  });

  test('a steady request at 70 % utilisation asks for a second pod', () => {
    expect(replay('kpa', workloadOf([[0, 600]])).starts).toBe(2);
  });

  test('a longer stable window keeps longer', () => {
    const idle = (spec: string): number => replay(spec, workloadOf([[0, 100]])).gpuSeconds.idle;
    expect(idle('kpa:600:100')).toBeGreaterThan(idle('kpa:60:100') + 500);
  });
});

describe('seasonal floor', () => {
  const daily = workloadOf(
    Array.from({ length: 7 }, (_, day) => [(24 * day + 9) * hour + 300, 10] as const),
    { days: 7 },
  );

  test('holds a replica in the slot in which something comes every day, and has it ready in time', () => {
    const workload = workloadOf([[9 * hour + 300, 10]]);
    const { cold, prewarms } = replay('seasonal:0.3', workload, { history: daily });
    expect(cold).toBe(0);
    expect(prewarms).toEqual({ useful: 1, wasted: 0 });
  });

  test('beside the floor it is a keep-alive of exactly 300 s', () => {
    const workload = clumpy(3, 2);
    const [seasonal, fixed] = [replay('seasonal:1', workload), replay('fixed:300', workload)];
    expect(seasonal.cold).toBe(fixed.cold);
    expect(seasonal.gpuSeconds.idle).toBeCloseTo(fixed.gpuSeconds.idle, 3);
  });
});

describe('model-predictive control', () => {
  test('the occupancy is a distribution whose mean moves from what is busy to the load', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 300_000 }),
        (busyNow, aheadMs) => {
          const pool = { busyNow, arrivalsPerMs: 1 / 30_000, meanWorkMs: 60_000 };
          const chances = [...occupancyAfter(pool, aheadMs, 40)];
          const stays = Math.exp(-aheadMs / 60_000);
          expect(chances.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
          expect(chances.reduce((sum, p, n) => sum + n * p, 0)).toBeCloseTo(
            busyNow * stays + 2 * (1 - stays),
            9,
          );
        },
      ),
    );
  });

  test('waiting that is worth more is never waited for more, over a sweep', () => {
    const [history, workload] = [clumpy(4, 4), clumpy(5, 2)];
    const waits = [0, 10, 100, 1000, 10_000].map(
      (gamma) => replay(`mpc:${gamma}`, workload, { history }).wait.mean,
    );
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
    expect(waits.at(-1)).toBeLessThan((waits[0] ?? 0) / 4);
  });

  test('a gamma of zero keeps nothing beyond what loads cost', () => {
    const { gpuSeconds } = replay('mpc:0', clumpy(5, 2));
    expect(gpuSeconds.idle).toBeLessThan(2 * gpuSeconds.load);
  });
});
