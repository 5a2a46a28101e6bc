import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { countNew, type Sample } from './history.ts';

const heightPx = 110;
/** A shorter span would make a second look like a trend. */
const spanSecondsMin = 120;

/** Replicas by warmth over time as steps, and cold starts as marks. */
export function WarmthChart({ samples }: { readonly samples: readonly Sample[] }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    chart.current = new uPlot(makeOptions(element), [[], [], [], [], []], element);
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: heightPx }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => {
    chart.current?.setData(toColumns(samples));
  }, [samples]);
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
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const area = (label: string, name: string): uPlot.Series => ({
    label,
    stroke: color(name),
    fill: color(name),
    width: 0,
    points: { show: false },
    ...(steps === undefined ? {} : { paths: steps }),
  });
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
        points: { show: true, size: 7, fill: color('--cold'), stroke: color('--cold') },
      },
    ],
  };
}
