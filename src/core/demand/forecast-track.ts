// One pool's forecast of arrivals, and its record: what was forecast for each ten minutes of the last day beside what came in them. Owns
// the record; the forecaster is given. Catches up with the clock when it is asked or fed, so that a quiet pool costs nothing. Pure.
import type { ArrivalForecast, ArrivalForecaster, ForecasterSnapshot } from './forecast.ts';

/** Length of a recorded span; also the horizon that is recorded. */
export const trackSpanMs = 600_000;
/** A day of them. */
export const trackPointsMax = 144;

export interface TrackPoint {
  readonly atMs: number;
  readonly lowCount: number;
  readonly midCount: number;
  readonly highCount: number;
  readonly count: number;
}

export interface TrackSnapshot {
  readonly forecaster: ForecasterSnapshot;
  readonly points: readonly TrackPoint[];
  readonly open: TrackPoint | null;
}

export class ForecastTrack {
  readonly #forecaster: ArrivalForecaster;
  #points: TrackPoint[];
  /** The span that runs now; null before the first arrival. */
  #open: TrackPoint | null;

  constructor(forecaster: ArrivalForecaster, before: Pick<TrackSnapshot, 'points' | 'open'> = noRecord) {
    this.#forecaster = forecaster;
    this.#points = [...before.points].slice(-trackPointsMax);
    this.#open = before.open;
  }

  arrive(nowMs: number, count: number): void {
    this.#turnTo(nowMs);
    // Forecast before it is known what came.
    this.#open ??= this.#begin(spanStart(nowMs));
    this.#forecaster.arrive(nowMs, count);
    this.#open = { ...this.#open, count: this.#open.count + count };
  }

  /** How many requests come in the next `horizonMs`. */
  forecast(nowMs: number, horizonMs: number): ArrivalForecast {
    this.#turnTo(nowMs);
    return this.#forecaster.forecast(nowMs, horizonMs);
  }

  /** Spans that have ended, the oldest first; the one that runs now is not among them. */
  points(nowMs: number): readonly TrackPoint[] {
    this.#turnTo(nowMs);
    return [...this.#points];
  }

  snapshot(): TrackSnapshot {
    return { forecaster: this.#forecaster.snapshot(), points: [...this.#points], open: this.#open };
  }

  /** Closes the spans that have ended. A forecast is made at the beginning of each, in order of time. */
  #turnTo(nowMs: number): void {
    if (this.#open === null) return;
    const present = spanStart(nowMs);
    // What lies further back than the record reaches is not forecast any more.
    const from = Math.max(this.#open.atMs + trackSpanMs, present - trackPointsMax * trackSpanMs);
    for (let atMs = from; atMs <= present; atMs += trackSpanMs) {
      this.#points.push(this.#open);
      this.#open = this.#begin(atMs);
    }
    if (this.#points.length > trackPointsMax) this.#points = this.#points.slice(-trackPointsMax);
  }

  #begin(atMs: number): TrackPoint {
    const { lowCount, midCount, highCount } = this.#forecaster.forecast(atMs, trackSpanMs);
    return { atMs, lowCount, midCount, highCount, count: 0 };
  }
}

const noRecord = { points: [], open: null };

function spanStart(nowMs: number): number {
  return Math.floor(nowMs / trackSpanMs) * trackSpanMs;
}
