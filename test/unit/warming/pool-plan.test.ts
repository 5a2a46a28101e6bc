// A plan as a pool takes it: figures that are none leave the pool to its own windows.
import { expect, test } from 'vitest';
import { farMs, planTermsMax, soundPlan, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';

const plan: WarmthPlan = {
  keepHot: 2,
  warmTo: 1,
  keepParked: 3,
  parkTo: 1,
  hotMinMs: 1,
  hotMaxMs: farMs,
  parkedMinMs: 2,
  parkedMaxMs: farMs,
  untilMs: 5,
  because: 'lunch',
  terms: [{ name: 'age', gpuSeconds: -3 }],
};

test('a sound plan is taken as it is, also after JSON', () => {
  expect(soundPlan(plan)).toEqual(plan);
  expect(soundPlan(JSON.parse(JSON.stringify(plan)) as WarmthPlan)).toEqual(plan);
});

test.each(['keepHot', 'warmTo', 'keepParked', 'parkTo', 'hotMinMs', 'hotMaxMs', 'parkedMinMs', 'untilMs'])(
  'one whose %s is no finite number from 0 on is none',
  (name) => {
    for (const value of [NaN, Infinity, -1, null, undefined])
      expect(soundPlan({ ...plan, [name]: value })).toBeNull();
  },
);

test('one of an earlier shape is none', () => {
  expect(soundPlan({ replicas: 1, untilMs: 9, because: '' } as Partial<WarmthPlan>)).toBeNull();
});

test('broken counts are rounded down, reasons beyond the bound are left out', () => {
  const terms = Array.from({ length: planTermsMax + 3 }, (_, at) => ({ name: `t${at}`, gpuSeconds: at }));
  const sound = soundPlan({ ...plan, keepHot: 2.9, terms });
  expect(sound).toMatchObject({ keepHot: 2 });
  expect(sound?.terms).toEqual(terms.slice(0, planTermsMax));
});
