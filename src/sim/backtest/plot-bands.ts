// A day of forecasts as a picture: the band, the middle, and what came. Pure.
import {
  linearTicks,
  pathThrough,
  renderFrame,
  strokeOf,
  toX,
  toY,
  type Frame,
} from '../report/svg-frame.ts';

/** One forecast and what came of it. */
export interface BandSample {
  readonly atMs: number;
  readonly lowCount: number;
  readonly midCount: number;
  readonly highCount: number;
  readonly count: number;
}

export interface BandPlot {
  readonly title: string;
  readonly subtitle: string;
  /** The midnight that begins the day, on the samples' clock. */
  readonly dayMs: number;
  /** As on the axis: `requests in 10 min`. */
  readonly unit: string;
  /** By time; those of other days are left out. */
  readonly samples: readonly BandSample[];
}

const dayLengthMs = 86_400_000;
const hourMs = 3_600_000;
const bandColor = '#2f7de1';
const cameColor = '#e0762f';

export function renderBandPlot(plot: BandPlot): string {
  const samples = plot.samples.filter(({ atMs }) => atMs >= plot.dayMs && atMs < plot.dayMs + dayLengthMs);
  const ticks = linearTicks(
    Math.max(1, ...samples.map(({ highCount, count }) => Math.max(highCount, count))),
  );
  const frame: Frame = {
    title: plot.title,
    subtitle: plot.subtitle,
    x: {
      kind: 'linear',
      from: 0,
      to: 24,
      ticks: [0, 3, 6, 9, 12, 15, 18, 21, 24],
      title: 'hour of day',
      format: (tick) => `${tick}:00`,
    },
    y: {
      kind: 'linear',
      from: 0,
      to: ticks.at(-1) ?? 1,
      ticks,
      title: plot.unit,
      format: (tick) => tick.toLocaleString('en'),
    },
    legend: [
      { label: '10 % to 90 %', color: bandColor, mark: 'area' },
      { label: 'middle', color: bandColor, mark: 'line' },
      { label: 'what came', color: cameColor, mark: 'line' },
    ],
  };
  return renderFrame(frame, samples.length === 0 ? [] : drawBand(frame, plot.dayMs, samples));
}

function drawBand(frame: Frame, dayMs: number, samples: readonly BandSample[]): string[] {
  const trace = (of: (sample: BandSample) => number): (readonly [number, number])[] =>
    samples.map((sample) => [toX(frame, (sample.atMs - dayMs) / hourMs), toY(frame, of(sample))]);
  const band = [...trace(({ highCount }) => highCount), ...trace(({ lowCount }) => lowCount).toReversed()];
  const line = (color: string, of: (sample: BandSample) => number): string =>
    `<path fill="none" stroke="${color}" ${strokeOf('line')} d="${pathThrough(trace(of))}"/>`;
  return [
    `<path fill="${bandColor}" fill-opacity=".25" d="${pathThrough(band)}Z"/>`,
    line(bandColor, ({ midCount }) => midCount),
    line(cameColor, ({ count }) => count),
  ];
}
