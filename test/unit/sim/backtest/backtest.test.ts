// A backtest forecasts only from what was before, scores what came after, and judges the ensemble against the best single.
import { describe, expect, test } from 'vitest';
import type { ArrivalForecaster } from '../../../../src/core/demand/forecast.ts';
import {
  busiestPools,
  platformOf,
  seriesOf,
  type ArrivalSeries,
} from '../../../../src/sim/backtest/arrival-series.ts';
import { judgeRuns } from '../../../../src/sim/backtest/backtest-bars.ts';
import { makerOf, runSuite } from '../../../../src/sim/backtest/backtest-suite.ts';
import { renderCalibration, renderRuns } from '../../../../src/sim/backtest/backtest-table.ts';
import { parseCountSeries } from '../../../../src/sim/backtest/count-series.ts';
import { runBacktest, type Scored } from '../../../../src/sim/backtest/run-backtest.ts';
import { describeCsvFault } from '../../../../src/sim/workload/csv-fault.ts';
import { drawSynthetic } from '../../../../src/sim/workload/synthetic.ts';

const minuteMs = 60_000;
const series = (atMs: readonly number[], over: Partial<ArrivalSeries> = {}): ArrivalSeries => ({
  names: ['a'],
  atMs: Float64Array.from(atMs),
  pool: new Int32Array(atMs.length),
  count: new Float64Array(atMs.length).fill(1),
  scoreFromMs: 0,
  endMs: 60 * minuteMs,
  grainMs: 0,
  ...over,
});

test('an arrival on the very minute of a forecast belongs to what comes, not to what is known', () => {
  let known = 0;
  const counter: ArrivalForecaster = {
    name: 'counter',
    arrive: (_at, count = 1) => {
      known += count;
    },
    forecast: () => ({
      meanCount: known,
      lowCount: known,
      midCount: known,
      highCount: known,
      anyChance: 0,
      because: '',
    }),
    snapshot: () => ({ version: 1, name: 'counter', state: [] }),
  };
  const scored: Scored[] = [];
  const books = runBacktest({
    series: series([0, minuteMs, 10 * minuteMs, 19 * minuteMs, 20 * minuteMs]),
    make: () => counter,
    onScored: (each) => scored.push(each),
  });
  const ten = scored
    .filter(({ slot }) => slot === 1)
    .map(({ atMs, count, forecast }) => [atMs / minuteMs, forecast.midCount, count]);
  expect(ten).toEqual([
    [10, 2, 2],
    [20, 4, 1],
    [30, 5, 0],
    [40, 5, 0],
    [50, 5, 0],
  ]);
  // Before the first arrival nobody knows of the pool: the whole hour was never forecast.
  expect(books.map((book) => book?.score().n)).toEqual([59, 5, 0]);
});

test('what comes later changes no forecast that was made before', () => {
  const cutMs = 90 * minuteMs;
  const course = (later: readonly number[]): Scored[] => {
    const scored: Scored[] = [];
    const early = Array.from({ length: 40 }, (_, at) => at * at * 3_000);
    runBacktest({
      series: series([...early.filter((atMs) => atMs < cutMs), ...later], { endMs: 240 * minuteMs }),
      make: makerOf('ensemble'),
      onScored: (each) => scored.push(each),
    });
    return scored.filter(({ atMs }) => atMs <= cutMs);
  };
  const forecasts = (scored: readonly Scored[]): unknown =>
    scored.map(({ slot, atMs, forecast }) => ({ slot, atMs, forecast }));
  const quiet = course([]);
  const busy = course(Array.from({ length: 500 }, (_, at) => cutMs + at * 1_000));
  expect(quiet.length).toBeGreaterThan(90);
  expect(forecasts(busy)).toEqual(forecasts(quiet));
});

test('horizons shorter than the grain of the series are not scored', () => {
  const books = runBacktest({
    series: series([0], { grainMs: 300_000 }),
    make: () => ({
      name: 'none',
      arrive: () => undefined,
      forecast: () => ({ meanCount: 0, lowCount: 0, midCount: 0, highCount: 0, anyChance: 0, because: '' }),
      snapshot: () => ({ version: 1, name: 'none', state: [] }),
    }),
  });
  expect(books.map((book) => book === null)).toEqual([true, false, false]);
});

test('history and replay lie on one clock; the busiest pools are those of the time before scoring', () => {
  const history = drawSynthetic({ seed: 1, days: 2 });
  const replay = drawSynthetic({ seed: 2, days: 1 });
  const all = seriesOf(replay, history);
  expect(all.atMs.length).toBe(history.pool.length + replay.pool.length);
  expect(all.atMs.every((atMs, row) => row === 0 || atMs >= (all.atMs[row - 1] ?? 0))).toBe(true);
  expect([all.scoreFromMs, all.endMs]).toEqual([history.endMs, history.endMs + replay.endMs]);
  expect(seriesOf(replay, null).scoreFromMs).toBe(replay.endMs / 2);
  expect(platformOf(all).pool.every((pool) => pool === 0)).toBe(true);

  const three = series([0, 1, 2, 100, 101, 102], { names: ['a', 'b', 'c'], scoreFromMs: 50 });
  three.pool.set([1, 1, 2, 0, 0, 0]);
  const kept = busiestPools(three, 2);
  expect(kept.names).toEqual(['b', 'c']);
  expect([...kept.pool]).toEqual([0, 0, 1]);
});

describe('a suite over made-up traffic', () => {
  const traffic = seriesOf(drawSynthetic({ seed: 3, days: 3 }), null);
  const runs = runSuite({
    series: traffic,
    forecasters: ['last-value', 'recent-rate', 'ensemble'],
    poolsMax: 3,
  });

  test('has a run per scope, forecaster and horizon, the same counts in each', () => {
    expect(runs).toHaveLength(2 * 3 * 3);
    for (const run of runs)
      expect(run.score.arrivals).toBe(
        runs.find(({ scope, slot }) => scope === run.scope && slot === run.slot)?.score.arrivals,
      );
  });

  test('judges the ensemble alone, against the best single, and coverage for all', () => {
    const checks = judgeRuns(runs);
    const judged = checks.filter(({ id, bar }) => bar !== null && !id.endsWith('.coverage'));
    expect(judged.every(({ id }) => id.startsWith('backtest.ensemble.'))).toBe(true);
    expect(judged).toHaveLength(2 * 2 * 3);
    expect(checks.filter(({ id, bar }) => id.endsWith('.coverage') && bar !== null)).toHaveLength(
      runs.length,
    );
    expect(
      checks.every(
        ({ ok, bar, op, value }) => bar === null || ok === (op === '<=' ? value <= bar : value >= bar),
      ),
    ).toBe(true);
    expect(checks.filter(({ id }) => id.endsWith('.worstPool'))).toHaveLength(3);
  });

  test('tables and calibration hold a row per run and no NaN', () => {
    const text = `${renderRuns(runs)}\n${renderCalibration(runs)}`;
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text.match(/^ensemble {2}/gm)).toHaveLength(6);
  });
});

describe('a series of counts', () => {
  const parse = (...lines: readonly string[]): string => {
    const parsed = parseCountSeries(['t_s,requests', ...lines].join('\n'));
    return parsed.ok ? 'fine' : describeCsvFault(parsed.error, 'x.csv');
  };

  test('is spread evenly in whole requests; a missing interval repeats the one before', () => {
    const parsed = parseCountSeries('t_s,requests\n300,7\n600,3\n1200,5\n');
    if (!parsed.ok) throw new Error('not read');
    const { atMs, count, grainMs, endMs } = parsed.value;
    expect([...count]).toEqual([1, 1, 2, 1, 2, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect([atMs[0], grainMs, endMs]).toEqual([300_000, 300_000, 1_500_000]);
  });

  test.each<readonly [string, readonly string[], RegExp]>([
    ['too few', ['0,1'], /fewer than two rows/],
    ['uneven', ['0,1', '300,1', '700,1'], /line 4, t_s: is not at a multiple of 300 s/],
    ['an odd interval', ['0,1', '70,1'], /no whole part of an hour/],
    ['unsorted', ['300,1', '0,1'], /line 3, t_s: is not after/],
    ['negative', ['0,-1', '300,1'], /line 2, requests: is out of bounds, found "-1"/],
  ])('%s is one clear line', (_what, lines, expected) => {
    expect(parse(...lines)).toMatch(expected);
  });
});
