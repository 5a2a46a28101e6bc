// The figures one pool lives by, derived once from its version's configuration. Pure.
import type { ModelVersion } from '../registry/model.ts';
import { traitsOf } from '../registry/place-traits.ts';
import { brainPoolOf, restingWindows } from '../warming/brain-settings.ts';
import { gammaOf } from '../warming/exchange.ts';

export interface PoolSettings {
  readonly pool: string;
  readonly version: string;
  readonly place: string;
  readonly slots: number;
  readonly replicasMax: number;
  readonly floor: number;
  readonly parking: boolean;
  /** Its place is always there: a start only asks whether it is, and costs nothing. */
  readonly isFixed: boolean;
  readonly hotIdleMs: number;
  readonly parkedIdleMs: number;
  readonly startTimeoutMs: number;
  readonly queueMax: number;
  /** How long anybody is to wait in line while replicas are hot and the pool cannot grow; null = as long as its deadline. */
  readonly waitTargetMs: number | null;
  readonly hotMicrosPerSecond: number;
  readonly parkedMicrosPerSecond: number;
  /** GPU-seconds that a second of a user's waiting is worth. */
  readonly gamma: number;
  /** What a load and a wake are taken to be before one was measured. */
  readonly loadGuessMs: number;
  readonly wakeGuessMs: number;
}

/** A lease that nobody renews is dropped after this long: the isolate that held it is gone. */
export const leaseTtlMs = 30_000;
/** A command without an outcome is sent again after this long; longer than any backend's own deadline. */
export const commandTimeoutMs = 40_000;
/** One long poll of a start; short enough that a lost connection is noticed soon, long enough to cost nothing. */
export const startPollMs = 20_000;
/** While replicas exist, the backend's list is compared with the pool's this often. */
export const reconcileEveryMs = 10_000;
/** How long after a request could not talk to a replica the backend is asked whether that lives, while others serve. */
export const doubtMs = 50;
/** A backend that cannot be reached is asked again after this long, doubling to the maximum. */
export const backendRetryMs = 250;
export const backendRetryMsMax = 15_000;
/** Requests that wait are refused once the backend has been out of reach for this long and nothing is hot. */
export const backendGraceMs = 2_000;
/** A failed start blocks further starts for this long, doubling to the maximum. */
export const startBackoffMs = 1_000;
export const startBackoffMsMax = 60_000;
/** Weight of the last load among all that were measured. */
export const loadWeight = 0.2;
/** Rows kept of replicas that are dead, but whose stop the backend has not confirmed: more than any honest backend leaves open. */
export const deadRowsMax = 16;

/** `tiny-chat@1~local`: one pool per version and place. */
export function poolName(version: string, place: string): string {
  return `${version}~${place}`;
}

/** `standardWaitMicros` is the deployment's worth of a second of waiting: windows that nobody asked for follow from it. */
export function settingsOf(version: ModelVersion, place: string, standardWaitMicros: number): PoolSettings {
  const pool = poolName(version.id, place);
  const brainPool = brainPoolOf(version, pool, standardWaitMicros);
  return {
    pool,
    version: version.id,
    place,
    slots: version.slots,
    replicasMax: version.replicasMax,
    floor: version.floor,
    parking: brainPool.parking,
    isFixed: traitsOf(version.launch).isFixed,
    ...restingWindows(brainPool),
    startTimeoutMs: version.startTimeoutMs,
    queueMax: version.queueMax,
    waitTargetMs: version.waitTargetMs,
    hotMicrosPerSecond: version.hotMicrosPerSecond,
    parkedMicrosPerSecond: version.parkedMicrosPerSecond,
    gamma: gammaOf(brainPool.waitMicrosPerSecond, version.hotMicrosPerSecond),
    loadGuessMs: version.loadGuessMs,
    wakeGuessMs: version.wakeGuessMs,
  };
}

/** The figures of a pool whose version is no longer served: nothing is started, everything that runs is stopped. */
export function retiredSettings(pool: string): PoolSettings {
  const [version = pool, place = ''] = pool.split('~');
  return {
    pool,
    version,
    place,
    slots: 1,
    replicasMax: 0,
    floor: 0,
    parking: false,
    isFixed: false,
    hotIdleMs: 0,
    parkedIdleMs: 0,
    startTimeoutMs: 1_000,
    queueMax: 0,
    waitTargetMs: null,
    hotMicrosPerSecond: 0,
    parkedMicrosPerSecond: 0,
    gamma: 0,
    loadGuessMs: 1,
    wakeGuessMs: 1,
  };
}
