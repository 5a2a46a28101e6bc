// How many slots are left to those who have no choice: by how many of them there are, and never so many that the others have none.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keptSlots, noBoundUse, noteBound, type BoundUse } from '../../../src/core/routing/kept-slots.ts';

/** So many under way all the time, for as long as it takes to be usual. */
function steady(count: number): BoundUse {
  let use = noBoundUse;
  for (let at = 0; at < count; at += 1) use = noteBound(use, 1, 0);
  return use;
}
const longMs = 60_000;

describe('of the slots of a pool', () => {
  test.each([
    ['none is kept where all have a choice', 0, 10, 0],
    ['none for one who hardly ever comes', 0.05, 10, 0],
    ['one or two for one at a time', 1, 10, 2],
    ['three beside three or four', 3.5, 10, 3],
    ['six beside sixteen', 16, 64, 6],
    ['half at the most', 16, 4, 2],
    ['the only one never', 16, 1, 0],
  ])('%s', (_, usual, slots, kept) => {
    expect(keptSlots({ now: usual, usual, atMs: 0 }, slots, 0)).toBe(kept);
  });

  test('the kept follow those that come within seconds, and are there for half a minute when they have gone', () => {
    const busy = steady(4);
    expect([0, 500, 2_000, longMs].map((atMs) => keptSlots(busy, 10, atMs))).toEqual([0, 1, 2, 3]);
    let use = noteBound(busy, -1, longMs);
    for (let left = 0; left < 3; left += 1) use = noteBound(use, -1, longMs);
    const since = [0, 10_000, 30_000, 90_000];
    expect(since.map((ms) => keptSlots(use, 10, longMs + ms))).toEqual([3, 2, 1, 0]);
  });

  test('at most half are kept, whatever is told and however the clock goes', () => {
    const told = fc.record({ change: fc.constantFrom(1 as const, -1 as const), atMs: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 60 }), fc.nat(64), fc.nat(100_000), (all, slots, nowMs) => {
        const use = all.reduce((each, { change, atMs }) => noteBound(each, change, atMs), noBoundUse);
        const kept = keptSlots(use, slots, nowMs);
        expect(use.now).toBeGreaterThanOrEqual(0);
        expect(kept).toBeGreaterThanOrEqual(0);
        expect(kept).toBeLessThanOrEqual(slots / 2);
        expect(Number.isInteger(kept)).toBe(true);
      }),
    );
  });
});
