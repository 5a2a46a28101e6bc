// What is remembered of a pool's levels: ages, counts, and residuals, by hand.
import { describe, expect, test } from 'vitest';
import { AdditiveTables } from '../../../src/core/demand/additive-tables.ts';
import { figure, hazardAxes, levelFigures, poolFigures } from '../../../src/core/demand/hazard-figures.ts';
import { GapHazard } from '../../../src/core/demand/gap-hazard.ts';
import { logAge } from '../../../src/core/demand/log-age.ts';
import { levelsMax, PoolLevels } from '../../../src/core/demand/pool-levels.ts';
import { throughJson } from './demand-stream.ts';

const tables = new AdditiveTables(hazardAxes, -6);
const nowMs = 1e9;

function measure(pool: PoolLevels, level: number, atMs: number): number[] {
  const out = new Float64Array(levelFigures);
  pool.measureLevel(level, atMs, out);
  return [...out];
}
const position = (axis: number, value: number): number => tables.position(axis, value);

describe('a level', () => {
  test('knows when it was last used, when it went up, when the one below did, and how far it is', () => {
    const pool = new PoolLevels(tables, new GapHazard(null));
    pool.load(1, nowMs);
    pool.load(2, nowMs + 100_000);
    pool.load(0, nowMs + 500_000);
    const at = nowMs + 3_700_000;
    const figures = measure(pool, 2, at);
    expect(figures[figure.idleAge]).toBe(position(figure.idleAge, logAge(3_200_000)));
    expect(figures[figure.upAge]).toBe(position(figure.upAge, logAge(3_600_000)));
    expect(figures[figure.belowAge]).toBe(position(figure.belowAge, logAge(3_700_000)));
    expect(figures[figure.gap]).toBe(1);
    // One up 3,600 s ago, in counts that fade over 10 minutes and over an hour: log2(e^-6) and log2(e^-1).
    expect(figures[figure.ups10m]).toBeCloseTo(position(figure.ups10m, -6 * Math.LOG2E), 10);
    expect(figures[figure.ups1h]).toBeCloseTo(position(figure.ups1h, -Math.LOG2E), 10);
    expect(measure(pool, 1, at)[figure.belowAge]).toBe(0);
  });

  test('counts each time it goes up, not each request', () => {
    const pool = new PoolLevels(tables, new GapHazard(null));
    for (let n = 0; n < 4; n += 1) {
      pool.load(1, nowMs);
      pool.load(0, nowMs);
    }
    expect(measure(pool, 1, nowMs)[figure.ups1d]).toBeCloseTo(position(figure.ups1d, 2), 9);
  });
});

test("a pool's own figures are its arrivals, its season and its tenants", () => {
  const pool = new PoolLevels(tables, new GapHazard(null));
  pool.arrive(nowMs, 8);
  const out = new Float64Array(poolFigures);
  pool.measurePool(nowMs, 1 / 64, 1 / 64, out);
  const at = (axis: number): number | undefined => out[axis - levelFigures];
  for (const axis of [figure.arrivals5m, figure.arrivals1h, figure.arrivals1d])
    expect(at(axis)).toBeCloseTo(position(axis, 3), 10);
  expect(at(figure.season)).toBe(0);
  expect(at(figure.cross)).toBeCloseTo(position(figure.cross, -6), 6);
  expect(at(figure.here)).toBeCloseTo(position(figure.here, -5), 6);
  pool.measurePool(nowMs + 86_400_000, 0, 0, out);
  expect(at(figure.season)).toBeCloseTo(position(figure.season, 3), 4);
});

describe('a tick', () => {
  test('looks at the idle levels near the load that were ever used', () => {
    const pool = new PoolLevels(tables, new GapHazard(null));
    pool.load(40, nowMs);
    for (const [busy, from, to] of [
      [0, 1, 16],
      [2, 3, 18],
      [8, 9, 26],
      [30, 31, 40],
      [40, 41, 40],
    ] as const) {
      pool.load(busy, nowMs);
      pool.beginTick(nowMs);
      expect([pool.from, pool.to, pool.highest()]).toEqual([from, to, to]);
    }
  });

  test('compares what came with what was expected', () => {
    const pool = new PoolLevels(tables, new GapHazard(null));
    pool.load(2, nowMs);
    pool.load(0, nowMs);
    pool.beginTick(nowMs);
    pool.expect(1, 0.25);
    pool.expect(2, 0.125);
    for (const busy of [1, 0, 1]) pool.load(busy, nowMs + 1_000);
    expect([pool.residual(1), pool.residual(2)]).toEqual([1.75, -0.125]);
    pool.expect(1, 0.5);
    expect(pool.residual(1)).toBe(-0.5);
  });

  test('that is skipped predicts no level', () => {
    const pool = new PoolLevels(tables, new GapHazard(null));
    pool.load(1, nowMs);
    pool.beginTick(nowMs);
    pool.skipTick();
    expect(pool.to).toBeLessThan(pool.from);
  });
});

test('levels beyond the bound are not told apart; no load is no load', () => {
  const pool = new PoolLevels(tables, new GapHazard(null));
  expect(pool.isUsed).toBe(false);
  for (const [busy, kept] of [
    [1e9, levelsMax],
    [levelsMax, levelsMax],
    [-3, 0],
    [2.9, 2],
    [0, 0],
  ] as const) {
    pool.load(busy, nowMs);
    expect(pool.busy).toBe(kept);
  }
  expect(pool.isUsed).toBe(true);
  expect(pool.snapshot().levels).toHaveLength(levelsMax);
  expect(pool.bytes).toBeLessThanOrEqual(levelsMax * 1_024);
});

describe('a snapshot', () => {
  const told = new PoolLevels(tables, new GapHazard(null));
  told.arrive(nowMs, 3);
  told.load(3, nowMs);
  told.load(1, nowMs + 9_000);
  told.measurePool(nowMs + 9_000, 0, 0, told.positions);
  told.beginTick(nowMs);
  told.expect(2, 0.5);
  told.load(2, nowMs + 10_000);
  const sound = told.snapshot();

  test('through JSON goes on as the original, the tick under way included', () => {
    const copy = new PoolLevels(tables, new GapHazard(null));
    expect(copy.restore(throughJson(sound))).toBe(true);
    expect(copy.snapshot()).toEqual(sound);
    expect([copy.from, copy.to, copy.busy, copy.lastMs]).toEqual([2, 3, 2, nowMs]);
    expect([copy.residual(2), copy.expected(2)]).toEqual([0.5, 0.5]);
    for (const level of [1, 2, 3])
      expect(measure(copy, level, nowMs + 1e6)).toEqual(measure(told, level, nowMs + 1e6));
  });

  const [row = []] = sound.levels;
  const [from, positions, expected] = sound.tick;
  const [counts, slot, first] = sound.season;
  test.each([
    ['NaN', { ...sound, counts: [Number.NaN, 0, 0, 0] as const }],
    ['NaN in a level', { ...sound, levels: [row.with(2, Number.NaN), row, row] }],
    ['shorter rows', { ...sound, levels: [row.slice(1), row, row] }],
    ['more levels than are told apart', { ...sound, levels: Array.from({ length: 257 }, () => row) }],
    ['a load above its levels', { ...sound, busy: 4 }],
    ['a negative load', { ...sound, busy: -1 }],
    ['half a load', { ...sound, busy: 1.5 }],
    ['a level looked at that is none', { ...sound, live: 4 }],
    ['other gaps', { ...sound, gaps: { counts: [1], exposure: [1], logs: [1] } }],
    ['another season', { ...sound, season: [counts.slice(1), slot, first] as const }],
    ['NaN in a season', { ...sound, season: [counts, Number.NaN, first] as const }],
    ['a tick of levels that are none', { ...sound, tick: [3, positions, expected] as const }],
    ['a tick from level 0', { ...sound, tick: [0, positions, expected] as const }],
    ['a tick of other figures', { ...sound, tick: [from, [1], expected] as const }],
    ['NaN in a tick', { ...sound, tick: [from, positions.with(0, Number.NaN), expected] as const }],
  ])('of %s is refused, and nothing changes', (_, snapshot) => {
    const pool = new PoolLevels(tables, new GapHazard(null));
    pool.load(1, nowMs);
    const before = pool.snapshot();
    expect(pool.restore(throughJson(snapshot))).toBe(false);
    expect(pool.snapshot()).toEqual(before);
  });
});
