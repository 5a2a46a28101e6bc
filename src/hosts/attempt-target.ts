// What one request may try, in which order and how hard: targets, policy, the budget that extra attempts are paid from, and what is told
// of each attempt in the end. Owns the words, and nothing of how attempts are performed.
import type { Failure } from '../core/api/failure.ts';
import type { AttemptFault, FailureClass } from './attempt-fault.ts';

/** One place that can answer a request. The first of a list is what the request asked for; the others stand in. */
export interface AttemptTarget {
  readonly pool: string;
  /** Version id of its model. */
  readonly version: string;
  /** JSON text for its replicas: the model's name and the overrides are the target's own. */
  readonly body: string;
  readonly limits?: AttemptLimits;
  /** Names a substitute, for whoever must know that the answer is another model's. */
  readonly label?: string;
  /** Failures of earlier targets that lead here; all classes when absent. */
  readonly on?: readonly FailureClass[];
  /** The target before may let the request wait this long for a slot: then this one is tried. */
  readonly afterWaitMs?: number;
  /** Its servers go on from a last message that is the assistant's, rather than answering it. */
  readonly continues?: boolean;
  /** Its body asks for a stream although the client asked for none: the answer is put together here, and silence is met as early as in a stream. */
  readonly isGathered?: boolean;
  /** Not called with less time left than this: its answer would come too late. */
  readonly needMs?: number;
}

export interface AttemptLimits {
  /** From the lease of a slot to the first content of a stream. */
  readonly firstTokenMs?: number;
  /** Between two events of a stream. */
  readonly idleMs?: number;
  /** From the lease of a slot to the whole of an answer that does not stream. */
  readonly wholeMs?: number;
}

export interface AttemptPolicy {
  /** Calls of replicas for one request, whatever they are for. */
  readonly callsMax: number;
  /** Further calls of one target. */
  readonly retriesMax: number;
  /** After which faults the same target may be called again. */
  readonly retryOn: readonly AttemptFault[];
  /** A second replica is asked too when the first shows nothing for so long; `target` = that one in place of the same one again. */
  readonly hedge: { readonly afterMs: number; readonly target?: AttemptTarget } | null;
  /** What becomes of an answer that breaks off after its first content. */
  readonly midStream: 'error' | 'continue';
  /** The longest wait for a slot while another target is left that takes over then; left out = as long as the request may. */
  readonly slotMsMax?: number;
  /** The longest `Retry-After` that is waited for while another target is left. */
  readonly retryAfterMsMax: number;
}

/** One more slot after a refused connection, and nothing that a replica could have worked on is sent twice. */
export const CAREFUL_POLICY: AttemptPolicy = {
  callsMax: 2,
  retriesMax: 1,
  retryOn: ['unreachable'],
  hedge: null,
  midStream: 'error',
  retryAfterMsMax: 0,
};

/** A model's answer has no effect but its cost, so that asking again is safe until the client has seen some of it. */
export const STEADFAST_POLICY: AttemptPolicy = {
  // A first, a retry, a substitute and its retry. A request that kills replicas must not walk through all pools.
  callsMax: 4,
  retriesMax: 1,
  retryOn: ['unreachable', 'error', 'cut', 'garbage', 'timeout', 'stalled', 'rate-limited', 'overloaded'],
  hedge: null,
  midStream: 'continue',
  // Most starts are over by then; the other target still has time to answer a client that gives up after half a minute.
  slotMsMax: 12_000,
  // Longer than a rate limiter's usual second or two, shorter than a person's patience.
  retryAfterMsMax: 5_000,
};

/** What an attempt is for; everything but the first is paid from the budget. */
export type AttemptKind = 'first' | 'retry' | 'fallback' | 'spill' | 'hedge' | 'continuation';

/** The share of extra attempts that the platform allows itself, over all requests. */
export interface AttemptBudget {
  /** Takes one extra attempt on `pool` from the budget; false when that would leave less than `kept` (0) others. */
  take(kind: 'retry' | 'fallback' | 'hedge' | 'continuation', pool: string, kept?: number): boolean;
  /** How much of it is left, 1 = all, 0 = none; all where it cannot be told. */
  left?(): number;
}

/** What one attempt came to, told once when it is over. */
export interface AttemptReport {
  readonly pool: string;
  readonly version: string;
  readonly label: string | null;
  readonly kind: AttemptKind;
  /** Null when no slot came. */
  readonly replicaId: string | null;
  /**
   * `superseded`: another attempt was faster. `cancelled`: the client left, or all time was over. `diverged`: it said something else
   * than the answer that it was to go on from.
   */
  readonly outcome: 'answered' | 'superseded' | 'cancelled' | 'diverged' | AttemptFault;
  /** Whether it counts against the replica. */
  readonly isReplicasFault: boolean;
  /** Null when it was answered, or was not its own fault to end. */
  readonly failure: Failure | null;
  readonly slotWaitMs: number | null;
  /** From the lease to the first content. */
  readonly firstTokenMs: number | null;
  /** Mean time between two events with content. */
  readonly tokenMs: number | null;
  /** From the lease to the end. */
  readonly heldMs: number | null;
  readonly chunks: number;
  /** Epoch milliseconds of its end. */
  readonly endedMs: number;
}
