// Honest times to come back, refusals that cost no call, shards that keep a poisonous tenant to itself, and deadlines that only shrink.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRng } from '../../../src/core/base/rng.ts';
import {
  deadlineFromHeader,
  headerForHop,
  isWorthCalling,
  remainingMs,
  stepDeadlineMs,
} from '../../../src/core/resilience/deadline.ts';
import {
  drainPerSecond,
  noDrain,
  noteRefusal,
  noteServed,
  retryAfterMs,
} from '../../../src/core/resilience/drain-meter.ts';
import {
  decideEarlyRefusal,
  noEarlyRefusal,
  notePoolAnswer,
} from '../../../src/core/resilience/early-refusal.ts';
import { rankSeats, shardOf } from '../../../src/core/resilience/shuffle-shard.ts';

describe('Retry-After', () => {
  const served = noteServed(noDrain, { ended: 40, heldMs: 16_000 });
  const scene = { waiting: 20, slots: 40, nowMs: 0, draw: 0 };

  test('is the time in which the line and those refused in the last second are worked off', () => {
    expect(drainPerSecond(served, 40)).toBeCloseTo(100);
    expect(drainPerSecond(served, 20)).toBeCloseTo(50);
    expect(retryAfterMs(served, { ...scene, waiting: 200 })).toBe(2_000);
    let meter = served;
    for (let at = 0; at < 9_000; at += 1) meter = noteRefusal(meter, at);
    const saidMs = retryAfterMs(meter, { ...scene, nowMs: 9_000 });
    expect(saidMs).toBeGreaterThan(8_000);
    expect(saidMs).toBeLessThan(13_000);
  });

  test('is jittered upwards, and between a quarter of a second and a minute', () => {
    expect(retryAfterMs(served, { ...scene, waiting: 0 })).toBe(250);
    expect(retryAfterMs(served, { ...scene, waiting: 200, draw: 0.999 })).toBeCloseTo(3_000, -1);
    expect(retryAfterMs(served, { ...scene, waiting: 1e9, draw: 0.9 })).toBe(60_000);
    expect(retryAfterMs(noDrain, scene)).toBe(5_000);
  });

  test('does not take a quiet hour for a slow pool', () => {
    const meter = noteServed(served, { ended: 1, heldMs: 400 });
    expect(drainPerSecond(meter, 40)).toBeCloseTo(100);
    expect(noteServed(served, { ended: Number.NaN, heldMs: 1 })).toBe(served);
  });
});

describe('refusal in the isolate', () => {
  /** Requests per second that reach the pool, of `offered`, while it accepts `capacity`. */
  function reach(offered: number, capacity: number): { readonly asked: number; readonly refused: number } {
    const rng = makeRng(3);
    let state = noEarlyRefusal;
    let [asked, refused, left] = [0, 0, 0];
    for (let at = 0; at < offered * 20; at += 1) {
      const nowMs = (at * 1_000) / offered;
      if (at % offered === 0) left = capacity;
      const decision = decideEarlyRefusal(state, nowMs, rng());
      state = decision.state;
      if (decision.refused) {
        refused += 1;
        continue;
      }
      asked += 1;
      state = notePoolAnswer(state, left > 0, nowMs);
      left -= 1;
    }
    return { asked: asked / 20, refused: refused / 20 };
  }

  test('keeps what reaches the pool near twice of what it accepts, at ten and at twenty times', () => {
    expect(reach(1_000, 100).asked).toBeLessThan(260);
    expect(reach(2_000, 100).asked).toBeLessThan(300);
    expect(reach(1_000, 100).asked).toBeGreaterThan(150);
  });

  test('refuses nothing of a pool that accepts, nor of one that wakes and has not answered', () => {
    expect(reach(100, 100).refused).toBe(0);
    let state = noEarlyRefusal;
    for (let at = 0; at < 500; at += 1) {
      const decision = decideEarlyRefusal(state, at, 0);
      expect(decision.refused).toBe(false);
      state = decision.state;
    }
  });

  test('ends with the overload', () => {
    let state = noEarlyRefusal;
    for (let at = 0; at < 300; at += 1) state = notePoolAnswer(state, false, at);
    expect(decideEarlyRefusal(state, 300, 0).refused).toBe(true);
    expect(decideEarlyRefusal(state, 30_000, 0).refused).toBe(false);
  });
});

describe('shards', () => {
  const seats = Array.from({ length: 8 }, (_, at) => `pool/${at}`);
  const tenants = Array.from({ length: 4_000 }, (_, at) => `tenant-${at}`);
  const pair = (tenant: string, of = seats): readonly string[] => shardOf({ tenant, seats: of, size: 2 });

  test('of two of eight share both seats with one tenant in 28, and one with twelve in 28', () => {
    const [one = '', two = ''] = pair('poison');
    const shares = tenants.map(
      (tenant) => pair(tenant).filter((seat) => seat === one || seat === two).length,
    );
    expect(shares.filter((count) => count === 2).length / tenants.length).toBeLessThan(0.045);
    expect(shares.filter((count) => count === 1).length / tenants.length).toBeLessThan(0.46);
    expect(new Set(tenants.map((tenant) => pair(tenant).toSorted().join())).size).toBe(28);
  });

  test('load all seats alike', () => {
    for (const seat of seats) {
      const share = tenants.filter((tenant) => pair(tenant).includes(seat)).length / tenants.length;
      expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
    }
  });

  test('move only the tenants of a seat that goes, and keep their other seat', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(7), (tenant, gone) => {
        const left = seats.filter((_, at) => at !== gone);
        const before = pair(tenant);
        const now = pair(tenant, left);
        if (!before.includes(seats[gone] ?? '')) expect(now).toEqual(before);
        else expect(now).toContain(before.find((seat) => seat !== seats[gone]));
      }),
    );
  });

  test('do not depend on the order of the seats, and are the whole of a small pool', () => {
    expect(pair('a', seats.toReversed())).toEqual(pair('a'));
    expect(shardOf({ tenant: 'a', seats: ['x', 'y', 'z'], size: 2 })).toHaveLength(3);
    expect(rankSeats('a', seats).toSorted()).toEqual(seats.toSorted());
  });
});

describe('a deadline', () => {
  test('never grows from hop to hop and step to step', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.array(fc.tuple(fc.nat(5_000), fc.nat(60_000), fc.nat(20_000)), { maxLength: 8 }),
        (startMs, hops) => {
          let nowMs = startMs;
          let deadlineMs = deadlineFromHeader(null, nowMs, 60_000);
          for (const [waitMs, limitMs, laterMs] of hops) {
            nowMs += waitMs;
            const step = stepDeadlineMs({ deadlineMs, nowMs, limitMs, laterMs });
            expect(step).toBeLessThanOrEqual(deadlineMs);
            const hop = deadlineFromHeader(headerForHop(step, nowMs, 5), nowMs, 60_000);
            expect(hop).toBeLessThanOrEqual(Math.max(nowMs, step));
            deadlineMs = step;
          }
        },
      ),
    );
  });

  test.each([
    [null, 30_000],
    ['', 30_000],
    ['1500', 1_500],
    ['99999999', 30_000],
    ['-5', 30_000],
    ['1e9', 30_000],
    ['0', 0],
  ])('of a request with %j left is %d ms away where 30 s are allowed', (header, ms) => {
    expect(deadlineFromHeader(header, 1_000, 30_000)).toBe(1_000 + ms);
  });

  test('leaves time for the steps that follow', () => {
    expect(stepDeadlineMs({ deadlineMs: 10_000, nowMs: 0, limitMs: 9_000, laterMs: 4_000 })).toBe(6_000);
    expect(stepDeadlineMs({ deadlineMs: 10_000, nowMs: 9_000, limitMs: 9_000, laterMs: 4_000 })).toBe(9_000);
  });

  test('is worth a call while a first token can come before it', () => {
    expect(isWorthCalling(1_000, 900, 100)).toBe(true);
    expect(isWorthCalling(1_000, 901, 100)).toBe(false);
    expect(isWorthCalling(1_000, 999, null)).toBe(true);
    expect(isWorthCalling(1_000, 1_000, null)).toBe(false);
    expect(remainingMs(5, 9)).toBe(0);
  });
});
