import { describe, expect, test } from 'vitest';
import {
  formatChance,
  formatCost,
  formatCount,
  formatSigned,
  formatSpan,
  formatTick,
  formatWeekMoment,
} from '../../../src/dashboard/format.ts';
import { farMs } from '../../../src/core/warming/pool-plan.ts';

describe('money shows what there is to see, and no more digits than money has', () => {
  test.each([
    [0, '$0'],
    [0.2, '$0'],
    [1, '$0.000001'],
    [20, '$0.00002'],
    [400, '$0.0004'],
    [2_211, '$0.00221'],
    [34_000, '$0.034'],
    [99_600, '$0.10'],
    [120_000, '$0.12'],
    [1_230_000, '$1.23'],
    [1_234_500_000, '$1,234.50'],
    [-20_300, '-$0.0203'],
    [-1_230_000, '-$1.23'],
  ])('%d micro-dollars: %s', (micros, text) => {
    expect(formatCost(micros)).toBe(text);
  });
});

describe('a length that was chosen reads as it was chosen', () => {
  test.each([
    [0, '0 s'],
    [1_500, '1.5 s'],
    [60_000, '60 s'],
    [120_000, '2 min'],
    [410_000, '6 min 50 s'],
    [5_400_000, '1 h 30 min'],
    [86_400_000, '1 d'],
    [172_800_000, '2 d'],
    [farMs, 'for ever'],
  ])('%d ms: %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });
});

test.each([
  [0, '0 %'],
  [0.0004, '< 0.1 %'],
  [0.004, '0.4 %'],
  [0.27, '27 %'],
  [0.9954, '99.5 %'],
  [0.9999, '> 99.9 %'],
  [1, '100 %'],
])('a chance of %d is %s: what is not certain never reads as certain', (chance, text) => {
  expect(formatChance(chance)).toBe(text);
});

test.each([
  [0, '0'],
  [0.004, '< 0.01'],
  [0.04, '0.04'],
  [1.333, '1.3'],
  [27.4, '27'],
  [1_204, '1,204'],
])('a count of %d is %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0.00009, '0'],
  [0.00639, '+0.006'],
  [0.16, '+0.16'],
  [-2.04, '−2.0'],
  [375.4, '+375'],
  [-60, '−60.0'],
])('a term of %d GPU-seconds is %s', (value, text) => {
  expect(formatSigned(value)).toBe(text);
});

test('a moment of the week is told in UTC, as weeks begin there', () => {
  expect(formatWeekMoment(Date.UTC(2026, 10, 23))).toBe('Mon 00:00 UTC');
  expect(formatWeekMoment(Date.UTC(2026, 10, 25, 16, 47, 30))).toBe('Wed 16:47 UTC');
});

test.each([
  [60, 'minute'],
  [2, '2 s'],
  [300, '5 min'],
])('a tick of %d s is the next %s', (seconds, text) => {
  expect(formatTick(seconds)).toBe(text);
});
