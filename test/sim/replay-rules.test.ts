// The rules of the replay, each on a case small enough to be counted by hand. Loads take 23 s, wakes 2 s.
import { describe, expect, it } from 'vitest';
import { offlineOptimum } from '../../src/sim/replay/offline-optimum.ts';
import { runReplay, type ReplayOptions, type ReplayResult } from '../../src/sim/replay/run-replay.ts';
import { fixedKeepAlive, fixedTwoTier } from '../../src/sim/rivals/fixed-windows.ts';
import { dayMs, hotOnly, policyOf, withParking, workloadOf, type Row } from '../support/replay-workload.ts';

type Rest = Partial<Omit<ReplayOptions, 'workload'>> & { readonly days?: number };

/** The result with the waits in seconds, by request. */
function replay(rows: readonly Row[], rest: Rest): ReplayResult & { readonly waits: number[] } {
  const waits: number[] = [];
  const result = runReplay({
    workload: workloadOf(rows, rest.days),
    figures: hotOnly,
    policy: fixedKeepAlive(60),
    onServed: (request, waitMs) => {
      waits[request] = waitMs / 1000;
    },
    ...rest,
  });
  expect(result.lifetimeCheck).toBeLessThan(1e-6);
  return { ...result, waits };
}

describe('fixed keep-alive', () => {
  it('charges the load, the work and the whole window of a lone request', () => {
    const result = replay([{ at: 100, exec: 10 }], {});
    expect(result.waits).toEqual([23]);
    expect(result.gpuSeconds).toEqual({ busy: 10, idle: 60, load: 23, parked: 0, total: 93 });
    expect(result).toMatchObject({ cold: 1, woken: 0, coldShare: 1, starts: 1, cost: 60 + 23 + 10 * 23 });
  });

  it('a request at the very end of the window finds the replica gone; one a ms earlier does not', () => {
    const at = 100 + 23 + 10 + 60;
    expect(
      replay(
        [
          { at: 100, exec: 10 },
          { at, exec: 1 },
        ],
        {},
      ).waits,
    ).toEqual([23, 23]);
    expect(
      replay(
        [
          { at: 100, exec: 10 },
          { at: at - 0.001, exec: 1 },
        ],
        {},
      ).waits,
    ).toEqual([23, 0]);
  });

  it('a request at the very end of another is served by its replica, also without any window', () => {
    const rows = [
      { at: 100, exec: 10 },
      { at: 133, exec: 1 },
    ];
    expect(replay(rows, { policy: fixedKeepAlive(60) }).waits).toEqual([23, 0]);
    expect(replay(rows, { policy: fixedKeepAlive(0) }).waits).toEqual([23, 23]);
  });

  it('takes the replica that became idle last, so that the other one ends', () => {
    const rows = [
      { at: 0, exec: 10 },
      { at: 0, exec: 20 },
      { at: 50, exec: 1 },
    ];
    // Idle since 33 and 43; the third is served by the later one, and each ends 60 s after its own last work.
    expect(replay(rows, {}).gpuSeconds).toMatchObject({ busy: 31, idle: 60 + 7 + 60, load: 46 });
  });

  it('removes what is idle at the end of the span and lets what runs finish', () => {
    const rows = [
      { at: 86_300, exec: 10 },
      { at: 86_390, exec: 100, pool: 1 },
    ];
    const { gpuSeconds } = replay(rows, { policy: fixedKeepAlive(3600) });
    expect(gpuSeconds).toMatchObject({ busy: 110, idle: 86_400 - 86_333, load: 46 });
  });

  it('gives quantiles of all waits by nearest rank, those of zero included', () => {
    // 100 requests, one after the other within the window: the first five find nothing, each in a pool of its own.
    const cold = Array.from({ length: 5 }, (_, pool) => ({ at: pool, exec: 1, pool }));
    const hot = Array.from({ length: 95 }, (_, index) => ({ at: 30 + index * 10, exec: 1 }));
    expect(replay([...cold, ...hot], {}).wait).toEqual({ mean: 1.15, p50: 0, p95: 0, p99: 23 });
    expect(replay([...cold, ...hot.slice(1)], {}).wait).toMatchObject({ p95: 23 });
    expect(replay([], {}).wait).toEqual({ mean: 0, p50: 0, p95: 0, p99: 0 });
  });

  it('charges each day what passed on it', () => {
    const { days } = replay([{ at: 86_390, exec: 10 }], { days: 2 });
    expect(days).toEqual([
      { requests: 1, cold: 1, waitSeconds: 23, idleSeconds: 0, loadSeconds: 10, parkedSeconds: 0 },
      { requests: 0, cold: 0, waitSeconds: 0, idleSeconds: 60, loadSeconds: 13, parkedSeconds: 0 },
    ]);
  });
});

describe('two tiers', () => {
  const policy = fixedTwoTier(60, 600);

  it('parks after the first window, wakes for a request and stops after the second', () => {
    const rows = [
      { at: 0, exec: 10 },
      { at: 33 + 60, exec: 5 },
    ];
    const result = replay(rows, { figures: withParking, policy });
    expect(result.waits).toEqual([23, 2]);
    expect(result).toMatchObject({ cold: 1, woken: 1, starts: 1 });
    // Parked at 93, where the second request comes at once and wakes it: ready at 95, idle from 100.
    expect(result.gpuSeconds).toEqual({ busy: 15, idle: 120, load: 25, parked: 540, total: 700 });
    expect(result.cost).toBeCloseTo(120 + 25 + 54 + 10 * 25, 9);
  });

  it('wakes the replica that was parked last', () => {
    const rows = [
      { at: 0, exec: 10 },
      { at: 0, exec: 20 },
      { at: 200, exec: 1 },
    ];
    // Idle since 33 and 43, parked 60 s later each. The second one is woken; the first is stopped at 633.
    const { gpuSeconds } = replay(rows, { figures: withParking, policy });
    expect(gpuSeconds.parked).toBe(540 + (200 - 103) + 540);
  });

  it('only stops where the fleet cannot park', () => {
    expect(replay([{ at: 0, exec: 10 }], { policy }).gpuSeconds).toMatchObject({ idle: 600, parked: 0 });
  });
});

describe('what a policy starts ahead of demand', () => {
  it('serves without a wait once it is loaded', () => {
    const policy = policyOf({
      begin: (fleet) => fleet.callAt(0, 100_000),
      onTimer: (_, fleet) => fleet.prewarm(0),
    });
    const result = replay([{ at: 123, exec: 10 }], { policy });
    expect(result).toMatchObject({ cold: 0, woken: 0, starts: 1, prewarms: { useful: 1, wasted: 0 } });
    expect(result.gpuSeconds).toMatchObject({ load: 23, idle: 86_400 - 133 });
  });

  it('is taken by a request before it is ready, which waits for the rest of its load', () => {
    const policy = policyOf({ ...fixedKeepAlive(60), begin: (fleet) => fleet.prewarm(0) });
    const rows = [
      { at: 15, exec: 10 },
      { at: 16, exec: 10 },
    ];
    const result = replay(rows, { policy });
    expect(result.waits).toEqual([8, 23]);
    expect(result).toMatchObject({ cold: 2, starts: 2, prewarms: { useful: 1, wasted: 0 } });
  });

  it('of several that come, the one that is ready first is taken', () => {
    const loads = [50_000, 10_000];
    const policy = policyOf({
      begin: (fleet) => {
        fleet.prewarm(0);
        fleet.prewarm(0);
      },
    });
    const drawLoadMs = (): number => loads.shift() ?? 0;
    expect(replay([{ at: 4, exec: 1 }], { policy, drawLoadMs }).waits).toEqual([6]);
  });

  it('comes after what is parked: a wake is preferred to a load under way', () => {
    const policy = policyOf({
      begin: (fleet) => {
        fleet.prepark(0);
        fleet.callAt(0, 30_000);
      },
      onTimer: (_, fleet) => fleet.prewarm(0),
    });
    const result = replay([{ at: 31, exec: 1 }], { policy, figures: withParking });
    expect(result.waits).toEqual([2]);
    expect(result).toMatchObject({ cold: 0, woken: 1, starts: 2, prewarms: { useful: 1, wasted: 1 } });
  });

  it('is wasted when it is put away unused, and its cost stays speculated', () => {
    const seen: number[] = [];
    const policy = policyOf({
      ...fixedKeepAlive(60),
      begin: (fleet) => fleet.prewarm(0),
      tickMs: 10_000,
      onTick: (fleet) => {
        if (fleet.nowMs === 20_000 || fleet.nowMs === 40_000 || fleet.nowMs === 90_000)
          seen.push(fleet.speculatedSeconds());
      },
    });
    const result = replay([{ at: 200, exec: 1 }], { policy });
    expect(seen).toEqual([20, 40, 83]);
    expect(result.prewarms).toEqual({ useful: 0, wasted: 1 });
  });

  it('is given back on its first use, and the time it was held counts as paid by anyone', () => {
    const seen: [number, number][] = [];
    const policy = policyOf({
      ...fixedKeepAlive(60),
      begin: (fleet) => fleet.prewarm(0),
      tickMs: 10_000,
      onTick: (fleet) => {
        if ([50_000, 60_000, 80_000, 400_000].includes(fleet.nowMs))
          seen.push([fleet.speculatedSeconds(), fleet.groundedSeconds()]);
      },
    });
    replay(
      [
        { at: 55, exec: 10 },
        { at: 300, exec: 1 },
      ],
      { policy },
    );
    // Held from 23 to 55, idle again from 65 to 125; the second request waits for a load of its own from 300 and leaves 60 s idle.
    expect(seen).toEqual([
      [50, 0],
      [0, 32],
      [0, 32 + 15],
      [0, 32 + 60 + 23 + 60],
    ]);
  });

  it('a replica parked ahead that a request wakes is given back, and that wake counts as paid by anyone', () => {
    const seen: [number, number][] = [];
    const policy = policyOf({
      ...fixedKeepAlive(60),
      begin: (fleet) => fleet.prepark(0),
      tickMs: 100_000,
      onTick: (fleet) => seen.push([fleet.speculatedSeconds(), fleet.groundedSeconds()]),
    });
    const { prewarms } = replay([{ at: 123, exec: 10 }], { policy, figures: withParking });
    // Loaded to 23 and parked to 123: 23 + 7.7 s by the tick at 100; given back at 123, where the wake of 2 s begins, then 60 s idle.
    const rounded = seen
      .slice(1, 3)
      .flat()
      .map((each) => Number(each.toFixed(6)));
    expect(rounded).toEqual([30.7, 0, 0, 10 + 2 + 60]);
    expect(prewarms).toEqual({ useful: 1, wasted: 0 });
  });

  it('a used replica that is woken ahead speculates with its wake and the time until its use alone', () => {
    const seen: [number, number][] = [];
    const policy = policyOf({
      ...fixedTwoTier(60, 10_000),
      tickMs: 100_000,
      onTick: (fleet) => {
        if (fleet.nowMs === 200_000 || fleet.nowMs === 400_000) expect(fleet.wake(0)).toBe(true);
        if (fleet.nowMs >= 300_000 && fleet.nowMs <= 500_000)
          seen.push([fleet.speculatedSeconds(), fleet.groundedSeconds()]);
      },
    });
    const rows = [
      { at: 0, exec: 10 },
      { at: 420, exec: 10 },
    ];
    const { prewarms } = replay(rows, { policy, figures: withParking });
    // Parked 93..200; woken 200..202, idle ..262, parked again and so wasted; woken 400, idle 402..420, used, idle 430..490, parked.
    const parked = (seconds: number): number => 0.1 * seconds;
    const expected = [
      [62, 23 + 60 + parked(107 + 38)],
      [62, 23 + 60 + parked(107 + 138)],
      [62, 23 + 60 + parked(107 + 138 + 10) + 18 + 60],
    ];
    expect(seen.flat().map((each) => Number(each.toFixed(6)))).toEqual(expected.flat());
    expect(prewarms).toEqual({ useful: 1, wasted: 1 });
  });
});

describe('what a policy sees', () => {
  it('counts everything that is there, and requests that wait as busy', () => {
    const seen: number[][] = [];
    const policy = policyOf({
      begin: (fleet) => fleet.prepark(0),
      onArrival: (pool, _, fleet) => fleet.nowMs >= 100_000 && fleet.prewarm(pool),
      tickMs: 10_000,
      onTick: (fleet) =>
        fleet.nowMs > 90_000 &&
        fleet.nowMs <= 160_000 &&
        seen.push([fleet.busy(0), fleet.idle(0), fleet.coming(0), fleet.parked(0), fleet.oldestIdleMs(0)]),
      windows: () => ({ parkAfterMs: Infinity, stopAfterMs: 15_000 }),
    });
    replay([{ at: 105, exec: 10 }], { policy, figures: withParking });
    // The request wakes the parked one at 105 (busy to 117, stopped at 132); the prewarm loads to 128 and is stopped at 143.
    expect(seen).toEqual([
      [0, 0, 0, 1, -1],
      [1, 0, 1, 0, -1],
      [0, 1, 1, 0, 3000],
      [0, 2, 0, 0, 13_000],
      [0, 1, 0, 0, 12_000],
      [0, 0, 0, 0, -1],
      [0, 0, 0, 0, -1],
    ]);
  });

  it('at one instant: ends, expiries, timers, ticks, arrivals', () => {
    const order: string[] = [];
    const policy = policyOf({
      begin: (fleet) => fleet.callAt(1, 60_000),
      tickMs: 60_000,
      onArrival: (pool, _, fleet) => order.push(`arrival ${pool} at ${fleet.nowMs}, idle ${fleet.idle(0)}`),
      onEnd: (pool, fleet) => order.push(`end ${pool} at ${fleet.nowMs}, idle ${fleet.idle(0)}`),
      onTick: (fleet) => fleet.nowMs <= 60_000 && order.push(`tick at ${fleet.nowMs}, idle ${fleet.idle(0)}`),
      onTimer: (pool, fleet) => order.push(`timer ${pool} at ${fleet.nowMs}, idle ${fleet.idle(0)}`),
      windows: () => ({ parkAfterMs: Infinity, stopAfterMs: 27_000 }),
    });
    replay(
      [
        { at: 0, exec: 10 },
        { at: 27, exec: 10, pool: 1 },
        { at: 60, exec: 1, pool: 1 },
      ],
      { policy },
    );
    expect(order.slice(0, 7)).toEqual([
      'tick at 0, idle 0',
      'arrival 0 at 0, idle 0',
      'arrival 1 at 27000, idle 0',
      'end 0 at 33000, idle 1',
      'end 1 at 60000, idle 1',
      'timer 1 at 60000, idle 0',
      'tick at 60000, idle 0',
    ]);
    expect(order[7]).toBe('arrival 1 at 60000, idle 0');
  });

  it('its clock goes on from the history, which it learns first', () => {
    const seen: unknown[] = [];
    const policy = policyOf({
      learn: ({ arrivals, endMs }) => seen.push([...arrivals], endMs),
      begin: (fleet) => seen.push(fleet.nowMs),
      onArrival: (_, __, fleet) => seen.push(fleet.nowMs),
    });
    const history = workloadOf([{ at: 7, exec: 3, tenant: 1 }], 2);
    replay([{ at: 5, exec: 1 }], { policy, history });
    expect(seen).toEqual([
      [{ atMs: 7000, pool: 0, tenant: 1, execMs: 3000 }],
      2 * dayMs,
      2 * dayMs,
      2 * dayMs + 5000,
    ]);
  });

  it('a later timer for the same pool replaces the earlier one, null forgets it', () => {
    const fired: number[] = [];
    const policy = policyOf({
      begin: (fleet) => {
        fleet.callAt(0, 10_000);
        fleet.callAt(0, 20_000);
        fleet.callAt(1, 15_000);
        fleet.callAt(1, null);
      },
      onTimer: (_, fleet) => fired.push(fleet.nowMs),
    });
    replay([{ at: 100, exec: 1, pool: 1 }], { policy });
    expect(fired).toEqual([20_000]);
  });
});

describe('progress', () => {
  it('is told about a hundred times, never backwards, and ends at 1', () => {
    const shares: number[] = [];
    const policy = policyOf({ tickMs: 30_000, onTick: () => undefined });
    replay([{ at: 5, exec: 1 }], { policy, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(shares.length).toBeGreaterThan(50);
    expect(shares.length).toBeLessThan(110);
  });
});

describe('a shared queue', () => {
  const shared = { queueing: 'shared' } as const;
  const rows = [
    { at: 0, exec: 10 },
    { at: 25, exec: 10 },
    { at: 26, exec: 10 },
  ];

  it('gives what becomes free to who waits longest; what was started meanwhile is kept like any other', () => {
    // Ready 23, free 33: serves the second until 43 and then the third, before the loads of 48 and 49.
    const result = replay(rows, shared);
    expect(result.waits).toEqual([23, 8, 17]);
    expect(result.gpuSeconds).toMatchObject({ busy: 30, load: 69, idle: 60 + 60 + 60 });
    expect(replay(rows, {}).waits).toEqual([23, 23, 23]);
  });

  it('starts nothing while those that come suffice for those who wait', () => {
    const policy = policyOf({ ...fixedKeepAlive(60), begin: (fleet) => fleet.prewarm(0) });
    const result = replay(
      [
        { at: 1, exec: 10 },
        { at: 2, exec: 10 },
      ],
      { ...shared, policy },
    );
    expect(result).toMatchObject({ starts: 2, cold: 2, prewarms: { useful: 1, wasted: 0 } });
    expect(result.waits).toEqual([22, 23]);
  });
});

describe('perfect foresight', () => {
  const rows = [
    { at: 100, exec: 10 },
    { at: 133, exec: 10 },
    { at: 1000, exec: 1 },
  ];

  it('keeps a replica over a gap no longer than a load and loads just in time over a longer one', () => {
    const optimum = offlineOptimum(workloadOf(rows), hotOnly);
    expect(optimum).toMatchObject({
      idleSeconds: 23,
      loadSeconds: 46,
      parkedSeconds: 0,
      starts: 2,
      busySeconds: 21,
    });
  });

  it('parks over a gap when that is cheaper than both', () => {
    const optimum = offlineOptimum(workloadOf(rows), withParking);
    // 23 s hot would cost 23; parked for 21 s and woken for 2 s costs 4.1. 857 s parked would cost more than a load.
    expect(optimum).toMatchObject({ idleSeconds: 0, parkedSeconds: 21, loadSeconds: 23 + 2 + 23, starts: 2 });
  });

  it('requests without length do not hand a replica to themselves', () => {
    const instants = [
      { at: 5, exec: 0 },
      { at: 5, exec: 0 },
    ];
    expect(offlineOptimum(workloadOf(instants), hotOnly)).toMatchObject({ starts: 1, idleSeconds: 0 });
  });
});
