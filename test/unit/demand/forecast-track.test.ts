// A pool's record: what was forecast for each ten minutes, before they began, beside what came in them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArrivalForecaster } from '../../../src/core/demand/forecast.ts';
import {
  ForecastTrack,
  trackPointsMax,
  trackSpanMs,
  type TrackSnapshot,
} from '../../../src/core/demand/forecast-track.ts';

const startMs = 1_000 * trackSpanMs;

/** Forecasts as many as have come so far, and notes when it was asked and told. */
class Counter implements ArrivalForecaster {
  readonly name = 'counter';
  readonly calls: number[] = [];
  total = 0;

  arrive(atMs: number, count = 1): void {
    this.calls.push(atMs);
    this.total += count;
  }

  forecast(nowMs: number, horizonMs: number): ReturnType<ArrivalForecaster['forecast']> {
    this.calls.push(nowMs);
    const { total } = this;
    const counts = { meanCount: total, lowCount: total - 1, midCount: total, highCount: total + 1 };
    return { ...counts, anyChance: horizonMs, because: '' };
  }

  snapshot(): ReturnType<ArrivalForecaster['snapshot']> {
    return { version: 1, name: this.name, state: [this.total] };
  }
}

test('a span is on record once it has ended, with the forecast from before its first arrival', () => {
  const track = new ForecastTrack(new Counter());
  track.arrive(startMs + 5_000, 3);
  track.arrive(startMs + 9_000, 4);
  expect(track.points(startMs + trackSpanMs - 1)).toEqual([]);
  expect(track.points(startMs + trackSpanMs)).toEqual([
    { atMs: startMs, lowCount: -1, midCount: 0, highCount: 1, count: 7 },
  ]);
  track.arrive(startMs + trackSpanMs + 1, 1);
  expect(track.points(startMs + 2 * trackSpanMs)[1]).toMatchObject({ midCount: 7, count: 1 });
});

test('a quiet pool costs nothing until it is looked at; then its empty spans are there, in order', () => {
  const counter = new Counter();
  const track = new ForecastTrack(counter);
  expect(track.points(startMs)).toEqual([]);
  track.arrive(startMs, 1);
  const calls = counter.calls.length;
  const points = track.points(startMs + 5 * trackSpanMs + 1);
  expect(points.map(({ count }) => count)).toEqual([1, 0, 0, 0, 0]);
  expect(counter.calls.length - calls).toBe(5);
  expect(counter.calls).toEqual(counter.calls.toSorted((x, y) => x - y));
});

test('after a silence of any length the record is a day long at most, without a gap, and ends now', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000 * trackSpanMs }), { maxLength: 5 }), (pauses) => {
      const track = new ForecastTrack(new Counter());
      let nowMs = startMs;
      for (const pause of pauses) track.arrive((nowMs += pause), 1);
      nowMs += trackSpanMs;
      const points = track.points(nowMs);
      expect(points.length).toBeLessThanOrEqual(trackPointsMax);
      if (pauses.length > 0)
        expect(points.at(-1)?.atMs).toBe(Math.floor(nowMs / trackSpanMs - 1) * trackSpanMs);
      for (const [at, point] of points.slice(1).entries())
        expect(point.atMs - (points[at]?.atMs ?? 0)).toBe(trackSpanMs);
    }),
  );
});

describe('a record', () => {
  test('that was handed out does not change any more', () => {
    const track = new ForecastTrack(new Counter());
    track.arrive(startMs, 1);
    const [points, { points: written }] = [track.points(startMs + trackSpanMs), track.snapshot()];
    track.points(startMs + 9 * trackSpanMs);
    expect([points.length, written.length]).toEqual([1, 1]);
  });

  test('that was written down goes on as if it had not been', () => {
    const [counter, copy] = [new Counter(), new Counter()];
    const track = new ForecastTrack(counter);
    for (const at of [1, 2, 700, 1_900]) track.arrive(startMs + at * 1_000, at);
    const snapshot = JSON.parse(JSON.stringify(track.snapshot())) as TrackSnapshot;
    copy.total = snapshot.forecaster.state[0] ?? 0;
    const again = new ForecastTrack(copy, snapshot);
    for (const each of [track, again]) each.arrive(startMs + 2_000_000, 5);
    expect(again.points(startMs + 3_000_000)).toEqual(track.points(startMs + 3_000_000));
    expect(again.forecast(startMs + 3_000_000, 60_000)).toEqual(track.forecast(startMs + 3_000_000, 60_000));
  });

  test('that is longer than a day is cut when it is read', () => {
    const point = { atMs: 0, lowCount: 0, midCount: 0, highCount: 0, count: 0 };
    const points = Array.from({ length: 500 }, () => point);
    expect(new ForecastTrack(new Counter(), { points, open: null }).points(startMs)).toHaveLength(
      trackPointsMax,
    );
  });
});
