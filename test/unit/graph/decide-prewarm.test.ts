// When a replica is started for an expected need: never before now, never for what is void or off, and as the comparison of what is saved
// with what is wasted says.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decidePrewarm, prewarmModes, type PrewarmCase } from '../../../src/core/graph/decide-prewarm.ts';

const base: PrewarmCase = {
  mode: 'just-in-time-p',
  expectation: { pool: 'a', probability: 0.9, startMs: 100_000, untilMs: 200_000 },
  loadMs: { p50: 20_000, p90: 40_000 },
  gamma: 3,
  nowMs: 0,
};

function withExpectation(
  patch: Partial<PrewarmCase['expectation']>,
  rest: Partial<PrewarmCase> = {},
): PrewarmCase {
  return { ...base, ...rest, expectation: { ...base.expectation, ...patch } };
}

const anyCase = fc.record({
  mode: fc.constantFrom(...prewarmModes),
  expectation: fc.record({
    pool: fc.constant('a'),
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    startMs: fc.nat(200_000),
    untilMs: fc.nat(400_000),
  }),
  loadMs: fc.record({ p50: fc.nat(60_000), p90: fc.nat(90_000) }),
  gamma: fc.double({ min: 0, max: 100, noNaN: true }),
  nowMs: fc.nat(200_000),
});

describe('each mode', () => {
  test.each([
    ['off', null],
    ['all-at-once', { atMs: 0 }],
    ['just-in-time', { atMs: 60_000 }],
    ['just-in-time-p', { atMs: 60_000 }],
  ] as const)('%s', (mode, expected) => {
    expect(decidePrewarm({ ...base, mode })).toEqual(expected);
  });
});

test('late is at once', () => {
  expect(decidePrewarm({ ...base, nowMs: 90_000 })).toEqual({ atMs: 90_000 });
});

test('what is void starts nothing, in any mode', () => {
  for (const mode of prewarmModes) {
    expect(decidePrewarm({ ...base, mode, nowMs: 200_000 })).toBeNull();
    expect(decidePrewarm(withExpectation({ probability: 0 }, { mode }))).toBeNull();
  }
});

test('an unlikely need starts nothing while waiting is cheap, and does once it is dear', () => {
  const unlikely = (gamma: number): PrewarmCase => withExpectation({ probability: 0.3 }, { gamma });
  expect(decidePrewarm(unlikely(1))).toBeNull();
  expect(decidePrewarm(unlikely(6))).not.toBeNull();
});

test('without any idle time saved and wasted weigh as gamma p and 1 - p', () => {
  const at = (probability: number): PrewarmCase =>
    withExpectation({ probability, startMs: 5_000 }, { gamma: 4 });
  expect(decidePrewarm(at(0.19))).toBeNull();
  expect(decidePrewarm(at(0.21))).toEqual({ atMs: 0 });
});

test('nothing is started before now or for a void need, whatever comes', () => {
  fc.assert(
    fc.property(anyCase, (prewarm) => {
      const decided = decidePrewarm(prewarm);
      if (decided === null) return;
      expect(decided.atMs).toBeGreaterThanOrEqual(prewarm.nowMs);
      expect(prewarm.expectation.untilMs).toBeGreaterThan(prewarm.nowMs);
    }),
  );
});

test('a likelier need and dearer waiting never turn a start into none', () => {
  fc.assert(
    fc.property(
      anyCase,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 1, max: 9, noNaN: true }),
      (prewarm, likelier, dearer) => {
        if (decidePrewarm(prewarm) === null) return;
        // More likely and sure to be early costs idle time: only where waiting is worth at least as much as idling is more always better.
        const gamma = Math.max(prewarm.gamma, prewarm.loadMs.p90 / Math.max(1, prewarm.loadMs.p50)) * dearer;
        const probability = Math.max(prewarm.expectation.probability, likelier);
        const more = { ...prewarm, gamma, expectation: { ...prewarm.expectation, probability } };
        expect(decidePrewarm(more)).not.toBeNull();
      },
    ),
  );
});
