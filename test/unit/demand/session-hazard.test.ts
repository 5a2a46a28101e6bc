// The table of how soon somebody comes again: events over exposure, counted by hand.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SessionHazard, sessionMsMax } from '../../../src/core/demand/session-hazard.ts';
import { throughJson } from './demand-stream.ts';

test('before anything is learned it is 0.3 over the middle of the bin, whatever the session', () => {
  const hazard = new SessionHazard();
  for (const length of [1, 2, 4, 9]) {
    expect(hazard.perSecond(1_000, length)).toBeCloseTo(0.3 / 4, 12);
    // The bin from 8 s to 8 s x sqrt 2.
    expect(hazard.perSecond(9_000, length)).toBeCloseTo(0.3 / (4 * (1 + Math.SQRT2)), 12);
  }
});

test('a pause gives its length as exposure to every bin it passed, and its event to the last one', () => {
  const hazard = new SessionHazard();
  // Prior of the first bin: half an event in 0.5 x 4 s / 0.3; the two pauses add 8 s and 3 s, and one event.
  hazard.observe(10_000, 1, true);
  hazard.observe(3_000, 1, true);
  expect(hazard.perSecond(0, 1)).toBeCloseTo(1.5 / (2 / 0.3 + 11), 12);
  const middle = 4 * (1 + Math.SQRT2);
  expect(hazard.perSecond(9_000, 1)).toBeCloseTo(1.5 / ((0.5 * middle) / 0.3 + 2), 12);
  expect(hazard.perSecond(30_000, 1)).toBe(new SessionHazard().perSecond(30_000, 1));
});

test('a session that ended without an event lowers every bin', () => {
  const [fresh, hazard] = [new SessionHazard(), new SessionHazard()];
  hazard.observe(sessionMsMax, 1, false);
  for (const elapsed of [0, 9_000, 60_000, 3_600_000, sessionMsMax - 1])
    expect(hazard.perSecond(elapsed, 1)).toBeLessThan(fresh.perSecond(elapsed, 1));
});

test('lengths 1, 2, 3 to 5 and more are told apart, and nothing else', () => {
  const hazard = new SessionHazard();
  for (const [length, times] of [
    [1, 1],
    [2, 3],
    [4, 9],
    [8, 27],
  ] as const)
    for (let n = 0; n < times; n += 1) hazard.observe(4_000, length, true);
  const at = (length: number): number => hazard.perSecond(0, length);
  expect(at(1) < at(2) && at(2) < at(3) && at(3) < at(6)).toBe(true);
  expect([at(0), at(3), at(5), at(100)]).toEqual([at(1), at(4), at(4), at(6)]);
});

test('converges on a known hazard: pauses that end at a constant rate', () => {
  const hazard = new SessionHazard();
  // Quantiles of an exponential with a mean of 100 s, twice over all of them.
  for (let n = 0; n < 2_000; n += 1) hazard.observe(-100_000 * Math.log((n + 0.5) / 2_000), 1, true);
  for (const elapsed of [4_000, 20_000, 60_000, 120_000])
    expect(hazard.perSecond(elapsed, 1)).toBeCloseTo(0.01, 3);
});

test('is finite and not negative for whatever is told and asked, a clock that steps back included', () => {
  const number = fc.oneof(fc.integer({ min: -1e6, max: 2e7 }), fc.constantFrom(0, sessionMsMax, 1e15));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 30 }),
      number,
      (told, asked) => {
        const hazard = new SessionHazard();
        for (const each of told) hazard.observe(...each);
        const value = hazard.perSecond(asked, 2);
        expect(Number.isFinite(value) && value >= 0).toBe(true);
        expect(new SessionHazard().restore(throughJson(hazard.snapshot()))).toBe(true);
      },
    ),
  );
});

describe('a snapshot', () => {
  test('through JSON answers and learns on as the original', () => {
    const [original, copy] = [new SessionHazard(), new SessionHazard()];
    for (let n = 1; n < 200; n += 1) original.observe(n * n * 700, n % 7, n % 3 > 0);
    expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
    for (const hazard of [original, copy]) hazard.observe(77_000, 3, true);
    expect(copy.snapshot()).toEqual(original.snapshot());
    for (let at = 0; at < sessionMsMax; at += 50_000)
      expect(copy.perSecond(at, 3)).toBe(original.perSecond(at, 3));
  });

  const sound = new SessionHazard().snapshot();
  test.each([
    ['other sizes', { ...sound, events: sound.events.slice(1) }],
    ['more exposure cells', { ...sound, exposureSeconds: [...sound.exposureSeconds, 1] }],
    ['NaN', { ...sound, events: sound.events.with(5, Number.NaN) }],
    ['a negative exposure', { ...sound, exposureSeconds: sound.exposureSeconds.with(5, -1) }],
  ])('of %s is refused, and nothing changes', (_, snapshot) => {
    const hazard = new SessionHazard();
    expect(hazard.restore(snapshot)).toBe(false);
    expect(hazard.snapshot()).toEqual(sound);
  });
});
