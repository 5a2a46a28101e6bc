// What a model has learned survives: through JSON it goes on as the original, tick by tick, and what does not fit is refused whole.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HazardModel } from '../../../src/core/demand/hazard-model.ts';
import { demandStream, StreamFeeder, streamPools, throughJson, tickMs } from './demand-stream.ts';

/** Hazards as of the last tick, then as of now. */
function hazards(model: HazardModel, nowMs: number): number[] {
  const all: number[] = [];
  for (const looks of [false, true])
    for (let pool = 0; pool < streamPools; pool += 1) {
      if (looks) model.look(pool, nowMs);
      for (let level = 1; level <= model.highest(pool) + 1; level += 1) all.push(model.hazard(pool, level));
    }
  return all;
}

test('a snapshot through JSON is the model: the same hazards and the same learning at every later event', () => {
  fc.assert(
    fc.property(demandStream(40), demandStream(40), (before, after) => {
      const original = new HazardModel(tickMs, streamPools);
      const feeder = new StreamFeeder(original).feedAll(before);
      const copy = new HazardModel(tickMs, 0);
      expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
      const follower = new StreamFeeder(copy);
      follower.nowMs = feeder.nowMs;
      for (const event of after) {
        feeder.feed(event);
        follower.feed(event);
        expect(hazards(copy, feeder.nowMs)).toEqual(hazards(original, feeder.nowMs));
      }
      expect(copy.snapshot()).toEqual(original.snapshot());
    }),
    { numRuns: 60 },
  );
});

test('a model that is evicted before every tick learns as one that never is', () => {
  const original = new HazardModel(tickMs, 1);
  let evicted = new HazardModel(tickMs, 1);
  for (let n = 1; n < 200; n += 1) {
    const both = [original, evicted];
    for (const model of both) {
      if (n % 3 === 0) model.arrive(0, 5, n * tickMs - 9_000);
      model.load(0, n % 3 === 0 ? 1 : 0, n * tickMs - 9_000);
      model.tick(n * tickMs);
    }
    const next = new HazardModel(tickMs, 1);
    expect(next.restore(throughJson(evicted.snapshot()))).toBe(true);
    evicted = next;
  }
  expect(evicted.snapshot()).toEqual(original.snapshot());
  expect(evicted.snapshot().tables.weights.filter((weight) => weight !== 0).length).toBeGreaterThan(10);
});

test('pools that the snapshot does not know stay as they are', () => {
  const wide = new HazardModel(tickMs, 2);
  wide.load(1, 2, tickMs);
  const narrow = new HazardModel(tickMs, 1);
  narrow.load(0, 1, tickMs);
  expect(wide.restore(narrow.snapshot())).toBe(true);
  expect([wide.poolCount, wide.busy(0), wide.busy(1)]).toEqual([2, 1, 2]);
});

describe('a snapshot is refused, and the model stays and works, for', () => {
  const told = new HazardModel(tickMs, 2);
  new StreamFeeder(told).feedAll([
    { kind: 'arrive', pool: 0, tenant: 1, count: 1 },
    { kind: 'load', pool: 0, busy: 1 },
    { kind: 'tick' },
    { kind: 'load', pool: 0, busy: 0 },
    { kind: 'tick' },
  ]);
  const sound = told.snapshot();
  const { tables, tenants, pools } = sound;
  const [pool] = pools;
  const broken: readonly (readonly [string, object])[] = [
    ['another version', { version: 2 }],
    ['another tick', { tickMs: tickMs + 1 }],
    ['other figures', { tables: { ...tables, weights: [0, ...tables.weights] } }],
    ['a weight that is NaN', { tables: { ...tables, weights: tables.weights.with(3, Number.NaN) } }],
    ['a share that is NaN', { tenants: { ...tenants, share: [Number.NaN] } }],
    ['a platform that is NaN', { platform: [0, Number.NaN] }],
    ['a tick that is NaN', { tick: [Number.NaN, 0, 0] }],
    ['a second pool that is NaN', { pools: [pool, { ...pool, lastMs: Number.NaN }] }],
  ];
  test.each(broken)('%s', (_, part) => {
    const model = new HazardModel(tickMs, 2);
    const feeder = new StreamFeeder(model).feedAll([
      { kind: 'arrive', pool: 1, tenant: 2, count: 3 },
      { kind: 'load', pool: 1, busy: 2 },
      { kind: 'tick' },
    ]);
    const before = model.snapshot();
    expect(model.restore(throughJson({ ...sound, ...part }))).toBe(false);
    expect(model.snapshot()).toEqual(before);
    feeder.feedAll([{ kind: 'load', pool: 1, busy: 0 }, { kind: 'tick' }]);
    expect(model.hazard(1, 1)).toBeGreaterThan(0);
  });
});
