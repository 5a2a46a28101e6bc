// The outside world as the hosts see it: small interfaces that Durable Objects, the Worker and the simulator implement.
import type { ProbePermit } from '../core/resilience/breaker.ts';
import type { Criticality } from '../core/resilience/criticality.ts';
import type { LatencyClass } from '../core/resilience/latency-class.ts';
import type { OutcomeClass } from '../core/resilience/outcome-class.ts';

/** What one request needs to be served by one replica of a pool. */
export interface SlotRequest {
  readonly pool: string;
  readonly tenant: string;
  readonly requestId: string;
  /** Epoch milliseconds at which its whole answer must be there. */
  readonly deadlineMs: number;
  /** Until when it waits for a slot, where that is sooner: its answer may come later. */
  readonly slotByMs?: number;
  /** Replicas that are already asked: a slot of one of them is of no use, but may be given. */
  readonly avoid?: readonly string[];
  /** How much it matters, how long it holds its slot, its tenant's share: `default`, `slow`, 1 when absent. */
  readonly criticality?: Criticality;
  readonly latency?: LatencyClass;
  readonly weight?: number;
  /** Another target can answer the request: where the circuit of this one is open, it is refused at once. */
  readonly canGoElsewhere?: boolean;
}

export type Warmth = 'hot' | 'parked' | 'cold';

/** A slot of one replica, leased to this isolate. `endpoint` is the base URL of the replica's OpenAI-compatible server. */
export interface SlotGrant {
  readonly leaseId: string;
  readonly pool: string;
  readonly replicaId: string;
  readonly endpoint: string;
  readonly warmth: Warmth;
  /** The right to probe a replica or pool that is left out: how the call ended is owed with the release. */
  readonly permits?: readonly ProbePermit[];
}

export type SlotRefusal =
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cannot-start'; readonly retryAfterMs: number }
  | { readonly kind: 'backend-down'; readonly retryAfterMs: number }
  | { readonly kind: 'circuit-open'; readonly retryAfterMs: number }
  | { readonly kind: 'cancelled' };

/**
 * How the request that held a slot ended, as far as the replica's process is concerned. `answer-failed`: it is there, and what it answered
 * was no answer. `replica-failed`: it may be gone.
 */
export type SlotOutcome = 'served' | 'client-gone' | 'answer-failed' | 'replica-failed';

/** What a call says of its replica. */
export interface CallReport {
  readonly outcome: OutcomeClass;
  /** From the lease; for one that is overdue, how long it has been waited for. Null: none was seen, or the answer has none. */
  readonly firstTokenMs: number | null;
  /** Another replica, asked later, was faster. */
  readonly isBeaten?: boolean;
}

/** How a call ended. */
export interface CallEnd {
  /** For the probe that it may have been; null says nothing of the replica. */
  readonly outcome: OutcomeClass | null;
  /** What is to be told; null = nothing, or it was told while the call went on. */
  readonly report: CallReport | null;
  /** Between its events with content: how many times, and how long together. */
  readonly tokens: { readonly gaps: number; readonly gapsMs: number };
}
