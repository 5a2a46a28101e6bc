// Warmth over one day beside demand: how many replicas were busy, hot, on their way and parked. Pure.
import { linearTicks, pathThrough, renderFrame, toX, toY, type Frame, type LegendRow } from './svg-frame.ts';

/** The fleet at one moment. */
export interface FleetSample {
  /** Ms since the replay's begin. */
  readonly atMs: number;
  readonly busy: number;
  readonly idle: number;
  readonly coming: number;
  readonly parked: number;
}

export interface DayPlot {
  readonly title: string;
  readonly subtitle: string;
  /** Which day of the replay is shown, from 0. */
  readonly day: number;
  readonly samples: readonly FleetSample[];
  readonly parks: boolean;
}

const dayMs = 86_400_000;
/** Means over this long: single minutes are noise at this width. */
const binMs = 600_000;
const busyColor = '#e0762f';
const hotColor = '#2f7de1';
const parkedColor = '#9a6dd7';

export function renderDay(plot: DayPlot): string {
  const bins = binOf(plot);
  const most = Math.max(
    1,
    ...bins.map(({ busy, hot, parked }) => Math.max(busy, hot, plot.parks ? parked : 0)),
  );
  const ticks = linearTicks(most);
  const legend: LegendRow[] = [
    { label: 'busy (demand)', color: busyColor, mark: 'area' },
    { label: 'hot: busy + idle + coming', color: hotColor, mark: 'thick' },
  ];
  if (plot.parks) legend.push({ label: 'parked', color: parkedColor, mark: 'dashed' });
  const frame: Frame = {
    title: plot.title,
    subtitle: plot.subtitle,
    x: {
      kind: 'linear',
      from: 0,
      to: 24,
      ticks: [0, 3, 6, 9, 12, 15, 18, 21, 24],
      title: `hour of day ${plot.day + 1} of the replay`,
      format: (tick) => `${tick}:00`,
    },
    y: {
      kind: 'linear',
      from: 0,
      to: ticks.at(-1) ?? 1,
      ticks,
      title: 'replicas, means over 10 minutes',
      format: (tick) => tick.toLocaleString('en'),
    },
    legend,
  };
  const line = (of: (bin: Bin) => number): string =>
    pathThrough(bins.map((bin) => [toX(frame, bin.hour), toY(frame, of(bin))]));
  const first = bins[0]?.hour ?? 0;
  const last = bins.at(-1)?.hour ?? 0;
  const floor = toY(frame, 0);
  const busy = `${line((bin) => bin.busy)}L${toX(frame, last)} ${floor}L${toX(frame, first)} ${floor}Z`;
  const body =
    bins.length === 0
      ? []
      : [
          `<path fill="${busyColor}" fill-opacity=".4" d="${busy}"/>`,
          ...(plot.parks
            ? [
                `<path fill="none" stroke="${parkedColor}" stroke-width="1.7" stroke-dasharray="6 4" d="${line((bin) => bin.parked)}"/>`,
              ]
            : []),
          `<path fill="none" stroke="${hotColor}" stroke-width="2.5" d="${line((bin) => bin.hot)}"/>`,
        ];
  return renderFrame(frame, body);
}

interface Bin {
  /** Middle of the bin. */
  readonly hour: number;
  readonly busy: number;
  readonly hot: number;
  readonly parked: number;
}

function binOf({ samples, day }: DayPlot): Bin[] {
  const sums = new Map<number, { count: number; busy: number; hot: number; parked: number }>();
  for (const { atMs, busy, idle, coming, parked } of samples) {
    const intoDayMs = atMs - day * dayMs;
    if (intoDayMs < 0 || intoDayMs >= dayMs) continue;
    const at = Math.floor(intoDayMs / binMs);
    const sum = sums.get(at) ?? { count: 0, busy: 0, hot: 0, parked: 0 };
    sum.count += 1;
    sum.busy += busy;
    sum.hot += busy + idle + coming;
    sum.parked += parked;
    sums.set(at, sum);
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([at, { count, busy, hot, parked }]) => ({
      hour: ((at + 0.5) * binMs) / 3_600_000,
      busy: busy / count,
      hot: hot / count,
      parked: parked / count,
    }));
}
