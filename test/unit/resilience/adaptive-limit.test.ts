// The limit follows what the servers do: down when they queue or slow down, up while they do not, nowhere while nobody presses; it does
// not know how long answers are.
import { describe, expect, test } from 'vitest';
import {
  decideLimit,
  limitOf,
  newLimit,
  setSlots,
  type LimitState,
} from '../../../src/core/resilience/adaptive-limit.ts';
import {
  PhaseMeter,
  addPhases,
  noPhases,
  type PhaseReport,
} from '../../../src/core/resilience/phase-meter.ts';

/** One second of a pool with `inFlight` requests, of which `awaiting` have no first token. */
const second = (inFlight: number, awaiting: number, more: Partial<PhaseReport> = {}): PhaseReport => ({
  ms: 1_000,
  inFlightMs: inFlight * 1_000,
  awaitingMs: awaiting * 1_000,
  firstTokens: 20,
  firstTokensMs: 20 * 100,
  gaps: 1_000,
  gapsMs: 10_000,
  ended: 20,
  ...more,
});
const after = (state: LimitState, ...reports: readonly PhaseReport[]): LimitState =>
  reports.reduce(decideLimit, state);
const wide = setSlots(newLimit(20), 20);
const known = after({ ...wide, limitMax: 100 }, second(10, 2), second(10, 2));

describe('the limit', () => {
  test('begins at what is configured and stays while nobody presses', () => {
    expect(limitOf(newLimit(8))).toBe(8);
    expect(limitOf(after(known, second(10, 2), second(12, 2)))).toBe(20);
  });

  test('is forgotten within minutes once nobody presses: a bad moment is not held against the servers for a day', () => {
    const bad = after(known, second(6, 1, { gapsMs: 30_000 }), second(6, 1, { gapsMs: 30_000 }));
    expect(limitOf(bad)).toBeLessThan(12);
    const later = after(bad, ...Array.from({ length: 300 }, () => second(3, 1)));
    expect(limitOf(later)).toBeGreaterThanOrEqual(40);
  });

  test('grows, ever faster, while it is reached and nothing is slower', () => {
    const steps = [1, 2, 3, 4].map(
      (count) => after(known, ...Array.from({ length: count }, () => second(20, 2))).limit,
    );
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    const state = after(known, second(20, 2));
    const next = after(state, second(state.limit, 2));
    expect(next.limit / state.limit).toBeGreaterThan(state.limit / known.limit);
  });

  test('goes down to what the servers work on when first tokens wait inside them', () => {
    const state = after(known, second(20, 12, { firstTokens: 20, firstTokensMs: 20 * 600 }), second(14, 6));
    expect(limitOf(state)).toBeLessThanOrEqual(11);
    expect(limitOf(state)).toBeGreaterThanOrEqual(9);
  });

  test('goes down when tokens come slower, in proportion', () => {
    const slow = { gapsMs: 20_000 };
    const state = after(known, second(20, 2, slow), second(20, 2, slow));
    expect(limitOf(state)).toBeGreaterThanOrEqual(10);
    expect(limitOf(state)).toBeLessThanOrEqual(13);
  });

  test('does not care how long answers are', () => {
    const short = after(known, second(20, 2, { ended: 200 }), second(20, 2, { ended: 200 }));
    const long = after(known, second(20, 2, { ended: 0 }), second(20, 2, { ended: 0 }));
    expect(short).toEqual(long);
  });

  test('goes back up at once when shrinking made nothing faster', () => {
    const slow = (inFlight: number): PhaseReport =>
      second(inFlight, 2, { gaps: inFlight * 50, gapsMs: inFlight * 50 * 20 });
    const state = after(known, slow(20), slow(20), slow(14), slow(10));
    expect(limitOf(state)).toBeGreaterThanOrEqual(19);
    expect(state.gapMs).toBeCloseTo(20);
  });

  test('moves with the hot replicas, never leaves their slots or one, and is plain data', () => {
    expect(limitOf(setSlots(known, 10))).toBe(2);
    expect(limitOf(setSlots(newLimit(8), 16))).toBe(16);
    expect(limitOf(setSlots(newLimit(8), 0))).toBe(1);
    expect(limitOf(after(newLimit(8), second(8, 1), second(8, 1), second(8, 1)))).toBe(8);
    expect(JSON.parse(JSON.stringify(known))).toEqual(known);
    expect(after(known, noPhases)).toBe(known);
  });
});

describe('the meter', () => {
  test('integrates both phases, and counts what never shows a first token as streaming', () => {
    const meter = new PhaseMeter(0);
    meter.begin(0, true);
    meter.begin(100, false);
    meter.firstToken(300, 300);
    meter.tokens(5, 50);
    meter.end(600, true);
    meter.end(700, true);
    meter.begin(800, true);
    meter.end(900, false);
    expect(meter.take(1_000)).toEqual({
      ms: 1_000,
      inFlightMs: 600 + 600 + 100,
      awaitingMs: 300 + 100,
      firstTokens: 1,
      firstTokensMs: 300,
      gaps: 5,
      gapsMs: 50,
      ended: 3,
    });
    expect(meter.take(1_000)).toEqual(noPhases);
  });

  test('adds reports, the watched time too', () => {
    expect(addPhases(second(3, 1), second(4, 2))).toMatchObject({
      ms: 2_000,
      inFlightMs: 7_000,
      awaitingMs: 3_000,
      ended: 40,
    });
  });
});
