// What happens to a pool, and what it wants done. Times are epoch milliseconds. Pure data.
import type { Expectation } from '../graph/expect-demand.ts';
import type { PrewarmMode } from '../graph/decide-prewarm.ts';
import type { ProbePermit } from '../resilience/breaker.ts';
import type { Criticality } from '../resilience/criticality.ts';
import type { LatencyClass } from '../resilience/latency-class.ts';
import type { OutcomeClass } from '../resilience/outcome-class.ts';
import type { ReplicaReport } from '../resilience/outcome-tally.ts';
import type { PhaseReport } from '../resilience/phase-meter.ts';
import type { HealthVerdict } from '../resilience/pool-health.ts';
import type { WarmthPlan } from '../warming/pool-plan.ts';
import type { BackendFailure, ReplicaSighting } from './sighting.ts';

export type Warmth = 'hot' | 'parked' | 'cold';
/** `answer-failed`: its replica is there, and what it answered was no answer. `replica-failed`: it may be gone. */
export type SlotOutcome = 'served' | 'client-gone' | 'answer-failed' | 'replica-failed';
export type PoolCommand = 'start' | 'park' | 'wake' | 'stop';

/** Requests that an isolate served on slots it kept, by tenant; '' = of any tenant. */
export interface TenantCount {
  readonly tenant: string;
  readonly count: number;
}

/** Who asks for a slot. */
export interface SlotWaiter {
  readonly id: string;
  readonly tenant: string;
  /** Epoch milliseconds at which its whole answer must be there. */
  readonly deadlineMs: number;
  /** Until when it waits for a slot, where that is sooner: its answer may come later. */
  readonly slotByMs?: number | undefined;
  /** The run of a compound function that it belongs to, as it named itself when it said what it expects. */
  readonly run?: string | undefined;
  /** Replicas that its request has asked already: another one is better, where there is one with a free slot. */
  readonly avoid?: readonly string[] | undefined;
  /** How much it matters, how long it holds its slot, and its tenant's share beside the others': `default`, `slow`, 1 when absent. */
  readonly criticality?: Criticality | undefined;
  readonly latency?: LatencyClass | undefined;
  readonly weight?: number | undefined;
  /** Another target can answer its request: where the circuit of this one is open, it is refused at once. */
  readonly canGoElsewhere?: boolean | undefined;
}

/** How a request ended that went out with the right to probe; a null outcome says nothing of the replica. */
export interface ProbeEnd {
  readonly permits: readonly ProbePermit[];
  readonly outcome: OutcomeClass | null;
}

/** Requests that ended on slots, and how long they held them, summed; and of those the ones that were answered. */
export interface ServedTime {
  readonly ended: number;
  readonly heldMs: number;
  /** An isolate of an earlier version does not say. */
  readonly answered?: number;
  readonly answeredMs?: number;
}

/** How many requests of one isolate were in which phase; `isolate` tells it from others, for a while. */
export interface IsolateFlow {
  readonly isolate: string;
  readonly phases: PhaseReport;
}

/** What an isolate hears with every answer of the pool: whether others wait for slots, and who is left out. */
export interface PoolWord {
  readonly contended: boolean;
  readonly verdict: HealthVerdict;
  /** Tenants whose requests may use few replicas only: they ask the pool for each slot. */
  readonly confined: readonly string[];
}

export type PoolEvent =
  | { readonly kind: 'restarted' }
  | { readonly kind: 'woke' }
  | {
      readonly kind: 'acquire';
      readonly waiter: SlotWaiter;
    }
  | { readonly kind: 'cancel'; readonly waiterId: string }
  | {
      readonly kind: 'release';
      readonly leaseId: string;
      readonly outcome: SlotOutcome;
      /** Whose request it was that ended; of the one that the slot was granted to, where it is not told. */
      readonly tenant?: string | undefined;
      readonly probe?: ProbeEnd | undefined;
      readonly served?: ServedTime | undefined;
    }
  /** What an isolate has seen of the replicas that it called, and how many of its requests were in which phase. */
  | {
      readonly kind: 'reports';
      readonly reports: readonly ReplicaReport[];
      readonly flow?: IsolateFlow | undefined;
    }
  /** An operator opens or closes the circuit of a replica, or of the pool as a target (null). */
  | { readonly kind: 'force'; readonly replicaId: string | null; readonly open: boolean; readonly by: string }
  /** An isolate is alive: renews its leases and reports what it served on them since the last beat. */
  | {
      readonly kind: 'beat';
      readonly leaseIds: readonly string[];
      readonly reused: number;
      /** Whose requests they were, as far as known; the rest of `reused` is of any tenant. */
      readonly tenants?: readonly TenantCount[];
      readonly served?: ServedTime | undefined;
    }
  /** The planner's wish, which ends by itself; one that makes no sense leaves the pool to its own windows. */
  | { readonly kind: 'plan'; readonly plan: WarmthPlan }
  /** What a run on its way expects of this pool from now on, in the place of what it expected before; an empty list takes it back. */
  | {
      readonly kind: 'expect';
      readonly run: string;
      readonly graphMode: PrewarmMode;
      readonly expectations: readonly Expectation[];
    }
  | {
      readonly kind: 'command-done';
      readonly command: PoolCommand;
      readonly replicaId: string;
      readonly generation: number;
      readonly result:
        | { readonly ok: true; readonly sighting: ReplicaSighting | null }
        | { readonly ok: false; readonly failure: BackendFailure };
    }
  | {
      readonly kind: 'listed';
      readonly askedMs: number;
      readonly result:
        | { readonly ok: true; readonly sightings: readonly ReplicaSighting[] }
        | { readonly ok: false; readonly failure: BackendFailure };
    };

export interface Grant {
  readonly leaseId: string;
  readonly replicaId: string;
  readonly endpoint: string;
  readonly warmth: Warmth;
  readonly expiresMs: number;
  /** Others wait: give the slot back as soon as the request ends instead of keeping it for the next one. */
  readonly contended: boolean;
  /** The right to probe, where its replica or the pool is left out; how that ended is told with the release. */
  readonly permits?: readonly ProbePermit[];
  readonly verdict?: HealthVerdict;
}

export type Refusal =
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cannot-start'; readonly retryAfterMs: number }
  | { readonly kind: 'backend-down'; readonly retryAfterMs: number }
  /** The pool's circuit is open, and the request can be answered elsewhere. */
  | { readonly kind: 'circuit-open'; readonly retryAfterMs: number }
  | { readonly kind: 'cancelled' };

export type PoolEffect =
  | { readonly kind: 'grant'; readonly waiterId: string; readonly grant: Grant }
  | { readonly kind: 'refuse'; readonly waiterId: string; readonly refusal: Refusal }
  | {
      readonly kind: 'command';
      readonly command: PoolCommand;
      readonly replicaId: string;
      readonly generation: number;
    }
  | { readonly kind: 'list' }
  /** The pool has left rest, or its load has changed: the planner is to hear of it. */
  | { readonly kind: 'tell' };
