// The other made-up workloads: each has the one property it is made for, and all are files as good as a trace.
import { describe, expect, test } from 'vitest';
import { parseReplay } from '../../../../src/sim/replay/parse-replay.ts';
import { runReplay } from '../../../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../../../src/sim/replay/workload.ts';
import { fixedKeepAlive } from '../../../../src/sim/rivals/fixed-windows.ts';
import { adversaries, drawAdversarial, type Adversary } from '../../../../src/sim/workload/adversarial.ts';
import { cutDays } from '../../../../src/sim/workload/cut-days.ts';
import { expandFunctions, makeChain3, makeFan3 } from '../../../../src/sim/workload/functions.ts';
import { joinWorkloads } from '../../../../src/sim/workload/join-workloads.ts';
import { drawOfficeHours } from '../../../../src/sim/workload/office-hours.ts';
import { drawPoissonWorkload } from '../../../../src/sim/workload/poisson.ts';
import { renderReplay } from '../../../../src/sim/workload/render-replay.ts';
import { drawSynthetic } from '../../../../src/sim/workload/synthetic.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const synthetic = drawSynthetic({ seed: 4, days: 5, rampDays: 0, models: 8 });
const stages = { seed: 1, execShare: 0.5, execSigma: 0.3 };
const textOf = (workload: Workload): string => [...renderReplay(workload)].join('');

test.each<readonly [string, () => Workload]>([
  ['synthetic', () => drawSynthetic({ seed: 4, days: 5 })],
  ['poisson', () => drawPoissonWorkload({ seed: 4, days: 2 })],
  ['office hours', () => drawOfficeHours({ seed: 4, days: 3 })],
  ['functions', () => expandFunctions(synthetic, { ...stages, graph: makeFan3(0.5) }).workload],
  ['adversarial', () => drawAdversarial({ seed: 4 })],
])('%s: drawn twice it is the same, written and read back as well', (_kind, draw) => {
  const workload = draw();
  const text = textOf(workload);
  expect(textOf(draw())).toBe(text);
  expect(parseReplay(text)).toEqual({ ok: true, value: workload });
});

test('Poisson: counts of pools and hours scatter as chance alone would have it', () => {
  const { arrivalMs, pool } = drawPoissonWorkload({ seed: 2, days: 20, requestsPerDay: 2400 });
  const hourly = Array.from({ length: 480 }, () => 0);
  for (const [row, atMs] of arrivalMs.entries())
    if (pool[row] === 0) hourly[Math.floor(atMs / hourMs)] = (hourly[Math.floor(atMs / hourMs)] ?? 0) + 1;
  const mean = hourly.reduce((sum, count) => sum + count, 0) / 480;
  const variance = hourly.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 480;
  expect(Math.abs(variance / mean - 1)).toBeLessThan(0.35);
  expect(Math.abs(arrivalMs.length / 48_000 - 1)).toBeLessThan(0.03);
});

test('office hours: nearly all of it falls on weekdays from 8 to 18', () => {
  const { arrivalMs, tenants } = drawOfficeHours({ seed: 1 });
  const isOffice = (ms: number): boolean =>
    Math.floor(ms / dayMs) % 7 < 5 && Math.floor(ms / hourMs) % 24 >= 8 && Math.floor(ms / hourMs) % 24 < 18;
  expect(arrivalMs.filter(isOffice).length / arrivalMs.length).toBeGreaterThan(0.9);
  expect(Math.abs(arrivalMs.length / (12_000 * 10) - 1)).toBeLessThan(0.1);
  expect(tenants.length).toBeGreaterThan(380);
});

describe('functions', () => {
  test.each([
    ['a chain that always goes on', makeChain3(1), [1, 1, 1]],
    ['a chain that may end', makeChain3(0.6), [1, 0.6, 0.36]],
    ['a fan', makeFan3(0.3), [1, 0.3, 0.3, 0.3]],
  ])('%s reaches its stages as often as its chances say', (_what, graph, shares) => {
    const { workload, stageOf } = expandFunctions(synthetic, { ...stages, graph });
    expect(workload.pools.length).toBe(new Set(synthetic.pool).size * shares.length);
    for (const [stage, share] of shares.entries()) {
      const reached = stageOf.filter((each) => each === stage).length / synthetic.pool.length;
      expect(Math.abs(reached - share)).toBeLessThan(0.05);
    }
  });

  test('a stage arrives when the one before it has ended, in a pool of its own, for the same tenant', () => {
    const { workload, arrivalOf, stageOf } = expandFunctions(synthetic, { ...stages, graph: makeChain3(1) });
    const endOf = new Map<string, number>();
    for (const [row, arrivalMs] of workload.arrivalMs.entries()) {
      const [run, stage] = [arrivalOf[row] ?? -1, stageOf[row] ?? -1];
      const before = stage === 0 ? synthetic.arrivalMs[run] : endOf.get(`${run}/${stage - 1}`);
      // Both times are rounded down to whole ms.
      expect(Math.abs(arrivalMs - (before ?? Number.NaN))).toBeLessThanOrEqual(1);
      endOf.set(`${run}/${stage}`, arrivalMs + (workload.execMs[row] ?? 0));
      const name = synthetic.pools[synthetic.pool[run] ?? -1];
      expect(workload.pools[workload.pool[row] ?? -1]).toBe(`${name}/${['first', 'second', 'third'][stage]}`);
      expect(workload.tenants[workload.tenant[row] ?? -1]).toBe(
        synthetic.tenants[synthetic.tenant[run] ?? -1],
      );
    }
  });
});

test.each(Object.keys(adversaries) as Adversary[])(
  'adversary %s: its window finds every long gap cold, one of two seconds more finds fewer',
  (adversary) => {
    const workload = drawAdversarial({ adversary });
    const gaps: readonly number[] = adversaries[adversary];
    const beyond = gaps.filter((multiple) => multiple >= 1).length / gaps.length;
    const coldShare = (seconds: number): number =>
      runReplay({
        workload,
        figures: { loadMs: 23_000, wakeMs: null, parkedShare: 0, gamma: 10 },
        policy: fixedKeepAlive(seconds),
      }).coldShare;
    expect(Math.abs(coldShare(600) - beyond)).toBeLessThan(0.02);
    expect(coldShare(602)).toBeLessThan(coldShare(600) - 0.05);
  },
);

test('days that are cut out and joined again are the whole', () => {
  const parts = [cutDays(synthetic, 0, 2), cutDays(synthetic, 2, 3), cutDays(synthetic, 3, 5)];
  expect(parts.map(({ endMs }) => endMs / dayMs)).toEqual([2, 1, 2]);
  expect(joinWorkloads(parts)).toEqual(synthetic);
  expect(parts[1]?.pools).toBe(synthetic.pools);
  expect(() => cutDays(synthetic, 4, 6)).toThrow('the days lie in the workload');
});
