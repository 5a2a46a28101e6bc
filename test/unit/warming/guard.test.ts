// The account that bounds the worst case: the bound itself as a law, and the account by hand.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Guard, type GuardLimits } from '../../../src/core/warming/guard.ts';
import { throughJson } from '../demand/demand-stream.ts';

const limits: GuardLimits = { ratio: 1.5, cap: 200, resume: 20 };

/** Books steps of what is paid and what ski-rental would pay. */
function booked(guard: Guard, steps: readonly (readonly [paid: number, shadow: number])[]): Guard {
  let { paid, shadow } = guard.snapshot();
  for (const [morePaid, moreShadow] of steps) {
    paid += morePaid;
    shadow += moreShadow;
    guard.book(paid, shadow);
  }
  return guard;
}

describe('the account', () => {
  test('begins with what is needed to trust, earns the ratio of the shadow, pays what is paid', () => {
    const guard = new Guard(limits);
    expect([guard.balance, guard.isTrusting]).toEqual([20, true]);
    booked(guard, [[10, 4]]);
    expect(guard.balance).toBeCloseTo(20 + 6 - 10, 12);
  });

  test('holds no more than its cap', () => {
    expect(booked(new Guard(limits), [[0, 1e6]]).balance).toBe(200);
  });

  test('when it is empty ski-rental takes over, until what is needed has been earned; trips are counted', () => {
    const guard = booked(new Guard(limits), [[20, 0]]);
    expect([guard.isTrusting, guard.trips]).toEqual([true, 0]);
    booked(guard, [[1, 0]]);
    expect([guard.isTrusting, guard.trips]).toEqual([false, 1]);
    // From -1 each 10 of the shadow, paid like ski-rental, earns 5.
    booked(guard, [
      [10, 10],
      [10, 10],
      [10, 10],
      [10, 10],
    ]);
    expect([guard.balance, guard.isTrusting]).toEqual([19, false]);
    booked(guard, [[10, 10]]);
    expect([guard.balance, guard.isTrusting, guard.trips]).toEqual([24, true, 1]);
    booked(guard, [
      [100, 0],
      [50, 0],
    ]);
    expect(guard.trips).toBe(2);
  });

  test('totals that are no numbers, or that shrink, book nothing', () => {
    const guard = booked(new Guard(limits), [[10, 10]]);
    const before = guard.snapshot();
    for (const [paid, shadow] of [
      [Number.NaN, 5],
      [5, Number.NaN],
      [Infinity, 5],
      [5, Infinity],
      [1, 1],
    ] as const)
      guard.book(paid, shadow);
    expect(guard.snapshot()).toEqual(before);
  });

  test('without a bound it never trips', () => {
    const guard = new Guard({ ...limits, ratio: Infinity });
    booked(guard, [
      [1e12, 0],
      [1e12, 1],
    ]);
    expect([guard.isTrusting, guard.trips]).toEqual([true, 0]);
  });
});

test('over every interval: paid <= ratio x shadow + cap + what one step overdraws, whatever the forecast does', () => {
  const step = fc.tuple(
    fc.double({ min: 0, max: 100, noNaN: true }),
    fc.double({ min: 0, max: 100, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
      fc.double({ min: 1, max: 3, noNaN: true }),
      (steps, ratio) => {
        const guard = new Guard({ ...limits, ratio });
        const sums = [{ paid: 0, shadow: 0 }];
        for (const [paid, shadow] of steps) {
          // While ski-rental decides, no more is paid than it would pay.
          booked(guard, [[guard.isTrusting ? paid : Math.min(paid, shadow), shadow]]);
          const { paid: paidSum, shadow: shadowSum } = guard.snapshot();
          sums.push({ paid: paidSum, shadow: shadowSum });
        }
        const overdraw = Math.max(...steps.map(([paid]) => paid));
        for (const [at, from] of sums.entries())
          for (const to of sums.slice(at + 1))
            expect(to.paid - from.paid).toBeLessThanOrEqual(
              ratio * (to.shadow - from.shadow) + limits.cap + overdraw + 1e-6,
            );
      },
    ),
  );
});

describe('other limits', () => {
  test('keep the account within the new cap', () => {
    const guard = booked(new Guard(limits), [[0, 1e6]]);
    guard.resize({ ratio: 1.5, cap: 50, resume: 5 });
    expect(guard.balance).toBe(50);
  });

  test('that need more to begin with are made up for once, not again and again', () => {
    const guard = new Guard({ ratio: 1.5, cap: 10, resume: 1 });
    const dear = { ratio: 1.5, cap: 2_530, resume: 253 };
    guard.resize(dear);
    expect(guard.balance).toBe(253);
    guard.resize(limits);
    guard.resize(dear);
    expect(guard.balance).toBe(200);
  });
});

describe('a snapshot', () => {
  test('through JSON goes on as the original', () => {
    const step = fc.tuple(fc.nat(100), fc.nat(60));
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (before, after) => {
        const original = booked(new Guard(limits), before);
        const copy = new Guard(limits);
        expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
        for (const each of after) {
          booked(original, [each]);
          booked(copy, [each]);
          expect(copy.snapshot()).toEqual(original.snapshot());
        }
      }),
    );
  });

  const sound = booked(new Guard(limits), [[100, 1]]).snapshot();
  test.each(['balance', 'paid', 'shadow', 'trips', 'isTrusting'])('whose %s is none is refused', (name) => {
    const guard = new Guard(limits);
    const before = guard.snapshot();
    expect(guard.restore(throughJson({ ...sound, [name]: Number.NaN }))).toBe(false);
    expect(guard.snapshot()).toEqual(before);
  });
});
