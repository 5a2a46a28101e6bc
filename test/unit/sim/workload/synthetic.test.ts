// The synthetic twin has the character of the trace it is modelled on, for any seed.
import { expect, test } from 'vitest';
import { runReplay } from '../../../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../../../src/sim/replay/workload.ts';
import { fixedKeepAlive } from '../../../../src/sim/rivals/fixed-windows.ts';
import { renderReplay } from '../../../../src/sim/workload/render-replay.ts';
import { drawSynthetic } from '../../../../src/sim/workload/synthetic.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const seeds = [1, 2, 3];
const twins = seeds.map((seed) => drawSynthetic({ seed }));

const countBy = (column: Iterable<number>, size: number, bin: (value: number) => number): number[] => {
  const counts = Array.from({ length: size }, () => 0);
  for (const value of column) counts[bin(value)] = (counts[bin(value)] ?? 0) + 1;
  return counts;
};
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const quantile = (column: Float64Array, share: number): number =>
  column.toSorted()[Math.floor(share * column.length)] ?? 0;
const perDay = (twin: Workload): number[] =>
  countBy(twin.arrivalMs, twin.endMs / dayMs, (ms) => Math.floor(ms / dayMs));

test('the same options give the same bytes, another seed other ones', () => {
  const text = (seed: number): string => [...renderReplay(drawSynthetic({ seed, days: 3 }))].join('');
  expect(text(7)).toBe(text(7));
  expect(text(7)).not.toBe(text(8));
});

test.each(twins)('two weeks: a slow start, full weekdays, thin Saturdays (seed %#)', (twin) => {
  expect(twin.endMs).toBe(14 * dayMs);
  const days = perDay(twin);
  expect(sum(days.slice(0, 4))).toBeLessThan(700);
  const weekdays = [6, 7, 10, 11, 12, 13].map((day) => days[day] ?? 0);
  expect(sum(weekdays) / 6).toBeGreaterThan(1200);
  expect(sum(weekdays) / 6).toBeLessThan(2000);
  expect(days[8]).toBeLessThan(700);
});

test.each(twins)(
  'nothing happens from 9 to 15, a third of the day falls into the evening (seed %#)',
  (twin) => {
    const hours = countBy(twin.arrivalMs, 24, (ms) => Math.floor(ms / hourMs) % 24);
    const share = (from: number, to: number): number => sum(hours.slice(from, to)) / twin.pool.length;
    expect(share(9, 15)).toBeLessThan(0.02);
    expect(share(21, 24)).toBeGreaterThan(0.33);
    const hourly = countBy(twin.arrivalMs, 14 * 24, (ms) => Math.floor(ms / hourMs));
    const empty = hourly.filter((count) => count === 0).length / hourly.length;
    expect(empty).toBeGreaterThan(0.25);
    expect(empty).toBeLessThan(0.5);
  },
);

test.each(twins)('popularity, tenants and execution times are those of the trace (seed %#)', (twin) => {
  const models = countBy(twin.pool, twin.pools.length, (pool) => pool).sort((a, b) => b - a);
  expect(twin.pools.length).toBeGreaterThan(60);
  const top5 = sum(models.slice(0, 5)) / twin.pool.length;
  expect(top5).toBeGreaterThan(0.6);
  expect(top5).toBeLessThan(0.74);
  expect(twin.tenants.length).toBeGreaterThan(1900);
  expect(twin.tenants.length).toBeLessThan(2700);
  expect(Math.abs(quantile(twin.execMs, 0.5) / 22_000 - 1)).toBeLessThan(0.15);
  expect(Math.abs(quantile(twin.execMs, 0.95) / 61_000 - 1)).toBeLessThan(0.15);
});

test.each(twins)('fixed keep-alives find as many cold starts as on the trace (seed %#)', (workload) => {
  const figures = { loadMs: 23_000, wakeMs: null, parkedShare: 0, gamma: 10 };
  const coldPercent = (seconds: number): number =>
    100 * runReplay({ workload, figures, policy: fixedKeepAlive(seconds) }).coldShare;
  // On the trace: 56.9, 23.4 and 10.2.
  expect(Math.abs(coldPercent(60) - 57)).toBeLessThan(5);
  expect(Math.abs(coldPercent(600) - 23.4)).toBeLessThan(4);
  expect(Math.abs(coldPercent(3600) - 10.2)).toBeLessThan(3);
});

test('options scale what they name', () => {
  const half = drawSynthetic({
    seed: 1,
    rampDays: 0,
    days: 14,
    requestsPerDay: 800,
    models: 20,
    tenants: 300,
  });
  expect(half.pools.length).toBeLessThanOrEqual(20);
  expect(half.tenants.length).toBeGreaterThan(150);
  expect(half.tenants.length).toBeLessThan(450);
  const full = drawSynthetic({ seed: 1, rampDays: 0, days: 14, requestsPerDay: 1600 });
  expect(perDay(full)[0]).toBeGreaterThan(700);
  expect(full.pool.length / half.pool.length).toBeGreaterThan(1.5);
  expect(full.pool.length / half.pool.length).toBeLessThan(2.7);
});
