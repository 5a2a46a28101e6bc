// What a forecaster of means looks at and answers. Owns the interface that the members of a panel follow; panel.ts makes bands of it.
import type { AdditiveTables } from '../additive-tables.ts';
import type { GapHistogram } from './gap-histogram.ts';
import type { PoolTrail } from './pool-trail.ts';

export interface PlatformLook {
  /** log2 of the arrivals of all pools in 30 min, at least -2. */
  readonly recentLog: number;
  /** log2 of how many times the usual came in the last hour. */
  readonly ratioLog: number;
}

/** What all pools share, as far as a member looks at it. */
export interface SharedSight {
  readonly gaps: GapHistogram;
  tablesOf(slot: number): AdditiveTables;
  platformAt(nowMs: number): PlatformLook;
}

/** One pool at one moment. */
export interface Look {
  readonly trail: PoolTrail;
  readonly gaps: GapHistogram;
  readonly shared: SharedSight;
  readonly nowMs: number;
  /** Index of the learned horizon. */
  readonly slot: number;
}

export interface MeanModel {
  readonly name: string;
  /** Arrivals to expect in the horizon; never negative. The pool has had at least one arrival. */
  mean(look: Look): number;
  /** What the forecast rests on, in words that follow "12.3 requests: ". */
  because(look: Look): string;
  /** For a model that learns: what it saw is kept until it is known what came. */
  readonly learning?: {
    readonly size: number;
    /** What the last `mean` saw. */
    trace(into: Float64Array, offset: number): void;
    learn(shared: SharedSight, slot: number, lesson: Lesson): void;
  };
}

export interface Lesson {
  readonly trace: Float64Array;
  readonly mean: number;
  readonly dispersion: number;
  readonly count: number;
}
