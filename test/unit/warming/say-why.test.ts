// The one sentence that an operator reads beside a plan.
import { describe, expect, test } from 'vitest';
import { describeLevel, sayWhy, type PlanReasons } from '../../../src/core/warming/say-why.ts';
import type { BrainPool } from '../../../src/core/warming/brain-settings.ts';
import type { LevelExplanation } from '../../../src/core/warming/explain-plan.ts';
import { makeBrainPool } from './brain-fixtures.ts';

function level(patch: Partial<LevelExplanation> = {}): LevelExplanation {
  const terms = [{ name: 'usual', gpuSeconds: 12 }];
  return { level: 1, chance: 0.25, savingSeconds: 123.4, priceSeconds: 60, terms, ...patch };
}
const why = (config: Partial<BrainPool>, patch: Partial<PlanReasons> = {}): ReturnType<typeof sayWhy> =>
  sayWhy({ config: makeBrainPool(config), by: 'forecast', levels: [level()], most: Infinity, ...patch });

describe('a level', () => {
  test.each<[string, Partial<LevelExplanation>, number, RegExp]>([
    ['worth it', {}, 9, /^replica 1 is kept: .* next minute .* 25 %, which saves 123 GPU-seconds for 60.0/],
    ['not worth it', { savingSeconds: 60 }, 9, /^replica 1 is not kept/],
    [
      'worth it and beyond the budget',
      { level: 3 },
      2,
      /^replica 3 would be kept, but the GPU budget is spent/,
    ],
    ['beyond the budget and not worth it', { level: 3, savingSeconds: 1 }, 2, /^replica 3 is not kept/],
    ['hardly likely', { chance: 0.001234 }, 9, /a chance of 0.12 %/],
    ['looked at more often', { priceSeconds: 2 }, 9, /in the next 2 s/],
  ])('%s', (_, patch, most, words) => {
    expect(describeLevel(level(patch), most)).toMatch(words);
  });
});

describe('a plan', () => {
  test('is explained by the nearest level above the load, with its terms', () => {
    const levels = [level(), level({ level: 2 })];
    expect(why({}, { levels })).toMatchObject({ because: /^replica 1 is kept/, terms: level().terms });
  });

  test('with a floor is explained by the first level beyond it', () => {
    const levels = [level(), level({ level: 2, savingSeconds: 1 })];
    expect(why({ floor: 1 }, { levels }).because).toMatch(/^floor of 1; replica 2 is not kept/);
    expect(why({ floor: 2 }, { levels }).because).toBe('floor of 2; nothing is known of more demand');
  });

  test('with a window that was asked for says so and nothing else, whoever would decide without', () => {
    for (const by of ['forecast', 'guard', 'broken'] as const)
      expect(why({ hotIdleMs: 60_000, parkedIdleMs: 1_500 }, { by })).toEqual({
        because: 'an idle replica stays hot for 60 s, a parked one stays for 1.5 s, as asked',
        terms: [],
      });
    expect(why({ parkedIdleMs: 5_000 }).because).toMatch(
      /^replica 1 is kept.*; a parked one stays for 5 s, as asked$/,
    );
    expect(why({ parkedIdleMs: 0, parking: false }).because).not.toContain('as asked');
  });

  test.each([
    ['guard', 'ski rental: the forecast has cost too much of late'],
    ['broken', 'ski rental: the forecast is no number'],
  ] as const)('by %s says who decides', (by, because) => {
    expect(why({}, { by })).toEqual({ because, terms: [] });
  });

  test('without any level says that nothing is known', () => {
    expect(why({}, { levels: [] })).toEqual({ because: 'nothing is known of more demand', terms: [] });
  });
});
