// The outside world as the hosts see it: small interfaces that Durable Objects, the Worker and the simulator implement.

/** What one request needs to be served by one replica of a pool. */
export interface SlotRequest {
  readonly pool: string;
  readonly tenant: string;
  readonly requestId: string;
  /** Epoch milliseconds after which nobody wants the slot any more. */
  readonly deadlineMs: number;
  /** Replicas that are already asked: a slot of one of them is of no use, but may be given. */
  readonly avoid?: readonly string[];
}

export type Warmth = 'hot' | 'parked' | 'cold';

/** A slot of one replica, leased to this isolate. `endpoint` is the base URL of the replica's OpenAI-compatible server. */
export interface SlotGrant {
  readonly leaseId: string;
  readonly pool: string;
  readonly replicaId: string;
  readonly endpoint: string;
  readonly warmth: Warmth;
}

export type SlotRefusal =
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cannot-start'; readonly retryAfterMs: number }
  | { readonly kind: 'backend-down'; readonly retryAfterMs: number }
  | { readonly kind: 'cancelled' };

/** How the request that held a slot ended, as far as the replica's health is concerned. */
export type SlotOutcome = 'served' | 'client-gone' | 'replica-failed';
