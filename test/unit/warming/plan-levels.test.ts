// How many replicas are worth it: by hand, and the laws that more demand and dearer waiting never lower any of the four.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gammaMax, type WarmthFigures } from '../../../src/core/warming/exchange.ts';
import { planLevels, type LevelPlan } from '../../../src/core/warming/plan-levels.ts';

/** Hot pays above 1/253 a second; a prewarm above 5.3/253. */
const hotOnly: WarmthFigures = { loadSeconds: 23, wakeSeconds: null, parkedShare: 0, gamma: 10 };
/** Hot pays above 1/20, a prewarm above 6.3/20; parked above 1/1,890, parking ahead above 6.3/1,890. */
const parking: WarmthFigures = { loadSeconds: 23, wakeSeconds: 2, parkedShare: 0.1, gamma: 8 };

function plan(
  figures: WarmthFigures,
  busy: number,
  hazards: readonly number[],
  prewarm = true,
): LevelPlan | null {
  const hazard = (level: number): number => hazards[level - busy - 1] ?? 0;
  return planLevels({ figures, busy, highest: busy + hazards.length, hazard, prewarm });
}

describe('without parking', () => {
  test.each([
    ['nothing is known', [], { keepHot: 2, warmTo: 2 }],
    ['at the break-even exactly it is not worth it', [1 / 253], { keepHot: 2, warmTo: 2 }],
    ['just above it, it is', [1.001 / 253], { keepHot: 3, warmTo: 2 }],
    ['a sure level is brought up', [5.4 / 253], { keepHot: 3, warmTo: 3 }],
    ['no level counts without the one below', [0, 1], { keepHot: 2, warmTo: 2 }],
    ['nor is one brought up without it', [2 / 253, 1], { keepHot: 4, warmTo: 2 }],
  ])('%s', (_, hazards, expected) => {
    expect(plan(hotOnly, 2, hazards)).toEqual({ ...expected, keepParked: 0, parkTo: 0 });
  });
});

describe('with parking', () => {
  test.each([
    ['a level that is not worth a hot second may be worth a parked one', [0.02, 0.001], [0, 0, 2, 1]],
    ['what is kept hot counts as kept', [0.06, 0.06], [2, 0, 2, 2]],
    ['a sure level is brought up hot', [0.4, 0.004], [1, 1, 2, 2]],
    ['none is', [0.0005], [0, 0, 0, 0]],
  ])('%s', (_, hazards, [keepHot, warmTo, keepParked, parkTo]) => {
    expect(plan(parking, 0, hazards)).toEqual({ keepHot, warmTo, keepParked, parkTo });
  });
});

test('without prewarming nothing is brought up beyond what is busy', () => {
  expect(plan(hotOnly, 1, [1, 1], false)).toMatchObject({ keepHot: 3, warmTo: 1 });
  expect(plan(parking, 1, [1, 1], false)).toMatchObject({ keepHot: 3, keepParked: 3, warmTo: 1, parkTo: 1 });
});

test('a forecast that is no number is none, and says so', () => {
  for (const hazard of [Number.NaN, -1, -Infinity]) {
    expect(plan(hotOnly, 0, [hazard])).toBeNull();
    expect(plan(parking, 0, [1, hazard])).toBeNull();
  }
  expect(plan(hotOnly, 0, [Infinity])).toMatchObject({ keepHot: 1, warmTo: 1 });
});

const hazards = fc.array(
  fc.oneof(fc.double({ min: 0, max: 0.05, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true })),
  { maxLength: 8 },
);
const figures = fc.record({
  loadSeconds: fc.double({ min: 0.1, max: 120, noNaN: true }),
  wakeSeconds: fc.option(fc.double({ min: 0, max: 30, noNaN: true })),
  parkedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  gamma: fc.double({ min: 0, max: 1_000, noNaN: true }),
});
const names = ['keepHot', 'warmTo', 'keepParked', 'parkTo'] as const;

function expectNoLess(more: LevelPlan | null, less: LevelPlan | null): void {
  expect(more !== null && less !== null && names.every((name) => more[name] >= less[name])).toBe(true);
}

test('more demand never lowers any of the four', () => {
  fc.assert(
    fc.property(
      figures,
      hazards,
      fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { maxLength: 12 }),
      fc.boolean(),
      (each, less, extra, prewarm) => {
        const length = Math.max(less.length, extra.length);
        const more = Array.from({ length }, (_, at) => (less[at] ?? 0) + (extra[at] ?? 0));
        expectNoLess(plan(each, 2, more, prewarm), plan(each, 2, less, prewarm));
      },
    ),
  );
});

test('dearer waiting never lowers any of the four', () => {
  fc.assert(
    fc.property(figures, hazards, fc.double({ min: 1, max: 1_000, noNaN: true }), (each, known, times) => {
      const gamma = Math.min(gammaMax, each.gamma * times + times - 1);
      expectNoLess(plan({ ...each, gamma }, 1, known), plan(each, 1, known));
    }),
  );
});

test('what is brought up is kept, what is hot counts as kept, and what is busy is never given up', () => {
  fc.assert(
    fc.property(figures, hazards, fc.nat(5), (each, known, busy) => {
      const made = plan(each, busy, known);
      if (made === null) throw new Error('these hazards are numbers');
      const { keepHot, warmTo, keepParked, parkTo } = made;
      expect(busy <= warmTo && warmTo <= keepHot && keepHot <= busy + known.length).toBe(true);
      const parks = keepParked > 0 || parkTo > 0;
      if (parks) expect(keepHot <= keepParked && parkTo <= keepParked && busy <= parkTo).toBe(true);
    }),
  );
});
