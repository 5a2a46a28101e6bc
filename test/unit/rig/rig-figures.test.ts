// The figures that the rig makes of what it has seen: throughput of clients in a row, what is the gateway's own of a delay, when a storm is
// over, how a broken target was left alone.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { rateOf } from '../../rig/load/closed-loop.ts';
import { beyondProbes } from '../../rig/load/lag-probe.ts';
import { readRound, type Sample } from '../../rig/scenarios/counter-watch.ts';
import { lastBadMs } from '../../rig/scenarios/storms.ts';

describe('the throughput of one client', () => {
  const row = (count: number, tookMs: number, fromMs = 0) =>
    Array.from({ length: count }, (_, at) => ({
      verdict: 'ok' as const,
      intendedMs: fromMs + at * tookMs,
      tookMs,
    }));

  it('does not depend on where the window is cut', () => {
    const tries = fc.tuple(fc.integer({ min: 3, max: 50 }), fc.integer({ min: 1, max: 900 }), fc.nat(500));
    fc.assert(
      fc.property(tries, ([count, tookMs, cutMs]) => {
        const rate = rateOf(row(count, tookMs), Math.min(cutMs, (count - 2) * tookMs));
        expect(rate).toBeCloseTo(1_000 / tookMs, 6);
      }),
    );
  });

  it('counts good answers alone, but the time of all', () => {
    const half = row(10, 100).map(({ intendedMs, tookMs }, at) => ({
      verdict: at % 2 === 0 ? ('ok' as const) : ('lost' as const),
      intendedMs,
      tookMs,
    }));
    expect(rateOf(half, 0)).toBeCloseTo(5, 6);
    expect(rateOf([], 0)).toBe(0);
  });
});

describe('what a refusal took beyond a server that refuses at once', () => {
  const probes = [
    { intendedMs: 0, tookMs: 2 },
    { intendedMs: 100, tookMs: 40 },
    { intendedMs: 200, tookMs: 2 },
  ];

  it('is less by the probe that is nearest in time', () => {
    const refusals = [10, 90, 110, 160, 500].map((intendedMs) => ({ intendedMs, tookMs: 45 }));
    expect(beyondProbes(refusals, probes)).toEqual([43, 5, 5, 43, 43]);
  });

  it('is never less than nothing, and all of it where nothing was probed', () => {
    expect(beyondProbes([{ intendedMs: 100, tookMs: 5 }], probes)).toEqual([0]);
    expect(beyondProbes([{ intendedMs: 100, tookMs: 5 }], [])).toEqual([5]);
  });
});

describe('the end of a storm', () => {
  const after = (bad: readonly number[], count: number) =>
    Array.from({ length: count }, (_, at) => ({
      verdict: bad.includes(at) ? ('lost' as const) : ('ok' as const),
      intendedMs: 1_000 + at * 10,
    }));

  it.each([
    [[], 500, 0],
    [[3, 7], 500, 70],
    [[3, 499], 500, 4_990],
    // One in more than a thousand is within what is allowed.
    [[3, 40], 2_000, 30],
  ])('is after the last bad request that is more than one in a thousand: %j of %i', (bad, count, endMs) => {
    expect(lastBadMs(after(bad, count), 1_000)).toBe(endMs);
  });
});

describe('a target that fails at fifty requests a second', () => {
  /** One look each 10 ms, at what was counted by then. */
  const samplesOf = (arrivals: readonly number[], untilMs = 2_000): readonly Sample[] =>
    Array.from({ length: untilMs / 10 }, (_, at) => ({
      atMs: at * 10,
      requests: arrivals.filter((ms) => ms <= at * 10).length,
      inFlight: 0,
    }));
  const read = (arrivals: readonly number[]) =>
    readRound({ samples: samplesOf(arrivals), brokenMs: 500, wellMs: 1_990 });
  const before = [100, 120, 140];

  it('was left alone after those that met it', () => {
    const seen = read([...before, 510, 530, 550, 1_000, 1_500]);
    expect(seen).toMatchObject({ failures: 3, openMs: 40, probes: 2, probesAtOnce: 1 });
  });

  it('was never left alone when requests go on', () => {
    const seen = read([...before, ...Array.from({ length: 75 }, (_, at) => 510 + at * 20)]);
    expect(seen.openMs).toBe(Infinity);
  });

  it('was asked by two at once when two come between two looks', () => {
    expect(read([...before, 510, 530, 550, 1_001, 1_003]).probesAtOnce).toBe(2);
  });
});
