// What the planner's brain knows of a pool from its configuration, and the figures that follow with what was measured. Pure.
import type { ModelVersion } from '../registry/model.ts';
import { traitsOf } from '../registry/place-traits.ts';
import { gammaMax, gammaOf, type WarmthFigures } from './exchange.ts';
import { skiWindows, type KeepWindows } from './idle-windows.ts';
import { waitCostOf } from './tiers.ts';

export interface BrainPool {
  readonly pool: string;
  readonly floor: number;
  readonly replicasMax: number;
  readonly parking: boolean;
  /** Windows that somebody asked for by name: they hold exactly, whatever the forecast says. Null = derived from prices. */
  readonly hotIdleMs: number | null;
  readonly parkedIdleMs: number | null;
  readonly hotMicrosPerSecond: number;
  readonly parkedMicrosPerSecond: number;
  /** Worth of a second of a user's waiting, in micro-dollars. */
  readonly waitMicrosPerSecond: number;
  /** What a load and a wake are taken to be before one was measured. */
  readonly loadGuessMs: number;
  readonly wakeGuessMs: number;
  /** Where prices and guesses are from, in words. */
  readonly economicsFrom?: ModelVersion['economicsFrom'];
  /** Always there, and paid by use: nothing is kept, brought up or shared out for it. False where it is left out, as the next. */
  readonly isFixed?: boolean;
  /** Its place keeps a buffer beside the floor, which the plan moves. */
  readonly bursts?: boolean;
}

/** A load that takes no time at all would make every threshold zero. */
const briefSeconds = 0.001;

/** A pool whose version is no longer served: it keeps its place and gets nothing. */
export function retiredPool(pool: string): BrainPool {
  return {
    pool,
    floor: 0,
    replicasMax: 0,
    parking: false,
    hotIdleMs: 0,
    parkedIdleMs: 0,
    hotMicrosPerSecond: 0,
    parkedMicrosPerSecond: 0,
    waitMicrosPerSecond: 0,
    loadGuessMs: 1,
    wakeGuessMs: 1,
  };
}

export function brainPoolOf(version: ModelVersion, pool: string, standardWaitMicros: number): BrainPool {
  const { isFixed, bursts } = traitsOf(version.launch);
  return {
    pool,
    floor: version.floor,
    replicasMax: version.replicasMax,
    parking: canPark(version),
    hotIdleMs: version.hotIdleMs,
    parkedIdleMs: version.parkedIdleMs,
    hotMicrosPerSecond: version.hotMicrosPerSecond,
    parkedMicrosPerSecond: version.parkedMicrosPerSecond,
    waitMicrosPerSecond: waitCostOf(version.tier, standardWaitMicros),
    loadGuessMs: version.loadGuessMs,
    wakeGuessMs: version.wakeGuessMs,
    economicsFrom: version.economicsFrom,
    isFixed,
    bursts,
  };
}

/** Whether its place parks; a window of zero asks for no parking. */
export function canPark({ launch, parkedIdleMs }: ModelVersion): boolean {
  return parkedIdleMs !== 0 && traitsOf(launch).parks;
}

/** The pool's figures for the planner; a measured time replaces the guess. */
export function figuresOf(
  pool: BrainPool,
  measured: { readonly loadMs: number | null; readonly wakeMs: number | null },
): WarmthFigures {
  const { hotMicrosPerSecond, parkedMicrosPerSecond, waitMicrosPerSecond } = pool;
  return {
    loadSeconds: Math.max(briefSeconds, (measured.loadMs ?? pool.loadGuessMs) / 1000),
    wakeSeconds: pool.parking ? Math.max(briefSeconds, (measured.wakeMs ?? pool.wakeGuessMs) / 1000) : null,
    parkedShare: hotMicrosPerSecond > 0 ? Math.min(1, parkedMicrosPerSecond / hotMicrosPerSecond) : 0,
    gamma: gammaOf(waitMicrosPerSecond, hotMicrosPerSecond),
    floor: pool.floor,
    // A GPU that costs nothing, or next to it: priced so that gamma times it is what waiting is worth.
    price: Math.max(hotMicrosPerSecond, waitMicrosPerSecond / gammaMax),
  };
}

/** Windows that were asked for by name replace the derived ones, each alone. */
export function withAskedWindows(pool: BrainPool, derived: KeepWindows): KeepWindows {
  const { hotIdleMs, parkedIdleMs } = pool;
  return {
    hotMinMs: hotIdleMs ?? derived.hotMinMs,
    hotMaxMs: hotIdleMs ?? derived.hotMaxMs,
    parkedMinMs: parkedIdleMs ?? derived.parkedMinMs,
    parkedMaxMs: parkedIdleMs ?? derived.parkedMaxMs,
  };
}

/** The windows a pool lives by when nobody plans for it: those asked for, else ski-rental's by the guessed times. */
export function restingWindows(pool: BrainPool): {
  readonly hotIdleMs: number;
  readonly parkedIdleMs: number;
} {
  const derived = skiWindows(figuresOf(pool, { loadMs: null, wakeMs: null }));
  return {
    hotIdleMs: pool.hotIdleMs ?? Math.min(dayMs, derived.hotMaxMs),
    parkedIdleMs: pool.parkedIdleMs ?? Math.min(dayMs, derived.parkedMaxMs),
  };
}

/** What nobody asked for and nobody plans for is kept no longer. */
const dayMs = 86_400_000;
