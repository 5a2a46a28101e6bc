// What the admin API and the dashboard show of a pool. Owns the shape and nothing else.
import type { WarmthPlan } from '../warming/pool-plan.ts';
import type { PrewarmMode } from '../graph/decide-prewarm.ts';
import type { PrewarmCounts } from './expect.ts';
import type { CircuitView } from './circuit-view.ts';
import type { Speculation } from './speculation.ts';

/** Milliseconds of a replica's life by what it did; `busyMs + idleMs + loadingMs + parkedMs = lifetimeMs`, always. */
export interface LifeLedger {
  readonly busyMs: number;
  readonly idleMs: number;
  readonly loadingMs: number;
  readonly parkedMs: number;
  readonly lifetimeMs: number;
}

export type ReplicaPhase = 'starting' | 'hot' | 'draining' | 'parking' | 'parked' | 'waking' | 'stopping';

export interface ReplicaView {
  readonly id: string;
  readonly generation: number;
  readonly phase: ReplicaPhase;
  readonly phaseSinceMs: number;
  readonly createdMs: number;
  readonly slots: number;
  readonly leasedSlots: number;
  readonly life: LifeLedger;
  /** What the backend measured; null until known. */
  readonly loadMs: number | null;
  readonly wakeMs: number | null;
  /** Null for one that is not hot. */
  readonly circuit: CircuitView | null;
}

export interface PoolView {
  /** `tiny-chat@1~local` */
  readonly pool: string;
  readonly version: string;
  readonly place: string;
  readonly nowMs: number;
  readonly replicas: readonly ReplicaView[];
  /** Replicas per warmth: `hot` counts hot and draining; `loading` counts starting and waking. */
  readonly counts: {
    readonly hot: number;
    readonly loading: number;
    readonly parked: number;
    readonly stopping: number;
  };
  /** Of the pool as a whole: open means that requests which others can answer go elsewhere. */
  readonly circuit: CircuitView;
  /** Requests that the hot replicas are given at once: their slots, or fewer where they have shown that they cannot do so many. */
  readonly inFlightMax: number;
  readonly queue: { readonly waiting: number; readonly max: number; readonly oldestWaitMs: number };
  readonly target: {
    /** Replicas wanted hot now, after floor, need and plan. */
    readonly replicas: number;
    readonly because: string;
    /** The planner's part in short (`replicas` = what it keeps hot), null when it asked for nothing or its time ran out. */
    readonly planned: {
      readonly replicas: number;
      readonly untilMs: number;
      readonly because: string;
    } | null;
  };
  /** The plan in force, whole; without one the pool lives by the windows of its settings. */
  readonly plan: WarmthPlan | null;
  /** Set while starts fail: no start is tried before `untilMs`. */
  readonly backoff: { readonly failures: number; readonly untilMs: number; readonly reason: string } | null;
  /** Since when the backend has been out of reach, null while it answers. */
  readonly backend: { readonly downSinceMs: number | null; readonly reason: string };
  /** Replicas that are gone, summed. */
  readonly past: { readonly replicas: number; readonly life: LifeLedger };
  /** Past and present, summed, and its price in micro-dollars. */
  readonly life: LifeLedger;
  readonly costMicros: number;
  readonly requests: {
    readonly served: number;
    readonly cold: number;
    readonly parked: number;
    readonly hot: number;
    readonly failed: number;
  };
  /** What was paid for replicas that nobody had used, beside what was paid anyway. */
  readonly speculation: Speculation;
  /** Runs of compound functions that are on their way here, and what was started for such runs. */
  readonly prewarm: PrewarmView;
  /** How long requests waited that met no hot replica, summed by what they met. */
  readonly waits: { readonly coldMs: number; readonly parkedMs: number };
  /** What a load and a wake took of late, as the pool measured it; null before the first. */
  readonly loadMs: number | null;
  readonly wakeMs: number | null;
  /** Slots that the pool handed out itself; the other requests were served on slots that isolates kept. */
  readonly granted: number;
  /** Next alarm, null when the pool is at rest and costs nothing. */
  readonly nextWakeMs: number | null;
}

export interface PrewarmView extends PrewarmCounts {
  readonly mode: PrewarmMode;
  /** Expected runs with the chance that they come, the earliest first. */
  readonly expected: readonly {
    readonly run: string;
    readonly probability: number;
    readonly startMs: number;
    readonly untilMs: number;
  }[];
  /** Replicas used by somebody, of those brought up for runs and done with: null before the first. */
  readonly usefulShare: number | null;
  /** By what a load is begun ahead of a run: what nine in ten loads take. */
  readonly loadMsP90: number;
}

/** Body of `GET /admin/v1/pools`. */
export interface PoolsReply {
  readonly environment: string;
  readonly nowMs: number;
  readonly pools: readonly PoolView[];
  /** Pools whose object did not answer in time. */
  readonly silent: readonly string[];
}
