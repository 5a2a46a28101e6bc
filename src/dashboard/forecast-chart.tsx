import { useMemo, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import { trackSpanMs, type TrackPoint } from '../core/demand/forecast-track.ts';
import { formatCount, formatShare } from './format.ts';
import { shareInBand, trackColumns } from './track-columns.ts';
import { axisStyle, readColor, usePlot } from './use-plot.ts';

const heightPx = 220;
/** A shorter span would make one busy minute look like a trend. */
const spanSecondsMin = 7_200;
const daySeconds = 86_400;

/** The last day in spans of ten minutes: the band that was forecast, its middle, and what came. */
export function ForecastChart({ track }: { readonly track: readonly TrackPoint[] }) {
  const columns = useMemo(() => trackColumns(track) as unknown as uPlot.AlignedData, [track]);
  const [chosen, setChosen] = useState<number | null>(null);
  const { holder, plot } = usePlot((element) => makeOptions(element, setChosen), columns);
  const at = Math.min(chosen ?? track.length - 1, track.length - 1);
  const point = track[at];
  const inBand = shareInBand(track);

  const choose = (event: KeyboardEvent): void => {
    const to = movedTo(event.key, at, track.length - 1);
    const { current } = plot;
    const seconds = (track[to ?? -1]?.atMs ?? 0) / 1_000;
    if (to === null || current === null || seconds === 0) return;
    event.preventDefault();
    setChosen(to);
    current.setCursor({ left: current.valToPos(seconds, 'x'), top: 1 }, false);
  };

  return (
    <figure className="track">
      <div
        className="chart tall"
        ref={holder}
        role="slider"
        tabIndex={0}
        aria-label="requests forecast and come, in spans of ten minutes over the last day"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, track.length - 1)}
        aria-valuenow={Math.max(0, at)}
        aria-valuetext={point === undefined ? 'no span yet' : describePoint(point)}
        onKeyDown={choose}
      />
      <figcaption>
        <span className="key band">forecast, 10–90 %</span>
        <span className="key mid">its middle</span>
        <span className="key came">what came</span>
        {point !== undefined && <span className="chosen">{describePoint(point)}</span>}
        {inBand !== null && track.length > 1 && (
          <span>
            {formatShare(inBand, 1)} of {track.length} spans fell within the band
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function movedTo(key: string, at: number, last: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, at - 1);
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(last, at + 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

function describePoint({ atMs, lowCount, midCount, highCount, count }: TrackPoint): string {
  const span = `${formatClock(atMs / 1_000)}–${formatClock((atMs + trackSpanMs) / 1_000)}`;
  const band = `${formatCount(lowCount)}–${formatCount(highCount)}`;
  return `${span}: ${formatCount(count)} came, ${formatCount(midCount)} (${band}) were forecast`;
}

function formatClock(seconds: number): string {
  return new Date(seconds * 1_000).toTimeString().slice(0, 5);
}

function makeOptions(element: HTMLElement, onPoint: (at: number | null) => void): uPlot.Options {
  const axis = axisStyle(element);
  const hot = readColor(element, '--hot');
  const cold = readColor(element, '--cold');
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const bars = uPlot.paths.bars?.({ align: 1, size: [0.8, 120] });
  const line = (label: string, stroke: string, width: number): uPlot.Series => ({
    label,
    stroke,
    width,
    points: { show: false },
    ...(steps === undefined ? {} : { paths: steps }),
  });
  return {
    width: element.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: {
        range: (_plot, low, high) => [
          Math.max(high - daySeconds, Math.min(low, high - spanSecondsMin)),
          high,
        ],
      },
      y: { range: (_plot, _low, high) => [0, Math.max(2, high * 1.1)] },
    },
    axes: [
      { ...axis, space: 64, size: 26, values: (_plot, splits) => splits.map(formatClock) },
      { ...axis, size: 38, values: (_plot, splits) => splits.map(formatCount) },
    ],
    series: [
      {},
      {
        label: 'came',
        stroke: 'transparent',
        fill: `color-mix(in srgb, ${cold} 60%, transparent)`,
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
      line('high', 'transparent', 0),
      line('low', 'transparent', 0),
      line('middle', hot, 2),
    ],
    bands: [{ series: [2, 3], fill: `color-mix(in srgb, ${hot} 22%, transparent)` }],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}
