// Plots are well-formed pictures with numbers in them, whatever is drawn; samples of a fleet do not change what a policy does.
import { describe, expect, test } from 'vitest';
import { runReplay } from '../../../../src/sim/replay/run-replay.ts';
import { makeOwnPolicy } from '../../../../src/sim/replay/own-spec.ts';
import { renderDay } from '../../../../src/sim/report/day-plot.ts';
import { renderPareto, type ParetoPlot } from '../../../../src/sim/report/pareto-plot.ts';
import { sampleFleet } from '../../../../src/sim/report/sample-fleet.ts';
import { linearTicks, logTicks } from '../../../../src/sim/report/svg-frame.ts';
import { fixedTwoTier } from '../../../../src/sim/rivals/fixed-windows.ts';
import { drawWorkload } from '../../../support/replay-workload.ts';

const plot: ParetoPlot = {
  title: 'Costs & <waits>',
  subtitle: 'made up "for" a test',
  xTitle: 'cold, %',
  xFrom: 1,
  xTo: 100,
  curves: [
    {
      label: 'ours',
      role: 'ours',
      points: [
        { x: 2, hours: 400, spec: 'a' },
        { x: 40, hours: 50, spec: 'b' },
      ],
    },
    {
      label: 'fixed',
      role: 'base',
      points: [
        { x: 3, hours: 900, spec: 'c' },
        { x: 60, hours: 60, spec: 'd' },
      ],
    },
    { label: 'lambda', role: 'rival', points: [{ x: 20, hours: 300, spec: 'e' }] },
    { label: 'far off', role: 'rival', points: [{ x: 0.001, hours: 1e6, spec: 'f' }] },
  ],
  limitHours: 30,
  limitLabel: 'limit',
};

/** Every tag that opens is closed, in order; attributes are quoted; no number went missing. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, closing, name = '', rest = ''] of svg.matchAll(
    /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<>]*")*\s*\/?)>/g,
  )) {
    if (closing === '/') expect(open.pop()).toBe(name);
    else if (!rest.trimEnd().endsWith('/')) open.push(name);
  }
  expect(open).toEqual([]);
  expect(svg.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
  expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
}

describe('Pareto curves', () => {
  test('are a well-formed picture with a legend, also of names with signs', () => {
    const svg = renderPareto(plot);
    expectWellFormed(svg);
    for (const text of ['ours', 'fixed', 'lambda', 'limit', 'cold, %', 'Costs &amp; &lt;waits&gt;'])
      expect(svg).toContain(text);
    expect(svg).not.toContain('far off');
  });

  test('without any point, and without a limit, there is an empty sheet', () => {
    expectWellFormed(renderPareto({ ...plot, curves: [], limitHours: null }));
    expectWellFormed(renderPareto({ ...plot, curves: [], limitHours: 0 }));
  });
});

describe('warmth over a day', () => {
  const workload = drawWorkload(3, { requests: 300, pools: 4, gridSeconds: 5, busyShare: 0.5 });
  const figures = { loadMs: 23_000, wakeMs: 2000, parkedShare: 0.1, gamma: 40 };

  test('is a well-formed picture of minutes that were sampled', () => {
    const { policy, samples } = sampleFleet(fixedTwoTier(60, 3600), 0);
    runReplay({ workload, figures, policy });
    expect(samples.length).toBeGreaterThanOrEqual(1439);
    expect(samples.some(({ busy }) => busy > 0) && samples.some(({ parked }) => parked > 0)).toBe(true);
    const svg = renderDay({ title: 'a day', subtitle: '', day: 0, samples, parks: true });
    expectWellFormed(svg);
    expect(svg).toContain('parked');
  });

  test('a day without samples is an empty sheet', () => {
    expectWellFormed(renderDay({ title: 'none', subtitle: '', day: 3, samples: [], parks: false }));
  });

  test('being watched changes nothing: with and without ticks of its own a policy does the same', () => {
    const ours = (): ReturnType<typeof makeOwnPolicy> =>
      makeOwnPolicy({ spec: { gamma: 40, off: [], trust: 0 }, poolCount: workload.pools.length, figures });
    for (const make of [ours, () => fixedTwoTier(60, 3600)])
      expect(runReplay({ workload, figures, policy: sampleFleet(make(), 0).policy })).toEqual(
        runReplay({ workload, figures, policy: make() }),
      );
  });
});

test('ticks of a log axis are 1, 2, 5 of each decade, those of a linear one reach the most', () => {
  expect(logTicks(0.5, 20)).toEqual([0.5, 1, 2, 5, 10, 20]);
  expect(linearTicks(33)).toEqual([0, 10, 20, 30, 40]);
  expect(linearTicks(0)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1].map((tick) => expect.closeTo(tick, 9)));
});
