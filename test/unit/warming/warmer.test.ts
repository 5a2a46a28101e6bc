// The warming brain: who decides, what ski-rental would have cost, what survives an eviction, and that dearer waiting never warms less.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WarmthFigures } from '../../../src/core/warming/exchange.ts';
import { skiWindows } from '../../../src/core/warming/idle-windows.ts';
import { Warmer, type WarmerOptions, type WarmerSwitches } from '../../../src/core/warming/warmer.ts';
import { demandStream, StreamFeeder, streamPools, throughJson, tickMs } from '../demand/demand-stream.ts';

/** Hot pays for 20 s, parked for 1,890 s; a start costs 207. */
const figures: WarmthFigures = { loadSeconds: 23, wakeSeconds: 2, parkedShare: 0.1, gamma: 8 };
const hotOnly: WarmthFigures = { ...figures, wakeSeconds: null };

function warmerOf(
  options: Partial<WarmerOptions> & { readonly switches?: Partial<WarmerSwitches> } = {},
): Warmer {
  return new Warmer({ tickMs, poolCount: streamPools, figures: () => figures, ...options });
}

/** Feeds a warmer a stream; at each tick so much is paid per minute. */
function feederOf(warmer: Warmer, paidPerTick = 0): StreamFeeder {
  let paid = 0;
  return new StreamFeeder({
    arrive: (pool, tenant, nowMs, count) => warmer.arrive(pool, tenant, nowMs, count),
    load: (pool, busy, nowMs) => warmer.load(pool, busy, nowMs),
    tick: (nowMs) => {
      paid += paidPerTick;
      warmer.tick(nowMs, paid);
    },
  });
}

/** Everything that a planner asks of a warmer at a moment. */
function answers(warmer: Warmer, nowMs: number): unknown[] {
  const plans = (): unknown[] => Array.from({ length: streamPools }, (_, pool) => warmer.plan(pool));
  const ticked = plans();
  for (let pool = 0; pool < streamPools; pool += 1) warmer.model.look(pool, nowMs);
  return [ticked, plans(), warmer.skiCost(nowMs), warmer.guard.snapshot()];
}

test('dearer waiting never warms less, whatever was learned', () => {
  fc.assert(
    fc.property(
      demandStream(),
      fc.double({ min: 0, max: 500, noNaN: true }),
      fc.double({ min: 1, max: 50, noNaN: true }),
      fc.boolean(),
      (events, gamma, times, parks) => {
        const base = parks ? figures : hotOnly;
        const [less, more] = [gamma, gamma * times].map((each) =>
          warmerOf({ figures: () => ({ ...base, gamma: each }), switches: { guardRatio: Infinity } }),
        );
        if (less === undefined || more === undefined) throw new Error('two warmers');
        for (const warmer of [less, more]) feederOf(warmer).feedAll(events);
        for (let pool = 0; pool < streamPools; pool += 1) {
          const [low, high] = [less.plan(pool), more.plan(pool)];
          for (const name of ['keepHot', 'warmTo', 'keepParked', 'parkTo'] as const)
            expect(high[name]).toBeGreaterThanOrEqual(low[name]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('who decides', () => {
  /** A level that is used every other minute for an hour. */
  function busyHour(warmer: Warmer, paidPerTick = 0): StreamFeeder {
    const feeder = feederOf(warmer, paidPerTick);
    for (let n = 0; n < 60; n += 1) {
      feeder.feed({ kind: 'arrive', pool: 0, tenant: 1, count: 1 });
      feeder.feed({ kind: 'load', pool: 0, busy: 1 });
      feeder.feed({ kind: 'pass', ms: 5_000 });
      feeder.feed({ kind: 'load', pool: 0, busy: 0 });
      feeder.feed({ kind: 'tick' });
    }
    return feeder;
  }

  test('the forecast, as long as the account holds', () => {
    const warmer = warmerOf();
    busyHour(warmer);
    expect(warmer.plan(0)).toMatchObject({ by: 'forecast', keepParked: 1, hotMinMs: 0, hotMaxMs: Infinity });
  });

  test('ski-rental, once more has been paid than the account holds; then the forecast again', () => {
    const warmer = warmerOf();
    const feeder = busyHour(warmer, 500);
    const ski = { keepHot: 0, warmTo: 0, keepParked: 0, parkTo: 0, ...skiWindows(figures) };
    expect([warmer.isTrusting, warmer.guard.trips]).toEqual([false, 1]);
    expect(warmer.plan(0)).toEqual({ ...ski, by: 'guard' });
    const { paid } = warmer.guard.snapshot();
    for (let n = 0; n < 9_000 && !warmer.isTrusting; n += 1) {
      feeder.feed({ kind: 'pass', ms: 2_000_000 });
      warmer.load(0, 3, feeder.nowMs);
      warmer.load(0, 0, feeder.nowMs);
      warmer.tick(feeder.nowMs, paid);
    }
    expect(warmer.plan(0).by).toBe('forecast');
  });

  test('ski-rental, and it says so, where the forecast is no number', () => {
    const warmer = warmerOf({ attack: () => Number.NaN });
    busyHour(warmer);
    expect(warmer.plan(0)).toMatchObject({ by: 'broken', ...skiWindows(figures) });
    expect(warmer.guard.trips).toBe(0);
  });

  test('what was paid may be unknown for a while: the account waits', () => {
    const warmer = warmerOf();
    const feeder = busyHour(warmer);
    const before = warmer.guard.snapshot();
    warmer.tick(feeder.nowMs + tickMs, null);
    warmer.tick(feeder.nowMs + 2 * tickMs, Number.NaN);
    expect(warmer.guard.snapshot()).toEqual(before);
  });

  test('with trust every plan stays within its windows', () => {
    const warmer = warmerOf({ switches: { trust: 0.5 } });
    expect(warmer.plan(0)).toMatchObject({ hotMinMs: 10_000, hotMaxMs: 40_000, parkedMaxMs: 3_740_000 });
  });

  test('the same plan is the same object while nothing changes', () => {
    const warmer = warmerOf();
    busyHour(warmer);
    expect(warmer.plan(0)).toBe(warmer.plan(0));
  });
});

describe('what ski-rental would have cost', () => {
  test('a first start, a wake after a minute, and the gap that is still open, by hand', () => {
    const warmer = warmerOf();
    warmer.load(0, 1, 100_000);
    expect(warmer.skiCost(100_000)).toBe(23 * 9);
    warmer.load(0, 0, 110_000);
    expect(warmer.skiCost(125_000)).toBe(23 * 9 + 15);
    warmer.load(0, 1, 170_000);
    expect(warmer.skiCost(170_000)).toBe(23 * 9 + 20 + 0.1 * 40 + 2 * 9);
  });

  test('is the sum over pools in money, and a floor is paid for from end to end', () => {
    const warmer = warmerOf({
      figures: (pool) =>
        [
          { ...hotOnly, price: 2 },
          { ...hotOnly, floor: 1 },
        ][pool] ?? hotOnly,
    });
    for (const pool of [0, 1]) {
      warmer.load(pool, 1, 100_000);
      warmer.load(pool, 0, 110_000);
    }
    expect(warmer.skiCost(1_110_000)).toBe(2 * (207 + 207) + 1_000);
    warmer.load(1, 1, 1_110_000);
    expect(warmer.skiCost(1_110_000)).toBe(2 * (207 + 207) + 1_000);
  });
});

test('starts ahead of demand stop when those that nobody used cost their share of what is paid anyway', () => {
  const warmer = warmerOf({ switches: { speculation: 0.5 } });
  expect([0, 1].map((spent) => warmer.maySpeculate(0, spent, 46))).toEqual([true, false]);
  expect(warmerOf().maySpeculate(0, 0, 0)).toBe(false);
  expect(warmerOf({ switches: { speculation: Infinity } }).maySpeculate(0, 1e9, 1)).toBe(true);
});

test('more pools keep what is known, and the account begins as if they had always been there', () => {
  const warmer = warmerOf({ poolCount: 0 });
  warmer.grow(2);
  warmer.load(1, 1, tickMs);
  warmer.grow(5);
  expect([warmer.model.poolCount, warmer.model.busy(1), warmer.skiCost(tickMs)]).toEqual([5, 1, 207]);
  expect(warmer.guard.balance).toBe(warmerOf({ poolCount: 5 }).guard.balance);
});

describe('a snapshot', () => {
  test('through JSON is the warmer: the same plans, costs and account at every later event', () => {
    fc.assert(
      fc.property(demandStream(40), demandStream(40), fc.constantFrom(0, 5, 400), (before, after, paid) => {
        const original = warmerOf();
        const feeder = feederOf(original, paid).feedAll(before);
        const copy = warmerOf({ poolCount: 0 });
        expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
        const next = feederOf(original, paid);
        const follower = feederOf(copy, paid);
        next.nowMs = feeder.nowMs;
        follower.nowMs = feeder.nowMs;
        for (const event of after) {
          next.feed(event);
          follower.feed(event);
          expect(answers(copy, follower.nowMs)).toEqual(answers(original, next.nowMs));
        }
        expect(copy.snapshot()).toEqual(original.snapshot());
      }),
      { numRuns: 50 },
    );
  });

  const told = warmerOf();
  feederOf(told, 3).feedAll([
    { kind: 'arrive', pool: 0, tenant: 1, count: 1 },
    { kind: 'load', pool: 0, busy: 2 },
    { kind: 'tick' },
    { kind: 'load', pool: 0, busy: 0 },
    { kind: 'tick' },
  ]);
  const sound = told.snapshot();
  test.each([
    ['another version', { version: 2 }],
    ['another model', { model: { ...sound.model, version: 2 } }],
    ['a model with NaN', { model: { ...sound.model, platform: [Number.NaN, 0] } }],
    ['gaps that are none', { gaps: [[0, [Number.NaN]]] }],
    ['an account that is none', { guard: { ...sound.guard, balance: Number.NaN } }],
  ])('of %s is refused, and the warmer works on', (_, part) => {
    const warmer = warmerOf();
    expect(warmer.restore(throughJson({ ...sound, ...part }) as typeof sound)).toBe(false);
    const feeder = feederOf(warmer);
    feeder.feedAll([{ kind: 'load', pool: 1, busy: 1 }, { kind: 'tick' }, { kind: 'tick' }]);
    expect(warmer.plan(1)).toMatchObject({ by: 'forecast', keepHot: 1 });
    expect(Number.isFinite(warmer.skiCost(feeder.nowMs))).toBe(true);
  });
});
