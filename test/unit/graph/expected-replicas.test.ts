// How many replicas runs on their way ask for: chances add up, slots are shared, parked ones are back sooner, and what is there already is
// kept no longer than it is worth.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prewarmModes } from '../../../src/core/graph/decide-prewarm.ts';
import { planExpected, type ExpectedCase } from '../../../src/core/graph/expected-replicas.ts';

const nowMs = 1_000_000;
const soon = { probability: 0.9, startMs: nowMs + 10_000, untilMs: nowMs + 60_000 };
const base: ExpectedCase = {
  nowMs,
  mode: 'just-in-time-p',
  uses: [soon],
  slots: 1,
  inUse: 0,
  present: 0,
  parked: 0,
  loadMs: { p50: 20_000, p90: 30_000 },
  wakeMs: { p50: 1_000, p90: 2_000 },
  gamma: 3,
};

describe('one run', () => {
  test('that is to come within a load is prepared for at once', () => {
    expect(planExpected(base)).toEqual({ warm: 1, keep: 1, nextMs: null });
  });

  test('that comes later is prepared for when a load before it begins', () => {
    const uses = [{ ...soon, startMs: nowMs + 100_000, untilMs: nowMs + 200_000 }];
    expect(planExpected({ ...base, uses })).toEqual({ warm: 0, keep: 0, nextMs: nowMs + 70_000 });
  });

  test('that can be served by a parked replica waits for the time of a wake', () => {
    expect(planExpected({ ...base, parked: 1 })).toEqual({ warm: 0, keep: 0, nextMs: nowMs + 8_000 });
  });

  test('comes on top of those who are here', () => {
    expect(planExpected({ ...base, inUse: 2, present: 2 }).warm).toBe(3);
  });

  test('finds a slot where one is free', () => {
    expect(planExpected({ ...base, slots: 4, inUse: 3, present: 1 })).toEqual({
      warm: 0,
      keep: 0,
      nextMs: null,
    });
  });

  test.each(['off', 'all-at-once', 'just-in-time', 'just-in-time-p'] as const)(
    'in mode %s, unlikely and far',
    (mode) => {
      const uses = [{ probability: 0.1, startMs: nowMs + 100_000, untilMs: nowMs + 200_000 }];
      const { warm, nextMs } = planExpected({ ...base, mode, uses });
      expect([warm, nextMs]).toEqual(
        {
          off: [0, null],
          'all-at-once': [1, null],
          'just-in-time': [0, nowMs + 70_000],
          'just-in-time-p': [0, null],
        }[mode],
      );
    },
  );

  test('keeps a replica that is there while it comes sooner than a load is worth', () => {
    const inMs = (ms: number) => [{ probability: 1, startMs: nowMs + ms, untilMs: nowMs + ms + 1_000 }];
    expect(planExpected({ ...base, present: 1, uses: inMs(79_000) }).keep).toBe(1);
    expect(planExpected({ ...base, present: 1, uses: inMs(81_000) }).keep).toBe(0);
  });
});

describe('several runs', () => {
  const many = (count: number, probability: number) =>
    Array.from({ length: count }, () => ({ ...soon, probability }));

  test('that are unlikely one by one are worth a replica together', () => {
    expect(planExpected({ ...base, gamma: 1.5, uses: many(1, 0.3) }).warm).toBe(0);
    expect(planExpected({ ...base, gamma: 1.5, uses: many(4, 0.3) }).warm).toBe(1);
  });

  test('get no more replicas than are likely to be needed, where the others count what is expected', () => {
    expect(planExpected({ ...base, uses: many(10, 0.3) }).warm).toBe(4);
    expect(planExpected({ ...base, mode: 'just-in-time', uses: many(10, 0.31) }).warm).toBe(4);
    expect(planExpected({ ...base, slots: 2, uses: many(10, 0.3) }).warm).toBe(2);
  });
});

const use = fc.record({
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
  startMs: fc.integer({ min: nowMs - 10_000, max: nowMs + 100_000 }),
  untilMs: fc.integer({ min: nowMs - 10_000, max: nowMs + 200_000 }),
});
const drawn: fc.Arbitrary<ExpectedCase> = fc.record({
  nowMs: fc.constant(nowMs),
  mode: fc.constantFrom(...prewarmModes),
  uses: fc.array(use, { maxLength: 12 }),
  slots: fc.integer({ min: 1, max: 4 }),
  inUse: fc.nat(6),
  present: fc.nat(6),
  parked: fc.nat(3),
  loadMs: fc.record({ p50: fc.nat(60_000), p90: fc.nat(90_000) }),
  wakeMs: fc.record({ p50: fc.nat(3_000), p90: fc.nat(5_000) }),
  gamma: fc.double({ min: 0, max: 50, noNaN: true }),
});

test('never more than all runs at once need, never in the past, and what is to be warm is kept', () => {
  fc.assert(
    fc.property(drawn, (question) => {
      const { warm, keep, nextMs } = planExpected(question);
      const most = Math.ceil((question.inUse + question.uses.length) / question.slots);
      expect(Math.max(warm, keep)).toBeLessThanOrEqual(most);
      expect(keep).toBeGreaterThanOrEqual(warm);
      if (nextMs !== null) expect(nextMs).toBeGreaterThan(nowMs);
    }),
  );
});

test('one run more never asks for fewer replicas', () => {
  fc.assert(
    fc.property(drawn, fc.double({ min: 0.01, max: 1, noNaN: true }), (question, probability) => {
      const more = { probability, startMs: nowMs, untilMs: nowMs + 300_000 };
      const all = planExpected({ ...question, uses: [...question.uses, more] });
      if (question.mode !== 'just-in-time-p')
        expect(all.warm).toBeGreaterThanOrEqual(planExpected(question).warm);
    }),
  );
});
