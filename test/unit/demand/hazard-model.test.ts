// The hazard of each level: finite whatever comes, learned right where the truth is known, explained by its terms, undisturbed by looks.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRng } from '../../../src/core/base/rng.ts';
import { figureGroups, hazardAxes, type FigureGroup } from '../../../src/core/demand/hazard-figures.ts';
import { HazardModel } from '../../../src/core/demand/hazard-model.ts';
import { demandStream, StreamFeeder, streamPools, tickMs } from './demand-stream.ts';

const runs = { numRuns: 60 };

/** Every hazard that can be asked for. */
function hazards(model: HazardModel): number[] {
  return Array.from({ length: streamPools }, (_, pool) =>
    Array.from({ length: model.highest(pool) - model.busy(pool) }, (__, step) =>
      model.hazard(pool, model.busy(pool) + 1 + step),
    ),
  ).flat();
}

/** All that a model knows but its seasons: asking for one turns it on, and nothing follows from that beyond the figures of a tick. */
function learned(model: HazardModel): string {
  return JSON.stringify(model.snapshot(), (key, value: unknown) => (key === 'season' ? null : value));
}

describe('after any stream', () => {
  test('hazards are finite and not negative, at ticks and at looks', () => {
    fc.assert(
      fc.property(demandStream(), (events) => {
        const model = new HazardModel(tickMs, streamPools);
        const feeder = new StreamFeeder(model);
        for (const event of events) {
          feeder.feed(event);
          const asked = hazards(model);
          model.look(0, feeder.nowMs);
          for (const hazard of [...asked, ...hazards(model)])
            expect(Number.isFinite(hazard) && hazard >= 0).toBe(true);
        }
      }),
      runs,
    );
  });

  test('looking changes nothing of what is learned', () => {
    fc.assert(
      fc.property(demandStream(), (events) => {
        const [looked, left] = [new HazardModel(tickMs, streamPools), new HazardModel(tickMs, streamPools)];
        const feeders = [new StreamFeeder(looked), new StreamFeeder(left)] as const;
        for (const [n, event] of events.entries()) {
          for (const feeder of feeders) feeder.feed(event);
          looked.look(n % streamPools, feeders[0].nowMs);
          looked.explain(n % streamPools, 1, feeders[0].nowMs);
        }
        for (const feeder of feeders) feeder.feed({ kind: 'tick' });
        expect(learned(looked)).toEqual(learned(left));
      }),
      runs,
    );
  });

  test('the terms of an explanation sum to the logarithm of the hazard', () => {
    fc.assert(
      fc.property(demandStream(), (events) => {
        const model = new HazardModel(tickMs, streamPools);
        const { nowMs } = new StreamFeeder(model).feedAll(events);
        for (let pool = 0; pool < streamPools; pool += 1) {
          model.look(pool, nowMs);
          for (let level = model.busy(pool) + 1; level <= model.highest(pool); level += 1) {
            const terms = model.explain(pool, level, nowMs);
            expect(terms.map(({ name }) => name)).toEqual(['usual', ...hazardAxes.map(({ name }) => name)]);
            const log = terms.reduce((sum, term) => sum + term.log, 0);
            // What the tables overshoot beyond e^3 a tick is cut.
            const perSecond = (Math.exp(Math.min(3, log)) * 1000) / tickMs;
            expect(model.hazard(pool, level) / perSecond).toBeCloseTo(1, 9);
          }
        }
      }),
      runs,
    );
  });
});

describe('what is asked of a pool', () => {
  const busy = new HazardModel(tickMs, 2);
  busy.arrive(0, 7, tickMs);
  busy.load(0, 3, tickMs);
  busy.load(0, 1, tickMs + 1_000);
  busy.tick(2 * tickMs);

  test('a level that is busy has no chance but certainty, one that was never used has none', () => {
    expect(busy.hazard(0, 1)).toBe(Infinity);
    expect(busy.hazard(0, 3)).toBeGreaterThan(0);
    expect(busy.hazard(0, 4)).toBe(0);
    expect([busy.hazard(1, 1), busy.hazard(9, 1), busy.highest(9), busy.busy(9)]).toEqual([0, 0, 0, 0]);
    expect(busy.explain(9, 1, 0)).toEqual([]);
  });

  test('a look holds until the load changes: no figure of another moment or pool is given', () => {
    const model = new HazardModel(tickMs, 2);
    for (let n = 1; n <= 30; n += 1)
      for (const pool of [0, 1]) {
        model.load(pool, 3, n * tickMs);
        model.load(pool, 0, n * tickMs + 5_000);
        model.tick((n + 1) * tickMs);
      }
    const nowMs = 31 * tickMs;
    const ticked = model.hazard(0, 1);
    expect(ticked).toBeGreaterThan(0);
    model.look(1, nowMs + 30_000);
    model.load(0, 2, nowMs + 30_000);
    model.look(0, nowMs + 30_000);
    model.load(0, 0, nowMs + 40_000);
    expect(model.hazard(0, 1)).toBe(ticked);
    model.look(0, nowMs + 40_000);
    expect(model.hazard(0, 1)).not.toBe(ticked);
  });

  test('requests of a pool that is not known, or of none, leave no trace', () => {
    const model = new HazardModel(tickMs, 1);
    const before = model.snapshot();
    model.arrive(5, 1, tickMs);
    model.arrive(0, 1, tickMs, 0);
    model.arrive(0, 1, tickMs, Number.NaN);
    model.load(5, 2, tickMs);
    expect(model.snapshot()).toEqual(before);
  });

  test('a level that nobody used for three days is not looked at until somebody does', () => {
    const model = new HazardModel(tickMs, 1);
    const useAt = (atMs: number): void => {
      model.arrive(0, null, atMs);
      model.load(0, 1, atMs);
      model.load(0, 0, atMs);
    };
    // A pool at rest is not predicted at every tick, but at one of these.
    const tickFrom = (atMs: number): void => {
      for (let n = 0; n < 5; n += 1) model.tick(Math.round(atMs / tickMs + n) * tickMs);
    };
    const hour = 3_600_000;
    useAt(tickMs);
    tickFrom(71 * hour);
    expect(model.hazard(0, 1)).toBeGreaterThan(0);
    tickFrom(73 * hour);
    expect(model.hazard(0, 1)).toBe(0);
    useAt(74 * hour);
    tickFrom(74 * hour);
    expect(model.hazard(0, 1)).toBeGreaterThan(0);
  });
});

describe('learning', () => {
  /** Poisson arrivals of 5 s each; the mean hazard of level 1 over the idle ticks of the second half, and how far single ones are off. */
  function learnPoisson(perSecond: number, days: number): { mean: number; spread: number } {
    const rng = makeRng(7);
    const model = new HazardModel(tickMs, 1);
    const endMs = days * 86_400_000;
    let nextMs = 0;
    let endsMs = Infinity;
    const seen: number[] = [];
    for (let atMs = tickMs; atMs <= endMs; atMs += tickMs) {
      for (; nextMs < atMs; nextMs += (-Math.log(1 - rng()) / perSecond) * 1000) {
        if (endsMs <= nextMs) model.load(0, 0, endsMs);
        model.arrive(0, null, nextMs);
        model.load(0, 1, nextMs);
        endsMs = nextMs + 5_000;
      }
      if (endsMs <= atMs) model.load(0, 0, endsMs);
      model.tick(atMs);
      if (atMs > endMs / 2 && model.busy(0) === 0) seen.push(model.hazard(0, 1));
    }
    const mean = seen.reduce((sum, each) => sum + each, 0) / seen.length;
    const square = seen.reduce((sum, each) => sum + (each / perSecond - 1) ** 2, 0) / seen.length;
    return { mean: mean / perSecond, spread: Math.sqrt(square) };
  }

  test.each([
    [1 / 300, 20],
    [1 / 1_800, 40],
  ])(
    'converges to a known rate of %d a second: 10 %% off on average, 50 %% in single ticks',
    (rate, days) => {
      const { mean, spread } = learnPoisson(rate, days);
      expect(Math.abs(mean - 1)).toBeLessThan(0.1);
      expect(spread).toBeLessThan(0.5);
    },
  );

  test('a tick that came twice, or hours late, teaches nothing; one that is a few seconds late does', () => {
    const learns = (atMs: number): boolean => {
      const model = new HazardModel(tickMs, 1);
      model.arrive(0, null, tickMs);
      model.load(0, 1, tickMs);
      model.load(0, 0, tickMs);
      model.tick(10 * tickMs);
      const before = model.snapshot().tables;
      model.tick(atMs);
      return model.snapshot().tables.weights.some((weight, at) => weight !== before.weights[at]);
    };
    expect([10, 10.4, 11.6, 12, 500].map((ticks) => learns(ticks * tickMs))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect([10.6, 11, 11.4].map((ticks) => learns(ticks * tickMs))).toEqual([true, true, true]);
  });

  test.each(Object.keys(figureGroups) as FigureGroup[])('without %s, its figures say nothing', (group) => {
    const model = new HazardModel(tickMs, streamPools, [group]);
    const feeder = new StreamFeeder(model);
    for (let n = 0; n < 40; n += 1) {
      feeder.feed({ kind: 'arrive', pool: n % 3, tenant: n % 4, count: 1 });
      feeder.feed({ kind: 'load', pool: n % 3, busy: (n * 7) % 4 });
      feeder.feed({ kind: 'tick' });
    }
    const logs = model.explain(0, model.busy(0) + 1, feeder.nowMs).slice(1);
    const off: readonly number[] = figureGroups[group];
    expect(off.map((axis) => logs[axis]?.log)).toEqual(off.map(() => 0));
    expect(logs.filter(({ log }) => log !== 0).length).toBeGreaterThan(5);
  });
});

test('10,000 pools of 4 levels take no more than 2 KB a level', () => {
  const model = new HazardModel(tickMs, 10_000);
  for (let pool = 0; pool < 10_000; pool += 1) {
    model.arrive(pool, pool % 500, tickMs, 4);
    model.load(pool, 4, tickMs);
    model.load(pool, 0, tickMs + 1_000);
  }
  model.tick(2 * tickMs);
  const { pools, levels } = model.measureBytes();
  expect(levels).toBe(40_000);
  expect(pools / levels).toBeLessThanOrEqual(2_048);
});
