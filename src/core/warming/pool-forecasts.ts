// The planner's forecasts of arrivals, one per pool, which learn together. What an operator sees of demand; plans are made from the
// hazards of levels. Owns the pools' order and their shared memory. Pure.
import { must } from '../base/assert.ts';
import { horizonsMs, type ArrivalForecaster, type ForecasterSnapshot } from '../demand/forecast.ts';
import { ForecastTrack, type TrackPoint, type TrackSnapshot } from '../demand/forecast-track.ts';
import { forecasterOf } from '../demand/forecasters/forecaster-of.ts';
import { SharedDemand, type SharedSnapshot } from '../demand/forecasters/shared-demand.ts';
import type { ForecastView } from './warmth-view.ts';

export interface PoolForecastsSnapshot {
  readonly shared: SharedSnapshot;
  readonly tracks: readonly TrackSnapshot[];
}

export class PoolForecasts {
  #shared = new SharedDemand();
  #tracks: readonly ForecastTrack[];

  constructor(poolCount: number) {
    this.#tracks = Array.from({ length: poolCount }, () => new ForecastTrack(this.#make()));
  }

  arrive(at: number, nowMs: number, count: number): void {
    this.#tracks[at]?.arrive(nowMs, count);
  }

  /** For each horizon, the shortest first. */
  forecast(at: number, nowMs: number): readonly ForecastView[] {
    const track = this.#tracks[at];
    if (track === undefined) return [];
    return horizonsMs.map((horizonMs) => {
      const { meanCount, lowCount, midCount, highCount, anyChance } = track.forecast(nowMs, horizonMs);
      return { horizonMs, meanCount, lowCount, midCount, highCount, anyChance };
    });
  }

  track(at: number, nowMs: number): readonly TrackPoint[] {
    return this.#tracks[at]?.points(nowMs) ?? [];
  }

  snapshot(): PoolForecastsSnapshot {
    return { shared: this.#shared.snapshot(), tracks: this.#tracks.map((track) => track.snapshot()) };
  }

  /** A pool whose record does not fit begins a new one; where what they learned together does not, all begin anew. */
  restore({ shared, tracks }: PoolForecastsSnapshot): void {
    const restored = new SharedDemand();
    if (!restored.restore(shared)) return;
    this.#shared = restored;
    this.#tracks = this.#tracks.map((_, at) => {
      const before = tracks[at];
      return before === undefined
        ? new ForecastTrack(this.#make())
        : new ForecastTrack(this.#make(before.forecaster), before);
    });
  }

  #make(snapshot?: ForecasterSnapshot): ArrivalForecaster {
    const made = forecasterOf('ensemble', this.#shared, snapshot);
    if (made.ok) return made.value;
    const fresh = forecasterOf('ensemble', this.#shared);
    return must(fresh.ok ? fresh.value : undefined, 'the ensemble exists');
  }
}
