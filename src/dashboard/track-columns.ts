// The record of a forecast as columns for a chart, and how well it has done. Pure.
import { trackSpanMs, type TrackPoint } from '../core/demand/forecast-track.ts';

/**
 * Seconds since the epoch, then what came, high, low and middle. The last forecast is repeated at the
 * end of its span, so that it is drawn up to there.
 */
export type TrackColumns = readonly [
  atSeconds: readonly number[],
  came: readonly (number | null)[],
  high: readonly number[],
  low: readonly number[],
  mid: readonly number[],
];

export function trackColumns(track: readonly TrackPoint[]): TrackColumns {
  const last = track.at(-1);
  const drawn: readonly TrackPoint[] =
    last === undefined ? [] : [...track, { ...last, atMs: last.atMs + trackSpanMs }];
  return [
    drawn.map(({ atMs }) => atMs / 1_000),
    drawn.map(({ count }, at) => (at < track.length ? count : null)),
    drawn.map(({ highCount }) => highCount),
    drawn.map(({ lowCount }) => lowCount),
    drawn.map(({ midCount }) => midCount),
  ];
}

/** Share of the spans in which as many came as the band had said; a good band holds four in five or more. Null without a record. */
export function shareInBand(track: readonly TrackPoint[]): number | null {
  if (track.length === 0) return null;
  // A band may lie between whole numbers, which no count can meet: its ends count as the whole numbers around it.
  const inside = track.filter(
    ({ lowCount, highCount, count }) => count >= Math.floor(lowCount) && count <= Math.ceil(highCount),
  );
  return inside.length / track.length;
}
