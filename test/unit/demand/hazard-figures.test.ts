// The figures' order is what the model indexes by: names, axes and groups must agree.
import { expect, test } from 'vitest';
import {
  figure,
  figureGroups,
  hazardAxes,
  levelFigures,
  poolFigures,
  sharedFigures,
} from '../../../src/core/demand/hazard-figures.ts';

test('every figure has one axis and lies in one group', () => {
  const axes = hazardAxes.map((_, axis) => axis);
  expect(Object.values(figure)).toEqual(axes);
  expect(
    Object.values(figureGroups)
      .flat()
      .toSorted((a, b) => a - b),
  ).toEqual(axes);
  expect(levelFigures + poolFigures + sharedFigures).toBe(hazardAxes.length);
  expect(new Set(hazardAxes.map(({ name }) => name)).size).toBe(hazardAxes.length);
});

test("a level's figures come first, then its pool's, then the platform's", () => {
  expect([figure.ownGaps, figure.arrivals5m]).toEqual([levelFigures - 1, levelFigures]);
  expect([figure.onTheirWay, figure.platform]).toEqual([
    levelFigures + poolFigures - 1,
    levelFigures + poolFigures,
  ]);
});
