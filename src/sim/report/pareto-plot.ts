// Pareto curves of many policies on one sheet, log-log: what is suffered to the right, what is paid upwards; lower left is better. Pure.
import type { CurvePoint } from './envelope.ts';
import {
  escapeText,
  logTicks,
  pathThrough,
  renderFrame,
  round,
  strokeOf,
  toX,
  toY,
  type Frame,
  type LegendRow,
} from './svg-frame.ts';

export interface PlotCurve {
  readonly label: string;
  /** An envelope, or a single point. */
  readonly points: readonly CurvePoint[];
  readonly role: 'ours' | 'base' | 'rival';
}

export interface ParetoPlot {
  readonly title: string;
  readonly subtitle: string;
  readonly xTitle: string;
  /** Range of x that is shown. */
  readonly xFrom: number;
  readonly xTo: number;
  readonly curves: readonly PlotCurve[];
  /** Hours that no policy can go below without waits; null = no line. */
  readonly limitHours: number | null;
  readonly limitLabel: string;
}

const oursColor = '#2f7de1';
const baseColor = '#e0762f';
const limitColor = '#3aa76d';
/** Middle tones, told apart on white and on dark; the second round of them is dotted. */
const rivalColors = ['#9a6dd7', '#c9a227', '#d6568e', '#4aa3a2', '#8a93a5', '#7d9b3d', '#b5654a', '#5f7fb8'];
const markerColor = '#8a93a5';

export function renderPareto(plot: ParetoPlot): string {
  const { xFrom, xTo } = plot;
  const shown = plot.curves
    .map((curve) => ({ ...curve, points: curve.points.filter(({ x }) => x >= xFrom && x <= xTo) }))
    .filter(({ points }) => points.length > 0);
  const lines = styleLines(shown.filter(({ points }) => points.length > 1));
  const frame: Frame = {
    title: plot.title,
    subtitle: plot.subtitle,
    x: { ...logScale(xFrom, xTo), title: plot.xTitle },
    y: { ...yScale(shown, plot.limitHours), title: 'GPU-hours (log): idle + load + parked at its price' },
    legend: legendOf(lines, plot),
  };
  const order = { rival: 0, base: 1, ours: 2 } as const;
  const drawn = lines
    .toSorted((a, b) => order[a.curve.role] - order[b.curve.role])
    .map((line) => drawLine(frame, line));
  const markers = drawMarkers(
    frame,
    shown.filter(({ points }) => points.length === 1),
  );
  return renderFrame(frame, [...drawLimit(frame, plot.limitHours), ...drawn, ...markers]);
}

interface Line {
  readonly curve: PlotCurve;
  readonly color: string;
  readonly mark: 'thick' | 'line' | 'dotted';
}

function styleLines(curves: readonly PlotCurve[]): Line[] {
  let rivals = 0;
  return curves.map((curve): Line => {
    if (curve.role !== 'rival')
      return { curve, color: curve.role === 'ours' ? oursColor : baseColor, mark: 'thick' };
    const color = rivalColors[rivals % rivalColors.length] ?? baseColor;
    const mark = rivals < rivalColors.length ? 'line' : 'dotted';
    rivals += 1;
    return { curve, color, mark };
  });
}

function logScale(from: number, to: number): Omit<Frame['x'], 'title'> {
  return { kind: 'log', from, to, ticks: logTicks(from, to), format: (tick) => tick.toLocaleString('en') };
}

function yScale(curves: readonly PlotCurve[], limitHours: number | null): Omit<Frame['y'], 'title'> {
  const hours = curves.flatMap(({ points }) => points.map((point) => point.hours));
  if (limitHours !== null && limitHours > 0) hours.push(limitHours);
  const least = Math.min(...hours);
  const most = Math.max(...hours);
  return hours.length === 0 ? logScale(1, 10) : logScale(least / 1.3, most * 1.3);
}

function legendOf(lines: readonly Line[], plot: ParetoPlot): LegendRow[] {
  const rows = lines.map(({ curve, color, mark }): LegendRow => ({ label: curve.label, color, mark }));
  const limit: LegendRow = { label: plot.limitLabel, color: limitColor, mark: 'dashed' };
  return plot.limitHours === null ? rows : [...rows, limit];
}

function drawLine(frame: Frame, { curve, color, mark }: Line): string {
  const path = pathThrough(curve.points.map(({ x, hours }) => [toX(frame, x), toY(frame, hours)]));
  const title = `<title>${escapeText(curve.label)}</title>`;
  return `<path fill="none" stroke="${color}" ${strokeOf(mark)} stroke-linejoin="round" d="${path}">${title}</path>`;
}

/** Below the curves, to which a dot's own neighbourhood belongs. */
const labelOff = { left: 14, down: 44, apart: 60, lowest: 460 } as const;

/** Policies without a knob are dots, each with a line to its name; those that fall together share one. */
function drawMarkers(frame: Frame, singles: readonly PlotCurve[]): string[] {
  const names = new Map<string, string[]>();
  for (const { label, points } of singles)
    for (const { x, hours } of points) {
      const at = `${Math.round(toX(frame, x))} ${Math.round(toY(frame, hours))}`;
      names.set(at, [...(names.get(at) ?? []), label]);
    }
  const markers = Array.from(names, ([at, labels]) => {
    const [x = 0, y = 0] = at.split(' ').map(Number);
    return {
      x,
      y,
      text: labels.join(', '),
      labelX: x - labelOff.left,
      labelY: Math.min(labelOff.lowest, y + labelOff.down),
    };
  }).sort((a, b) => b.x - a.x);
  for (const [at, marker] of markers.entries()) {
    const before = markers[at - 1];
    const isBeside = before !== undefined && Math.abs(before.labelY - marker.labelY) < 14;
    if (isBeside && before.labelX - marker.labelX < labelOff.apart)
      marker.labelX = before.labelX - labelOff.apart;
  }
  return markers.map(
    ({ x, y, text, labelX, labelY }) =>
      `<line class="axis" x1="${x}" y1="${y}" x2="${labelX}" y2="${labelY - 9}"/><circle cx="${x}" cy="${y}" r="4" fill="${markerColor}"/><text x="${labelX + 4}" y="${labelY}" text-anchor="end" font-size="11">${escapeText(text)}</text>`,
  );
}

function drawLimit(frame: Frame, hours: number | null): string[] {
  if (hours === null || hours <= 0) return [];
  const y = round(toY(frame, hours));
  const path = pathThrough([
    [toX(frame, frame.x.from), y],
    [toX(frame, frame.x.to), y],
  ]);
  return [`<path fill="none" stroke="${limitColor}" stroke-width="1.7" stroke-dasharray="6 4" d="${path}"/>`];
}
