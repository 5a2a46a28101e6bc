// Forecasts that are wrong on purpose: each is wrong in the way that its name says, and the same each time.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buyCosts, type WarmthFigures } from '../../../../src/core/warming/exchange.ts';
import { attackNames, makeAttack } from '../../../../src/sim/replay/forecast-attacks.ts';

const hotOnly: WarmthFigures = { loadSeconds: 23, wakeSeconds: null, parkedShare: 0, gamma: 10 };
const parking: WarmthFigures = { ...hotOnly, wakeSeconds: 2, parkedShare: 0.1 };

describe('inverted', () => {
  test('turns every decision round: what was above the break-even is below it, and the other way', () => {
    const attack = makeAttack('inverted', hotOnly);
    const breakEven = 1 / buyCosts(hotOnly).hotSeconds;
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (octaves) => {
        const bent = attack(breakEven * 2 ** octaves, 0, 1);
        expect(bent / breakEven).toBeCloseTo(2 ** -octaves, 6);
      }),
    );
  });

  test('with parking what was worth a hot second is not worth a parked one, and the other way', () => {
    const attack = makeAttack('inverted', parking);
    const { hotSeconds, parkedSeconds } = buyCosts(parking);
    expect(attack(1.1 / hotSeconds, 0, 1)).toBeLessThan(1 / parkedSeconds);
    expect(attack(0.9 / parkedSeconds, 0, 1)).toBeGreaterThan(1 / hotSeconds);
  });

  test('makes a number of none and of certainty', () => {
    const attack = makeAttack('inverted', hotOnly);
    expect(attack(0, 0, 1)).toBeGreaterThan(1e6);
    expect(attack(Infinity, 0, 1)).toBe(0);
  });
});

test('shuffled gives answers to other questions, each at most once', () => {
  const attack = makeAttack('shuffled', hotOnly);
  const asked = Array.from({ length: 5_000 }, (_, n) => n + 1);
  const given = asked.map((hazard) => attack(hazard, 0, 1));
  const real = given.filter((each) => each !== 0);
  expect(real.length).toBeGreaterThan(3_900);
  expect(new Set(real).size).toBe(real.length);
  expect(given.some((each, at) => each === asked[at])).toBe(false);
});

test('stuck gives the first answer for each level for ever', () => {
  const attack = makeAttack('stuck', hotOnly);
  expect([attack(1, 0, 1), attack(2, 0, 2), attack(3, 1, 1)]).toEqual([1, 2, 3]);
  expect([attack(9, 0, 1), attack(9, 0, 2), attack(9, 1, 1)]).toEqual([1, 2, 3]);
});

test('nan is no number, exploding is near certainty', () => {
  expect(makeAttack('nan', hotOnly)(0.1, 0, 1)).toBeNaN();
  expect(makeAttack('exploding', hotOnly)(0, 0, 1)).toBeGreaterThan(1e6);
});

test.each(attackNames)('%s is the same each time', (name) => {
  const questions = Array.from({ length: 3_000 }, (_, n) => [(n * 37) % 11, n % 5, n % 3] as const);
  const run = (): number[] => {
    const attack = makeAttack(name, parking);
    return questions.map((question) => attack(...question));
  };
  expect(run()).toEqual(run());
});
