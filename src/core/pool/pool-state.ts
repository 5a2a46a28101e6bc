// What a pool remembers. `replicas` and `ledger` are durable; the rest lives in memory alone: a waiting request is a caller's open
// call and ends with the object that holds it, and what else is there is learned again. Pure data.
import { noDrain, type DrainMeter } from '../resilience/drain-meter.ts';
import type { Criticality } from '../resilience/criticality.ts';
import type { LatencyClass } from '../resilience/latency-class.ts';
import type { PoolHealth } from '../resilience/pool-health.ts';
import { soundPlan, type WarmthPlan } from '../warming/pool-plan.ts';
import {
  emptyTable,
  noLoadTimes,
  noPrewarms,
  type ExpectTable,
  type LoadTimes,
  type PrewarmCounts,
} from './expect.ts';
import { emptyJournal, type Journal } from './journal.ts';
import { restoreCare, type PoolCare } from './pool-care.ts';
import type { Warmth } from './pool-events.ts';
import { noLimit, type PoolLimit } from './pool-limit.ts';
import { noCrashLoop, type CrashLoop } from './crash-loop.ts';
import { nobodySuspected, type Suspects } from './suspects.ts';
import type { ReplicaPhase } from './pool-view.ts';

/** Milliseconds by what a replica did; complete up to the replica's `chargedToMs`. */
export interface Life {
  readonly busyMs: number;
  readonly idleMs: number;
  readonly loadingMs: number;
  readonly parkedMs: number;
}

/** One slot of one replica, held by one isolate for one tenant until `expiresMs`. */
export interface Lease {
  readonly id: string;
  readonly tenant: string;
  readonly expiresMs: number;
  /** Of the request that it was granted to. Slow, where it is not told. */
  readonly latency?: LatencyClass | undefined;
}

export interface Replica {
  readonly id: string;
  readonly generation: number;
  readonly phase: ReplicaPhase;
  readonly phaseSinceMs: number;
  readonly createdMs: number;
  readonly endpoint: string | null;
  readonly leases: readonly Lease[];
  /** Numbers the leases of this life, so that a late release never frees a later lease. */
  readonly leaseCounter: number;
  /** When it last became hot, and what that took: decides the warmth that a request met. */
  readonly hotSinceMs: number;
  readonly broughtBy: 'start' | 'wake';
  /** End of the last lease, or start of being hot: idle windows count from here. */
  readonly idleSinceMs: number;
  readonly life: Life;
  readonly chargedToMs: number;
  /** When the command of a transitional phase is due to be sent (again). */
  readonly commandDueMs: number;
  readonly attempts: number;
  /** Set on the way out: which bucket the last moments go to, and whether the process is known to be dead. */
  readonly wasParked: boolean;
  readonly dead: boolean;
  readonly loadMs: number | null;
  readonly wakeMs: number | null;
  /** Brought up for a plan before anybody asked, and not used yet; what a floor holds is paid for in any case. */
  readonly ahead: boolean;
  /** What its life has cost while it was `ahead`; nothing once it is used. */
  readonly speculated: Speculated;
  /** To be parked as soon as it is loaded. */
  readonly toPark: boolean;
  /** Of those `ahead`: brought up for runs on their way rather than for the plan. */
  readonly forRun: boolean;
  /** Its place among the pool's, from 0: what takes the place of a replica that died takes its seat. */
  readonly seat: number;
}

/** Milliseconds paid for replicas that nobody had used: hot (loading and idle) and parked. */
export interface Speculated {
  readonly hotMs: number;
  readonly parkedMs: number;
}

/** One request that waits for a slot; its caller holds a call open. */
export interface Waiter {
  readonly id: string;
  readonly tenant: string;
  readonly enqueuedMs: number;
  readonly deadlineMs: number;
  readonly slotByMs?: number | undefined;
  readonly avoid?: readonly string[] | undefined;
  readonly criticality?: Criticality | undefined;
  readonly latency?: LatencyClass | undefined;
  readonly weight?: number | undefined;
  readonly canGoElsewhere?: boolean | undefined;
}

export interface Backoff {
  readonly failures: number;
  readonly untilMs: number;
  readonly reason: string;
  /** The place had no room, and may have some in a moment; what fails by itself fails again. */
  readonly lacksRoom?: boolean | undefined;
  /** Those before were ready, and died: the next one may live. */
  readonly cameUp?: boolean | undefined;
}

export type ServedCounts = Readonly<Record<Warmth, number>> & { readonly failed: number };

/** The durable part that is not a replica. */
export interface PoolLedger {
  /** Highest generation ever given out; grows in the same transaction that writes the replica's row. */
  readonly generation: number;
  readonly plan: WarmthPlan | null;
  readonly backoff: Backoff | null;
  readonly past: { readonly replicas: number; readonly life: Life };
  readonly served: ServedCounts;
  /** Slots that the pool handed out itself; the other requests were served on slots that isolates kept. */
  readonly granted: number;
  /** Replicas brought up ahead of demand: how many were used, how many were gone before, and what the latter cost. */
  readonly speculation: Speculated & { readonly useful: number; readonly wasted: number };
  /** How long requests waited that met no hot replica, summed by what they met. */
  readonly waits: { readonly coldMs: number; readonly parkedMs: number };
  /** Once for each replica that came up: whether its first user waited for a load, and for how long that one waited. */
  readonly levels: { readonly colds: number; readonly waitMs: number };
  /** What loads and wakes took of late, from being wanted to being ready; null before the first. */
  readonly loads: { readonly loadMs: number | null; readonly wakeMs: number | null };
  readonly loadTimes: LoadTimes;
  /** Runs of compound functions that are on their way to this pool. */
  readonly expected: ExpectTable;
  /** Of `speculation`, what was for such runs. */
  readonly prewarms: PrewarmCounts;
  /** Circuits that are not closed, and the histories, as of their last change; null while none has ever opened. */
  readonly health: PoolHealth | null;
}

export interface BackendHealth {
  readonly downSinceMs: number | null;
  readonly reason: string;
}

export interface PoolState {
  /** Latest time seen; the pool's clock never runs backwards. */
  readonly nowMs: number;
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly ledger: PoolLedger;
  readonly waiting: readonly Waiter[];
  readonly backend: BackendHealth;
  readonly reconcileDueMs: number;
  /** When somebody last asked for a slot; in memory alone. */
  readonly askedMs: number;
  /** Set once the backend has said that it cannot park: nothing is parked, or started to be parked, in this life of the object. */
  readonly cannotPark: boolean;
  /** What the planner is to be told; in memory alone: events that are lost with the object cost a forecast a minute of sight. */
  readonly journal: Journal;
  /** When each tenant had its last turn, as the number of that grant; at most `turnsMax`, the oldest first. In memory alone. */
  readonly turns: ReadonlyMap<string, number>;
  readonly care: PoolCare;
  /** How fast slots come free. In memory alone, as the next two. */
  readonly drain: DrainMeter;
  /** When quick work last came, and how many quick requests were served in a row while a slow one waited. */
  readonly quickSeenMs: number;
  readonly quickRow: number;
  readonly suspects: Suspects;
  readonly crashes: CrashLoop;
  readonly limit: PoolLimit;
}

/** Far more tenants than wait at once; one that is forgotten is served like one that never had a turn. */
export const turnsMax = 256;

export const noLife: Life = { busyMs: 0, idleMs: 0, loadingMs: 0, parkedMs: 0 };

export const emptyLedger: PoolLedger = {
  generation: 0,
  plan: null,
  backoff: null,
  past: { replicas: 0, life: noLife },
  served: { hot: 0, parked: 0, cold: 0, failed: 0 },
  granted: 0,
  speculation: { hotMs: 0, parkedMs: 0, useful: 0, wasted: 0 },
  waits: { coldMs: 0, parkedMs: 0 },
  levels: { colds: 0, waitMs: 0 },
  loads: { loadMs: null, wakeMs: null },
  loadTimes: noLoadTimes,
  expected: emptyTable,
  prewarms: noPrewarms,
  health: null,
};

export const nothingSpeculated: Speculated = { hotMs: 0, parkedMs: 0 };

/** What rows of an earlier version lack. */
const rowDefaults: Pick<Replica, 'ahead' | 'speculated' | 'toPark' | 'forRun' | 'seat'> = {
  ahead: false,
  speculated: nothingSpeculated,
  toPark: false,
  forRun: false,
  seat: 0,
};

/**
 * The state of a pool whose durable part was just read, or of one that never lived (`replicas` empty). Its clock goes on from what
 * was charged, even on a machine whose clock is behind. Rows of an earlier version may lack newer fields; a plan in an earlier shape
 * is forgotten.
 */
export function restoreState(ledger: PoolLedger, replicas: readonly Replica[], nowMs: number): PoolState {
  return {
    nowMs: Math.max(nowMs, ...replicas.map((replica) => replica.chargedToMs)),
    replicas: new Map(replicas.map((replica) => [replica.id, { ...rowDefaults, ...replica }])),
    ledger: { ...emptyLedger, ...ledger, plan: ledger.plan === null ? null : soundPlan(ledger.plan) },
    waiting: [],
    backend: { downSinceMs: null, reason: '' },
    reconcileDueMs: nowMs,
    askedMs: nowMs,
    cannotPark: false,
    journal: emptyJournal,
    turns: new Map(),
    care: restoreCare(ledger.health ?? null, nowMs),
    drain: noDrain,
    quickSeenMs: -Infinity,
    quickRow: 0,
    suspects: nobodySuspected,
    crashes: noCrashLoop,
    limit: noLimit,
  };
}
