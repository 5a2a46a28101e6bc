// What a pool saw at this time of day on earlier days, counted by hand.
import { expect, test } from 'vitest';
import { Season, seasonSlot, seasonSlots } from '../../../src/core/demand/season.ts';
import { throughJson } from './demand-stream.ts';

const hour = 3_600_000;
const day = 24 * hour;
const beginMs = 20_000 * day;

/** Every day at nine, as many as the day's number says, from day 1 on. */
function seasonOf(days: number): Season {
  const season = new Season();
  for (let n = 1; n <= days; n += 1) season.arrive(beginMs + n * day + 9 * hour, n);
  return season;
}
const nineOn = (n: number): number => beginMs + n * day + 9 * hour;

test('knows nothing before the first request, and nothing on the first day', () => {
  const season = new Season();
  expect(season.expected(beginMs)).toBe(0);
  season.arrive(nineOn(1), 5);
  expect(season.expected(nineOn(1) + 60_000)).toBe(0);
  expect(season.expected(nineOn(2) - hour)).toBe(0);
});

test('is the mean over the days that are known, of this half-hour and the next', () => {
  const season = seasonOf(1);
  season.arrive(nineOn(1) + hour / 2, 2);
  season.arrive(nineOn(1) + hour, 40);
  expect(season.expected(nineOn(2))).toBe(1 + 2);
  expect(season.expected(nineOn(2) + hour / 2)).toBe(2 + 40);
  expect(season.expected(nineOn(3))).toBe((0 + 3) / 2);
});

test('counts seven days back and no more', () => {
  expect(seasonOf(7).expected(nineOn(8))).toBe((1 + 2 + 3 + 4 + 5 + 6 + 7) / 7);
  expect(seasonOf(8).expected(nineOn(9))).toBe((2 + 3 + 4 + 5 + 6 + 7 + 8) / 7);
  expect(seasonOf(30).expected(nineOn(31))).toBe((24 + 25 + 26 + 27 + 28 + 29 + 30) / 7);
});

test('after a pause of five days the silent days count, after one of weeks nothing is left', () => {
  expect(seasonOf(7).expected(nineOn(13))).toBe((6 + 7) / 7);
  expect(seasonOf(7).expected(nineOn(40))).toBe(0);
  const season = seasonOf(7);
  season.arrive(nineOn(40), 70);
  expect(season.expected(nineOn(41))).toBe(10);
});

test('a burst does not wrap round', () => {
  const season = new Season();
  season.arrive(nineOn(1), 1_000_000);
  season.arrive(nineOn(1), 1_000_000);
  expect(season.expected(nineOn(2))).toBe(65_535);
});

test('a clock that steps back loses nothing', () => {
  const season = seasonOf(2);
  season.arrive(nineOn(2) - hour, 1);
  expect(season.expected(nineOn(3))).toBe((1 + 2) / 2);
});

test('is the same after JSON, and goes on the same', () => {
  const original = seasonOf(9);
  const copy = new Season(...throughJson(original.snapshot()));
  for (const season of [original, copy]) season.arrive(nineOn(10), 3);
  for (let at = nineOn(10); at < nineOn(20); at += hour)
    expect(copy.expected(at)).toBe(original.expected(at));
  expect(copy.snapshot()).toEqual(original.snapshot());
});

test('keeps eight days of half-hours', () => {
  expect(seasonSlots).toBe(8 * 48);
  expect(seasonSlot(nineOn(1)) - seasonSlot(nineOn(0))).toBe(48);
});
