// What this week would have cost under fixed keep-alives: what the replay makes of them, with weeks that begin on Monday.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runReplay } from '../../../src/sim/replay/run-replay.ts';
import { fixedKeepAlive } from '../../../src/sim/rivals/fixed-windows.ts';
import type { WarmthFigures } from '../../../src/core/warming/exchange.ts';
import {
  keepAliveSeconds,
  RegretMeter,
  weekStartMs,
  type KeepAliveBill,
} from '../../../src/core/warming/regret-meter.ts';
import type { Workload } from '../../../src/sim/replay/workload.ts';
import { drawWorkload, hotOnly } from '../../support/replay-workload.ts';
import { monday } from './brain-fixtures.ts';

const figures: WarmthFigures = { loadSeconds: 23, wakeSeconds: null, parkedShare: 0, gamma: 10 };
const dayMs = 86_400_000;

function billOf(meter: RegretMeter, keepAlive: number, nowMs: number, priced = figures): KeepAliveBill {
  const bill = meter.bills(nowMs, priced).find((each) => each.keepAliveSeconds === keepAlive);
  if (bill === undefined) throw new Error('no such keep-alive');
  return bill;
}

/** Levels of a workload as a pool with these waits lives through it: up at arrivals, down at ends, ends first. */
function feed(meter: RegretMeter, { arrivalMs, execMs }: Workload, waitsMs: readonly number[]): void {
  const moments = [...arrivalMs].flatMap((atMs, request) => [
    { atMs, step: 1 },
    { atMs: atMs + (waitsMs[request] ?? 0) + (execMs[request] ?? 0), step: -1 },
  ]);
  moments.sort((a, b) => a.atMs - b.atMs || a.step - b.step);
  let busy = 0;
  for (const { atMs, step } of moments) meter.load((busy += step), monday + atMs, figures);
}

test('every keep-alive’s bill is what the replay makes of it', () => {
  const seeds = fc.integer({ min: 1, max: 1e6 });
  fc.assert(
    fc.property(seeds, fc.constantFrom(...keepAliveSeconds), (seed, keepAlive) => {
      // Everything ends within the day: what runs at its end is settled differently by the two. Run times are off the grid: no gap is
      // as long as a keep-alive to the millisecond, where the two may differ.
      const drawn = drawWorkload(seed, { requests: 80, pools: 1, gridSeconds: 1, busyShare: 0.9 });
      const workload = { ...drawn, execMs: drawn.execMs.map((ms, at) => ms + 7.3 + 0.11 * at) };
      const waitsMs: number[] = [];
      const replay = runReplay({
        workload,
        figures: hotOnly,
        policy: fixedKeepAlive(keepAlive),
        onServed: (request, waitMs) => void (waitsMs[request] = waitMs),
      });
      const meter = new RegretMeter();
      feed(meter, workload, waitsMs);
      const bill = billOf(meter, keepAlive, monday + dayMs);
      // Moments of the epoch with fractions of a millisecond lose their last digits; sums of eighty of them some more.
      expect(bill.colds).toBe(replay.cold);
      expect(bill.idleSeconds).toBeCloseTo(replay.gpuSeconds.idle, 3);
      expect(bill.loadSeconds).toBeCloseTo(replay.gpuSeconds.load, 3);
      expect(bill.costSeconds).toBeCloseTo(replay.cost, 3);
    }),
    { numRuns: 60 },
  );
});

test('weeks begin on Monday, 00:00 UTC', () => {
  expect(new Date(weekStartMs(monday)).toUTCString()).toMatch(/^Mon, .* 00:00:00 GMT$/);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 7 * dayMs - 1 }),
      fc.integer({ min: -2_000, max: 2_000 }),
      (ms, week) => {
        const start = monday + week * 7 * dayMs;
        expect(weekStartMs(start + ms)).toBe(start);
      },
    ),
  );
});

describe('a gap that is still open', () => {
  test('is paid for up to now, or up to the keep-alive, and is no cold start', () => {
    const meter = new RegretMeter();
    meter.load(1, monday + 10_000, figures);
    meter.load(0, monday + 20_000, figures);
    expect(billOf(meter, 60, monday + 50_000)).toMatchObject({ idleSeconds: 30, colds: 1 });
    expect(billOf(meter, 60, monday + 500_000)).toMatchObject({ idleSeconds: 60, colds: 1 });
    expect(billOf(meter, 600, monday + 500_000)).toMatchObject({ idleSeconds: 480, colds: 1 });
  });

  test('that goes on into the next week is paid there from Monday on', () => {
    const meter = new RegretMeter();
    const nextMonday = monday + 7 * dayMs;
    meter.load(1, nextMonday - 20_000, figures);
    meter.load(0, nextMonday - 10_000, figures);
    expect(billOf(meter, 60, nextMonday - 1)).toMatchObject({ colds: 1 });
    expect(billOf(meter, 60, nextMonday + 30_000)).toMatchObject({ colds: 0, idleSeconds: 30 });
    meter.load(1, nextMonday + 40_000, figures);
    expect(billOf(meter, 60, nextMonday + 40_000)).toMatchObject({ colds: 0, idleSeconds: 40 });
    expect(billOf(meter, 30, nextMonday + 40_000)).toMatchObject({ colds: 1, idleSeconds: 20 });
  });
});

test('what is heard late of the week before costs nothing this week, and never less than nothing', () => {
  const meter = new RegretMeter();
  const nextMonday = monday + 7 * dayMs;
  meter.load(1, nextMonday - 50_000, figures);
  meter.load(0, nextMonday - 40_000, figures);
  meter.turnTo(nextMonday + 1);
  meter.load(1, nextMonday - 5_000, figures);
  expect(billOf(meter, 60, nextMonday + 1).idleSeconds).toBe(0);
  const floored = new RegretMeter();
  const held = { ...figures, floor: 1 };
  floored.hold(1, nextMonday - 50_000);
  floored.turnTo(nextMonday + 1);
  floored.load(1, nextMonday - 5_000, held);
  expect(billOf(floored, 60, nextMonday + 1, held).idleSeconds).toBe(0);
});

describe('a floor', () => {
  const held = { ...figures, floor: 1 };

  test('is paid for under every keep-alive from the moment it is held, used or not, and is never cold', () => {
    const meter = new RegretMeter();
    meter.hold(1, monday + 1_000);
    for (const { idleSeconds, colds } of meter.bills(monday + 11_000, held))
      expect([idleSeconds, colds]).toEqual([10, 0]);
    meter.load(1, monday + 21_000, held);
    meter.load(0, monday + 31_000, held);
    for (const { idleSeconds, colds } of meter.bills(monday + 41_000, held))
      expect([idleSeconds, colds]).toEqual([30, 0]);
  });

  test('that is held again changes nothing', () => {
    const meter = new RegretMeter();
    for (const ms of [1_000, 2_000, 9_000]) meter.hold(1, monday + ms);
    expect(billOf(meter, 2, monday + 11_000, held).idleSeconds).toBe(10);
  });

  test('does not keep what is above it', () => {
    const meter = new RegretMeter();
    meter.hold(1, monday + 1_000);
    meter.load(2, monday + 2_000, held);
    expect(billOf(meter, 2, monday + 2_000, held)).toMatchObject({ colds: 1, idleSeconds: 1 });
  });
});

test('turning says whether a week has begun: the first time, at each Monday, and not between', () => {
  const meter = new RegretMeter();
  expect(meter.turnTo(monday + dayMs)).toBe(true);
  expect(meter.sinceMs).toBe(monday + dayMs);
  expect(meter.turnTo(monday + 7 * dayMs - 1)).toBe(false);
  expect(meter.turnTo(monday + 7 * dayMs)).toBe(true);
  expect(meter.sinceMs).toBe(monday + 7 * dayMs);
  expect(meter.turnTo(monday)).toBe(false);
});

test('a meter that was written down and read again goes on as if it had not been', () => {
  const meter = new RegretMeter();
  feed(meter, drawWorkload(5, { requests: 40, pools: 1, gridSeconds: 1, busyShare: 0.5 }), []);
  const again = new RegretMeter();
  expect(
    again.restore(JSON.parse(JSON.stringify(meter.snapshot())) as ReturnType<RegretMeter['snapshot']>),
  ).toBe(true);
  for (const each of [meter, again]) each.load(2, monday + 80_000_000, figures);
  expect(again.bills(monday + dayMs, figures)).toEqual(meter.bills(monday + dayMs, figures));
  expect(again.restore({ ...meter.snapshot(), bills: [] })).toBe(false);
});
