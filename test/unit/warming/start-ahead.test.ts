// Starts ahead of demand: only what is missing, hot ones first, and never for more than the budget bears.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrainPoolState } from '../../../src/core/warming/brain-pool.ts';
import {
  affordableStarts,
  standingOf,
  startAhead,
  type Standing,
} from '../../../src/core/warming/start-ahead.ts';
import { makeBrainPool, makeReport, monday } from './brain-fixtures.ts';

const nowMs = monday;
const nothing: Standing = makeReport(nowMs);
const all = { starts: 99, toPark: 99 };
const stand = (patch: Partial<Standing>): Standing => ({ ...nothing, ...patch });

describe('a wish', () => {
  test.each<[string, Partial<Standing>, { warmTo: number; parkTo: number }, number]>([
    ['for what is there already starts nothing', { hot: 1, parked: 1 }, { warmTo: 1, parkTo: 2 }, 0],
    ['that a parked replica fulfils by waking starts nothing', { parked: 2 }, { warmTo: 2, parkTo: 0 }, 0],
    ['for what comes already starts nothing', { coming: 1 }, { warmTo: 1, parkTo: 0 }, 0],
    ['for those who are here is not ahead of demand', { busy: 2 }, { warmTo: 2, parkTo: 0 }, 0],
    ['for more starts what is missing', { hot: 1 }, { warmTo: 3, parkTo: 4 }, 3],
  ])('%s', (_, standing, wish, starts) => {
    const ahead = startAhead(wish, stand(standing), nowMs, all);
    expect(ahead).toMatchObject({ wish, issued: { starts } });
  });

  test('beyond the room is cut, replicas to be hot last of all', () => {
    const wish = { warmTo: 2, parkTo: 4 };
    const cut = (starts: number): unknown => startAhead(wish, stand({ hot: 1 }), nowMs, { ...all, starts });
    expect(cut(0)).toEqual({ wish: { warmTo: 1, parkTo: 1 }, issued: { starts: 0, toPark: 0 } });
    expect(cut(1)).toEqual({ wish: { warmTo: 2, parkTo: 2 }, issued: { starts: 1, toPark: 0 } });
    expect(cut(2)).toEqual({ wish: { warmTo: 2, parkTo: 3 }, issued: { starts: 2, toPark: 1 } });
  });

  test('to wake what is parked outlives a lack of room for starts', () => {
    const none = { starts: 0, toPark: 0 };
    expect(startAhead({ warmTo: 1, parkTo: 4 }, stand({ parked: 2 }), nowMs, none).wish).toEqual({
      warmTo: 1,
      parkTo: 2,
    });
  });

  test('to park one needs a GPU to load it on', () => {
    const ahead = startAhead({ warmTo: 1, parkTo: 4 }, nothing, nowMs, { starts: 9, toPark: 1 });
    expect(ahead).toEqual({ wish: { warmTo: 1, parkTo: 2 }, issued: { starts: 2, toPark: 1 } });
  });

  test.each<[string, Partial<Standing>]>([
    ['refuses to start', { blockedUntilMs: nowMs + 1 }],
    ['is out of reach', { downSinceMs: nowMs - 9 }],
  ])('of a backend that %s is nothing', (_, standing) => {
    const wish = { warmTo: 2, parkTo: 3 };
    expect(startAhead(wish, stand({ parked: 1, ...standing }), nowMs, all)).toEqual({
      wish: { warmTo: 0, parkTo: 0 },
      issued: { starts: 0, toPark: 0 },
    });
    expect(startAhead(wish, stand({ blockedUntilMs: nowMs }), nowMs, all).wish).toEqual(wish);
  });

  test('is never raised, and never asks for more starts than there is room', () => {
    const count = fc.nat(6);
    const standings = fc.record({ busy: count, hot: count, coming: count, parked: count });
    const wishes = fc.record({ warmTo: count, parkTo: count });
    const rooms = fc.record({ starts: count, toPark: count });
    fc.assert(
      fc.property(wishes, standings, rooms, (wish, standing, { starts, toPark }) => {
        const { wish: left, issued } = startAhead(wish, stand(standing), nowMs, { starts, toPark });
        expect(left.warmTo).toBeLessThanOrEqual(wish.warmTo);
        expect(left.parkTo).toBeLessThanOrEqual(wish.parkTo);
        expect(issued.starts).toBeLessThanOrEqual(starts);
        expect(issued.toPark).toBeLessThanOrEqual(Math.min(toPark, issued.starts));
        const { hot, coming, parked, busy } = standing;
        const have = Math.max(busy, hot + coming + parked);
        expect(issued.starts).toBe(Math.max(0, Math.max(left.warmTo, left.parkTo) - have));
      }),
    );
  });
});

describe('a pool’s standing', () => {
  test('is what it reported, and that of one at rest once that is out of date', () => {
    const pool = new BrainPoolState(makeBrainPool());
    expect(standingOf(pool, nowMs, 1_000)).toMatchObject({ hot: 0, blockedUntilMs: null });
    pool.hear(makeReport(nowMs, { hot: 2, downSinceMs: 5, blockedUntilMs: 9 }));
    expect(standingOf(pool, nowMs + 1_000, 1_000)).toMatchObject({ hot: 2, downSinceMs: 5 });
    expect(standingOf(pool, nowMs + 1_001, 1_000)).toMatchObject({ hot: 0, downSinceMs: null });
  });
});

describe('the starts that can be afforded', () => {
  const fleet = (
    rows: readonly { grounded: number; speculated?: number; loading?: number; price?: number }[],
  ): readonly BrainPoolState[] =>
    rows.map(({ grounded, speculated = 0, loading = 0, price = 200 }, at) => {
      const config = makeBrainPool({ pool: `p${at}`, hotMicrosPerSecond: price, waitMicrosPerSecond: 0 });
      const pool = new BrainPoolState(config);
      const speculation = {
        groundedMs: grounded * 1_000,
        speculatedMs: speculated * 1_000,
        useful: 0,
        wasted: 0,
      };
      pool.hear(makeReport(nowMs, { speculation, loadingAhead: loading }));
      return pool;
    });
  const afford = (pools: readonly BrainPoolState[], at = 0, share = 0.5): number =>
    affordableStarts(pools, at, { share, standing: (index) => pools[index]?.report ?? nothing });

  test('are those whose loads fit into the share of what is paid in any case, of all pools together', () => {
    expect(afford(fleet([{ grounded: 100 }]))).toBe(5);
    expect(afford(fleet([{ grounded: 60 }, { grounded: 40 }]))).toBe(5);
    expect(afford(fleet([{ grounded: 99.9 }]))).toBe(4);
    expect(afford(fleet([{ grounded: 100, speculated: 31 }]))).toBe(1);
    expect(afford(fleet([{ grounded: 100, speculated: 99 }]))).toBe(0);
    expect(afford(fleet([{ grounded: 0 }]))).toBe(0);
  });

  test('are fewer by those that load now and those that others were asked for, not by what was asked of itself', () => {
    expect(afford(fleet([{ grounded: 100, loading: 2 }]))).toBe(3);
    const pools = fleet([{ grounded: 50 }, { grounded: 50 }]);
    for (const pool of pools) pool.issued = { starts: 2, toPark: 0 };
    expect(afford(pools)).toBe(3);
  });

  test('are counted in money: a dear pool’s start costs more of a cheap pool’s traffic', () => {
    const pools = fleet([
      { grounded: 100, price: 100 },
      { grounded: 0, price: 1_000 },
    ]);
    expect([afford(pools, 0), afford(pools, 1)]).toEqual([5, 0]);
  });

  test('are unbounded where they cost nothing, or nobody bounds them', () => {
    expect(afford(fleet([{ grounded: 1, price: 0 }]))).toBe(Infinity);
    expect(afford(fleet([{ grounded: 0 }]), 0, Infinity)).toBe(Infinity);
  });
});
