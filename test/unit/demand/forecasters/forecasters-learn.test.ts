// What forecasters make of streams whose nature is known: steady ones, a daily rhythm, and a mix that suits no single member.
import { describe, expect, test } from 'vitest';
import { forecasterNames } from '../../../../src/core/demand/forecasters/forecaster-of.ts';
import { memberNames } from '../../../../src/core/demand/forecasters/members.ts';
import { dayMs, lossOf, make, meanOf, minuteMs, poissonMinutes, walk } from './arrivals.ts';

const tenMs = 10 * minuteMs;
const day = dayMs / minuteMs;

describe('a steady stream of 2 requests a minute', () => {
  const counts = poissonMinutes(5 * day, 7, () => 2);

  test.each(forecasterNames)('%s: the mean is met and four in five counts lie in the band', (name) => {
    const answers = walk(make(name), counts, { horizonMs: tenMs, fromMinute: 2 * day });
    const bias = meanOf(answers.map(({ forecast }) => forecast.meanCount)) / 20;
    const inside = answers.map(({ forecast, count }) =>
      count >= Math.floor(forecast.lowCount) && count <= Math.ceil(forecast.highCount) ? 1 : 0,
    );
    expect(bias).toBeGreaterThan(0.9);
    // Half octaves of pauses are a coarse measure.
    expect(bias).toBeLessThan(name === 'hybrid-histogram' ? 1.25 : 1.1);
    // Ends belong to the band, and a whole count has some 9 % of its own: a perfect band has 80 to 92 %.
    expect(meanOf(inside)).toBeGreaterThan(0.76);
    expect(meanOf(inside)).toBeLessThan(0.96);
  });

  test('a quiet pool: chances of anything at all are what they say', () => {
    const quiet = poissonMinutes(6 * day, 3, () => 0.02);
    const answers = walk(make('ensemble'), quiet, { horizonMs: tenMs, fromMinute: 2 * day });
    const said = meanOf(answers.map(({ forecast }) => forecast.anyChance));
    const came = meanOf(answers.map(({ count }) => (count > 0 ? 1 : 0)));
    expect(Math.abs(said - came)).toBeLessThan(0.04);
  });
});

describe('a daily rhythm: 4 a minute from nine to five, else next to nothing', () => {
  const isOpen = (minute: number): boolean => minute % day >= 9 * 60 && minute % day < 17 * 60;
  const counts = poissonMinutes(7 * day, 11, (minute) => (isOpen(minute) ? 4 : 0.02));

  test.each(['seasonal', 'ensemble'])(
    '%s knows at nine that the hour will be full and at five that it will not',
    (name) => {
      const answers = walk(make(name), counts, { horizonMs: 3_600_000, fromMinute: 4 * day });
      const at = (hour: number): number =>
        meanOf(
          answers
            .filter(({ minute }) => minute % day === hour * 60)
            .map(({ forecast }) => forecast.meanCount),
        );
      expect(at(9)).toBeGreaterThan(120);
      expect(at(17)).toBeLessThan(80);
      expect(at(3)).toBeLessThan(20);
    },
  );

  test('recent-rate alone does not', () => {
    const answers = walk(make('recent-rate'), counts, { horizonMs: 3_600_000, fromMinute: 4 * day });
    const opening = answers.filter(({ minute }) => minute % day === 9 * 60);
    expect(meanOf(opening.map(({ forecast }) => forecast.meanCount))).toBeLessThan(40);
  });
});

test('on a mixed stream the ensemble loses little against the member that turns out best', () => {
  // A rhythm at first, then a level that wanders without one: what is best changes.
  const counts = poissonMinutes(8 * day, 5, (minute) => {
    if (minute < 5 * day) return 1 + Math.cos((2 * Math.PI * minute) / day);
    return Math.floor(minute / 400) % 3 === 0 ? 3 : 0.4;
  });
  const options = { horizonMs: tenMs, fromMinute: 2 * day };
  const losses = memberNames.map((name) => lossOf(walk(make(name), counts, options)));
  const mixed = lossOf(walk(make('ensemble'), counts, options));
  expect(mixed).toBeLessThan(1.05 * Math.min(...losses));
  expect(mixed).toBeLessThan(0.8 * Math.max(...losses));
});
