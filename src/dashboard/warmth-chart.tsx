import { useMemo } from 'react';
import uPlot from 'uplot';
import { countNew, type Sample } from './history.ts';
import { axisStyle, readColor, usePlot } from './use-plot.ts';

const heightPx = 110;
/** A shorter span would make a second look like a trend. */
const spanSecondsMin = 120;

/** Replicas by warmth over time as steps, and cold starts as marks. */
export function WarmthChart({ samples }: { readonly samples: readonly Sample[] }) {
  const columns = useMemo(() => toColumns(samples), [samples]);
  const { holder } = usePlot(makeOptions, columns);
  return (
    <div
      className="chart"
      ref={holder}
      role="img"
      aria-label="replicas hot, loading and parked over the last minutes"
    />
  );
}

/** Stacked from below: hot, then loading, then parked; the topmost line is drawn first. */
function toColumns(samples: readonly Sample[]): uPlot.AlignedData {
  const cold = countNew(samples, 'cold');
  return [
    samples.map(({ atMs }) => atMs / 1_000),
    samples.map(({ hot, loading, parked }) => hot + loading + parked),
    samples.map(({ hot, loading }) => hot + loading),
    samples.map(({ hot }) => hot),
    samples.map((_, at) => ((cold[at] ?? 0) > 0 ? 0 : null)),
  ];
}

function formatClock(seconds: number): string {
  return new Date(seconds * 1_000).toTimeString().slice(0, 8);
}

function makeOptions(element: HTMLElement): uPlot.Options {
  const axis = axisStyle(element);
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const area = (label: string, name: string): uPlot.Series => ({
    label,
    stroke: readColor(element, name),
    fill: readColor(element, name),
    width: 0,
    points: { show: false },
    ...(steps === undefined ? {} : { paths: steps }),
  });
  const cold = readColor(element, '--cold');
  return {
    width: element.clientWidth,
    height: heightPx,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { range: (_plot, low, high) => [Math.min(low, high - spanSecondsMin), high] },
      y: { range: (_plot, _low, high) => [0, Math.max(2, high)] },
    },
    axes: [
      { ...axis, space: 80, size: 26, values: (_plot, splits) => splits.map(formatClock) },
      { ...axis, size: 26, incrs: [1, 2, 5, 10, 50, 100] },
    ],
    series: [
      {},
      area('parked', '--parked'),
      area('loading', '--loading'),
      area('hot', '--hot'),
      {
        label: 'cold starts',
        stroke: 'transparent',
        points: { show: true, size: 7, fill: cold, stroke: cold },
      },
    ],
  };
}
