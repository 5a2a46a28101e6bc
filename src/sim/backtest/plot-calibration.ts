// Calibration as a picture: how often something came against how likely it was said to be, a line per forecaster, a dot per bin whose
// size is the number of forecasts in it. Takes points from anywhere. Pure.
import {
  pathThrough,
  renderFrame,
  round,
  strokeOf,
  toX,
  toY,
  type Frame,
  type LineMark,
  type Scale,
} from '../report/svg-frame.ts';
import type { CalibrationPoint } from './calibration-curve.ts';

export interface CalibrationLine {
  readonly label: string;
  readonly points: readonly CalibrationPoint[];
  /** Drawn thicker than the others. */
  readonly isMain: boolean;
}

export interface CalibrationPlot {
  readonly title: string;
  readonly subtitle: string;
  readonly lines: readonly CalibrationLine[];
}

const colors = ['#e0762f', '#9a6dd7', '#2fa36b', '#c94f7c', '#8a7f2a', '#4aa3b8', '#7a8190'] as const;
const mainColor = '#2f7de1';
const radiusMax = 7;

export function renderCalibrationPlot({ title, subtitle, lines }: CalibrationPlot): string {
  const colored = lines.map((line, at) => ({
    ...line,
    color: line.isMain ? mainColor : (colors[at % colors.length] ?? mainColor),
    mark: (line.isMain ? 'thick' : 'line') as LineMark,
  }));
  const frame: Frame = {
    title,
    subtitle,
    x: chanceScale('chance that was forecast'),
    y: chanceScale('how often something came'),
    legend: [...colored, { label: 'perfect', color: '#8a93a5', mark: 'dotted' }],
  };
  const perfect = pathThrough([
    [toX(frame, 0), toY(frame, 0)],
    [toX(frame, 1), toY(frame, 1)],
  ]);
  return renderFrame(frame, [
    `<path fill="none" stroke="#8a93a5" ${strokeOf('dotted')} d="${perfect}"/>`,
    ...colored.flatMap((line) => drawLine(frame, line)),
  ]);
}

function drawLine(
  frame: Frame,
  { points, color, mark }: CalibrationLine & { readonly color: string; readonly mark: LineMark },
): string[] {
  if (points.length === 0) return [];
  const places = points.map(
    ({ predicted, observed }) => [toX(frame, predicted), toY(frame, observed)] as const,
  );
  const most = Math.max(...points.map(({ n }) => n));
  const dots = places.map(([x, y], at) => {
    const radius = Math.max(1.5, radiusMax * Math.sqrt((points[at]?.n ?? 0) / most));
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${color}" fill-opacity=".55"/>`;
  });
  return [`<path fill="none" stroke="${color}" ${strokeOf(mark)} d="${pathThrough(places)}"/>`, ...dots];
}

function chanceScale(title: string): Scale {
  return {
    kind: 'linear',
    from: 0,
    to: 1,
    ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
    title,
    format: (tick) => `${Math.round(100 * tick)} %`,
  };
}
