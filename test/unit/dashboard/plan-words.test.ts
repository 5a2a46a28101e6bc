import { describe, expect, test } from 'vitest';
import { describePlan, formatWindow } from '../../../src/dashboard/plan-words.ts';
import { farMs, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';

const plan: WarmthPlan = {
  keepHot: 0,
  warmTo: 0,
  keepParked: 0,
  parkTo: 0,
  hotMinMs: 0,
  hotMaxMs: 0,
  parkedMinMs: 0,
  parkedMaxMs: 0,
  untilMs: 1,
  because: '',
  terms: [],
};

describe('a plan in words', () => {
  test.each<[string, Partial<WarmthPlan>]>([
    [
      'The plan keeps nothing warm beyond what is in use. Any other replica is put away as soon as it is idle.',
      {},
    ],
    [
      'The plan keeps 1 replica hot. An idle replica is put away after 60 s.',
      { keepHot: 1, hotMinMs: 60_000, hotMaxMs: 60_000 },
    ],
    [
      'The plan keeps 2 replicas hot (1 of them started ahead of demand), and keeps 3 replicas parked or better. Any other idle replica may go at once, and goes after 10 min.',
      { keepHot: 2, warmTo: 1, keepParked: 3, hotMaxMs: 600_000 },
    ],
    [
      'The plan keeps 1 replica parked or better (started ahead of demand). An idle replica stays for 5 s at least and 10 min at most.',
      { keepParked: 1, parkTo: 1, hotMinMs: 5_000, hotMaxMs: 600_000 },
    ],
    [
      'The plan keeps nothing warm beyond what is in use. Idle replicas stay for ever.',
      { hotMinMs: farMs, hotMaxMs: farMs },
    ],
    [
      'The plan keeps nothing warm beyond what is in use. An idle replica stays for 5 s at least.',
      { hotMinMs: 5_000, hotMaxMs: farMs },
    ],
  ])('%s', (text, change) => {
    expect(describePlan({ ...plan, ...change })).toBe(text);
  });
});

test.each([
  [60_000, 60_000, '60 s'],
  [0, 600_000, 'up to 10 min'],
  [5_000, 600_000, '5 s to 10 min'],
  [5_000, farMs, '5 s or longer'],
  [0, farMs, 'any'],
  [farMs, farMs, 'for ever'],
])('a window from %d to %d ms is %s', (minMs, maxMs, text) => {
  expect(formatWindow(minMs, maxMs)).toBe(text);
});

test('where the bounds of a window contradict each other the lower one holds', () => {
  expect(formatWindow(60_000, 1_000)).toBe('60 s');
});
