// The shadow of fixed windows against the simulator: on the loads of the same run it is exact, and where loads take no time it is exact
// for whatever policy runs, because then no wait shifts the end of a request.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WarmthFigures } from '../../../src/core/warming/exchange.ts';
import {
  addGap,
  GapBook,
  priceBill,
  WindowShadow,
  type ShadowBill,
  type ShadowWindow,
} from '../../../src/core/warming/window-shadow.ts';
import type { FleetFigures, FleetPolicy } from '../../../src/sim/replay/fleet-policy.ts';
import { runReplay } from '../../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../../src/sim/replay/workload.ts';
import { fixedKeepAlive, fixedTwoTier } from '../../../src/sim/rivals/fixed-windows.ts';
import { drawWorkload } from '../../support/replay-workload.ts';
import { throughJson } from '../demand/demand-stream.ts';

const none: ShadowBill = { idleSeconds: 0, parkedSeconds: 0, loadSeconds: 0, waitSeconds: 0, colds: 0 };
const parking: WarmthFigures = { loadSeconds: 23, wakeSeconds: 2, parkedShare: 0.1, gamma: 8 };
const hotOnly: WarmthFigures = { ...parking, wakeSeconds: null };
const window: ShadowWindow = { hotSeconds: 60, totalSeconds: 600 };

describe('one gap', () => {
  test.each([
    ['used within the hot window', 59, { idleSeconds: 59 }],
    ['used at its very end: it is parked by then', 60, { idleSeconds: 60, loadSeconds: 2, waitSeconds: 2 }],
    ['used while parked', 100, { idleSeconds: 60, parkedSeconds: 40, loadSeconds: 2, waitSeconds: 2 }],
    [
      'used after the end',
      600,
      { idleSeconds: 60, parkedSeconds: 540, loadSeconds: 23, waitSeconds: 23, colds: 1 },
    ],
    ['never used before', Infinity, { loadSeconds: 23, waitSeconds: 23, colds: 1 }],
  ])('%s', (_, gap, bill) => {
    const shadow = new WindowShadow(window);
    shadow.close(gap, parking);
    expect(shadow.bill).toEqual({ ...none, ...bill });
  });

  test('a first use is a cold start under a window without end too', () => {
    const shadow = new WindowShadow({ hotSeconds: Infinity, totalSeconds: Infinity });
    shadow.close(Infinity, hotOnly);
    shadow.close(1e9, hotOnly);
    expect(shadow.bill).toEqual({ ...none, idleSeconds: 1e9, loadSeconds: 23, waitSeconds: 23, colds: 1 });
  });

  test('of which only what came later is charged', () => {
    for (const [from, idle, parked] of [
      [0, 60, 140],
      [50, 10, 140],
      [100, 0, 100],
      [500, 0, 0],
    ] as const) {
      const bill = { ...none };
      addGap(bill, window, 200, from);
      expect([bill.idleSeconds, bill.parkedSeconds]).toEqual([idle, parked]);
    }
  });

  test('of a level that is kept for good is idle from end to end', () => {
    const shadow = new WindowShadow(window);
    shadow.hold(5_000);
    shadow.hold(Infinity);
    expect(shadow.bill).toEqual({ ...none, idleSeconds: 5_000 });
  });
});

test('a bill is priced in GPU-seconds, waiting by gamma and parking by its share', () => {
  const bill = { idleSeconds: 1, parkedSeconds: 10, loadSeconds: 100, waitSeconds: 1_000, colds: 7 };
  expect(priceBill(bill, parking)).toBe(1 + 1 + 100 + 8_000);
});

describe('against the simulator', () => {
  const shapes = fc.record({
    seed: fc.nat(1e6),
    requests: fc.integer({ min: 1, max: 150 }),
    loadMs: fc.constantFrom(0, 1_000, 23_000, 240_000),
    hotSeconds: fc.constantFrom(0, 60, 120, 600, 7_200),
    parkedSeconds: fc.constantFrom(0, 60, 600, 40_000),
    parks: fc.boolean(),
  });
  type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;
  // A request of no length at the very beginning, which was once taken for none.
  const hotAtZero = { loadMs: 0, parkedSeconds: 0, parks: false } as const;
  const examples: [Shape][] = [
    [{ ...hotAtZero, seed: 349_845, requests: 72, hotSeconds: 120 }],
    [{ ...hotAtZero, seed: 423_859, requests: 24, hotSeconds: 600 }],
  ];

  function setting({ seed, requests, loadMs, hotSeconds, parkedSeconds, parks }: Shape): {
    workload: Workload;
    figures: FleetFigures;
    policy: FleetPolicy;
    book: PoolBooks;
  } {
    const wakeMs = parks ? loadMs / 10 : null;
    const workload = drawWorkload(seed, { requests, pools: 2, gridSeconds: 60 });
    const totalSeconds = hotSeconds + (parks ? parkedSeconds : 0);
    return {
      workload,
      figures: { loadMs, wakeMs, parkedShare: 0.1, gamma: 7 },
      policy: parks ? fixedTwoTier(hotSeconds, totalSeconds) : fixedKeepAlive(hotSeconds),
      book: new PoolBooks(
        { hotSeconds, totalSeconds },
        {
          loadSeconds: loadMs / 1_000,
          wakeSeconds: wakeMs === null ? null : wakeMs / 1_000,
          parkedShare: 0.1,
          gamma: 7,
        },
      ),
    };
  }

  test('windows under most-recently-idle-first service cost what the shadow of their own loads says', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { workload, figures, policy, book } = setting(shape);
        const result = runReplay({ workload, figures, policy: book.watch(policy) });
        const bill = book.total(workload.endMs);
        expect(bill.colds).toBe(result.cold);
        expect(bill.idleSeconds).toBeCloseTo(result.gpuSeconds.idle, 4);
        expect(bill.parkedSeconds).toBeCloseTo(result.gpuSeconds.parked, 4);
        expect(bill.loadSeconds).toBeCloseTo(result.gpuSeconds.load, 4);
        expect(book.cost(workload.endMs) / Math.max(1, result.cost)).toBeCloseTo(
          result.cost / Math.max(1, result.cost),
          9,
        );
      }),
      { numRuns: 150, examples },
    );
  });

  test('where loads take no time, also when another policy runs', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { workload, figures, policy, book } = setting({ ...shape, loadMs: 0 });
        const result = runReplay({ workload, figures, policy });
        runReplay({ workload, figures, policy: book.watch(fixedKeepAlive(300)) });
        expect(book.cost(workload.endMs)).toBeCloseTo(result.cost, 3);
      }),
      { numRuns: 60, examples },
    );
  });
});

/** Shadows of one window over all pools of a fleet, told of every load by a policy in front of another. */
class PoolBooks {
  readonly #books = new Map<number, { readonly gaps: GapBook; readonly shadow: WindowShadow }>();
  readonly #window: ShadowWindow;
  readonly #figures: WarmthFigures;

  constructor(kept: ShadowWindow, figures: WarmthFigures) {
    this.#window = kept;
    this.#figures = figures;
  }

  watch(policy: FleetPolicy): FleetPolicy {
    const load = (pool: number, busy: number, nowMs: number): void => {
      const { gaps, shadow } = this.#of(pool);
      gaps.load(busy, nowMs, (gap) => shadow.close(gap, this.#figures));
    };
    return {
      ...policy,
      onArrival: (pool, _, fleet) => load(pool, fleet.busy(pool) + 1, fleet.nowMs),
      onEnd: (pool, fleet) => load(pool, fleet.busy(pool), fleet.nowMs),
    };
  }

  total(nowMs: number): ShadowBill {
    const sum = { ...none };
    for (const { gaps, shadow } of this.#books.values()) {
      const { bill } = shadow;
      for (const name of Object.keys(sum) as (keyof ShadowBill)[]) sum[name] += bill[name];
      gaps.eachOpen(nowMs, (gap) => addGap(sum, shadow.window, gap));
    }
    return sum;
  }

  /** By the path that the warmer takes: closed gaps priced as a bill, open ones as a cost. */
  cost(nowMs: number): number {
    const { parkedShare } = this.#figures;
    return [...this.#books.values()].reduce(
      (sum, { gaps, shadow }) =>
        sum + priceBill(shadow.bill, this.#figures) + gaps.openCost(nowMs, shadow.window, parkedShare, 0),
      0,
    );
  }

  #of(pool: number): { readonly gaps: GapBook; readonly shadow: WindowShadow } {
    const known = this.#books.get(pool) ?? { gaps: new GapBook(), shadow: new WindowShadow(this.#window) };
    this.#books.set(pool, known);
    return known;
  }
}

describe('a book of gaps', () => {
  const tell = (gaps: GapBook, busy: number, nowMs: number): (readonly [number, number])[] => {
    const told: (readonly [number, number])[] = [];
    gaps.load(busy, nowMs, (gap, level) => told.push([gap, level]));
    return told;
  };

  test('tells the gap of each level that is used again, and no other', () => {
    const gaps = new GapBook();
    expect(tell(gaps, 2, 10_000)).toEqual([
      [Infinity, 1],
      [Infinity, 2],
    ]);
    expect(tell(gaps, 1, 20_000)).toEqual([]);
    expect(tell(gaps, 0, 50_000)).toEqual([]);
    expect(tell(gaps, 2, 60_000)).toEqual([
      [10, 1],
      [40, 2],
    ]);
    expect(tell(gaps, 2, 70_000)).toEqual([]);
  });

  test('a use that ends at 0 is a use, and one through JSON too', () => {
    const gaps = new GapBook();
    tell(gaps, 1, 0);
    tell(gaps, 0, 0);
    gaps.hold(2, 0);
    expect(gaps.openCost(30_000, window, 0.1, 0)).toBe(60);
    const copy = new GapBook();
    expect(copy.restore(throughJson(gaps.snapshot()))).toBe(true);
    expect(tell(copy, 2, 30_000)).toEqual([
      [30, 1],
      [30, 2],
    ]);
  });

  test('levels beyond the bound are not told of', () => {
    const gaps = new GapBook();
    expect(tell(gaps, 1e9, 1_000)).toHaveLength(256);
    expect([gaps.busy, tell(gaps, -5, 2_000).length, gaps.busy]).toEqual([256, 0, 0]);
  });

  test('open gaps cost what they cost so far; a floor stays hot for good', () => {
    const gaps = new GapBook();
    tell(gaps, 3, 1_000);
    tell(gaps, 0, 2_000);
    const cost = (floor: number): number => gaps.openCost(102_000, window, 0.1, floor);
    expect([0, 1, 3].map(cost)).toEqual([3 * (60 + 4), 100 + 2 * 64, 300]);
    const open: number[] = [];
    gaps.eachOpen(102_000, (gap) => open.push(gap));
    expect(open).toEqual([100, 100, 100]);
  });

  test('through JSON goes on as the original, load by load', () => {
    const loads = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 1e6 })));
    fc.assert(
      fc.property(loads, loads, (before, after) => {
        const original = new GapBook();
        let nowMs = 1_000;
        for (const [busy, passedMs] of before) tell(original, busy, (nowMs += passedMs));
        const copy = new GapBook();
        expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
        for (const [busy, passedMs] of after) {
          nowMs += passedMs;
          expect(tell(copy, busy, nowMs)).toEqual(tell(original, busy, nowMs));
        }
        expect(copy.snapshot()).toEqual(original.snapshot());
      }),
    );
  });

  test.each([
    ['NaN', [0, [Number.NaN]]],
    ['a load that is none', [Number.NaN, [1]]],
    ['a negative load', [-1, [1]]],
    ['half a load', [0.5, [1]]],
    ['a load above its levels', [2, [1]]],
    ['too many levels', [0, Array.from({ length: 257 }, () => 1)]],
  ] as const)('of %s is refused, and nothing changes', (_, snapshot) => {
    const gaps = new GapBook();
    tell(gaps, 2, 1_000);
    const before = gaps.snapshot();
    expect(gaps.restore(throughJson(snapshot))).toBe(false);
    expect(gaps.snapshot()).toEqual(before);
  });
});

test('a bill is taken up whole, or not at all when it holds what is no number', () => {
  const shadow = new WindowShadow(window);
  shadow.close(100, parking);
  const { bill } = shadow;
  const copy = new WindowShadow(window);
  expect(copy.restore(throughJson(bill))).toBe(true);
  expect(copy.bill).toEqual(bill);
  expect(copy.restore({ ...bill, colds: Number.NaN })).toBe(false);
  expect(copy.bill).toEqual(bill);
});
