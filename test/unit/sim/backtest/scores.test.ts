// Scores against figures worked out by hand: errors, losses, bands, calibration.
import { expect, test } from 'vitest';
import type { ArrivalForecast } from '../../../../src/core/demand/forecast.ts';
import { CalibrationCurve, calibrationBins } from '../../../../src/sim/backtest/calibration-curve.ts';
import { pinball, ScoreBook } from '../../../../src/sim/backtest/score-book.ts';

const said = (lowCount: number, midCount: number, highCount: number, anyChance: number): ArrivalForecast => ({
  meanCount: midCount + 1,
  lowCount,
  midCount,
  highCount,
  anyChance,
  because: '',
});

test('pinball: the level per request too few, the rest of it per request too many', () => {
  expect(pinball(10, 14, 0.9)).toBeCloseTo(3.6, 12);
  expect(pinball(14, 10, 0.9)).toBeCloseTo(0.4, 12);
  expect(pinball(10, 14, 0.1)).toBeCloseTo(0.4, 12);
  expect(pinball(7, 7, 0.5)).toBe(0);
});

test('three forecasts of two pools, by hand', () => {
  const book = new ScoreBook(2);
  book.add(0, said(2, 4, 8, 0.95), 6);
  book.add(0, said(2, 4, 8, 0.85), 10);
  book.add(1, said(1, 2, 3, 0.15), 0);
  const score = book.score();
  expect(score).toMatchObject({ n: 3, arrivals: 16 });
  // |6 - 4| + |10 - 4| + |0 - 2| = 10; with the means 5, 5, 3: 1 + 5 + 3 = 9.
  expect(score.wape).toBeCloseTo(10 / 16, 12);
  expect(score.wapeMean).toBeCloseTo(9 / 16, 12);
  expect(score.bias).toBeCloseTo(13 / 16, 12);
  expect([score.below, score.above, score.coverage]).toEqual([1 / 3, 1 / 3, 1 - 2 / 3]);
  // Per forecast: (0.4 + 1 + 0.2), (0.8 + 3 + 1.8), (0.9 + 1 + 0.3), each over three levels.
  expect(book.lossOf(0)).toBeCloseTo((1.6 + 5.6) / 3, 12);
  expect(book.lossOf(1)).toBeCloseTo(2.2 / 3, 12);
  expect(score.pinball).toBeCloseTo(9.4 / 3 / 16, 12);
  expect([book.arrivalsOf(0), book.arrivalsOf(1), book.hasPool(1), book.hasPool(2)]).toEqual([
    16,
    0,
    true,
    false,
  ]);
  expect(score.calibrationError).toBeCloseTo((0.05 + 0.15 + 0.15) / 3, 12);
});

test('the ends belong to the band, and a fraction reaches to the next whole request', () => {
  const book = new ScoreBook(1);
  for (const count of [2, 3, 8, 9]) book.add(0, said(2.4, 5, 8.3, 1), count);
  expect(book.score().coverage).toBe(1);
  for (const count of [1, 10]) book.add(0, said(2.4, 5, 8.3, 1), count);
  expect(book.score()).toMatchObject({ below: 1 / 6, above: 1 / 6 });
});

test('without any forecast all scores are numbers', () => {
  expect(Object.values(new ScoreBook(1).score()).flat().every(Number.isFinite)).toBe(true);
});

test('calibration: chances fall into their bins, empty bins are left out, no number counts as the nearest end', () => {
  const curve = new CalibrationCurve();
  expect([curve.points(), curve.error()]).toEqual([[], 0]);
  curve.add(0.31, true);
  curve.add(0.39, false);
  curve.add(1, true);
  curve.add(7, true);
  curve.add(Number.NaN, false);
  const [none, third, sure, ...rest] = curve.points();
  expect(calibrationBins).toBe(10);
  expect(none).toEqual({ predicted: 0, observed: 0, n: 1 });
  expect(third?.predicted).toBeCloseTo(0.35, 12);
  expect(third).toMatchObject({ observed: 0.5, n: 2 });
  expect(sure).toEqual({ predicted: 1, observed: 1, n: 2 });
  expect(rest).toEqual([]);
  expect(curve.error()).toBeCloseTo((2 * 0.15) / 5, 12);
});
