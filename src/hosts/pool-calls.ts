// What one request lends an isolate's slots while it runs: the pool's Durable Object as it can be called, its clock, and time after its end.
import type { Result } from '../core/base/result.ts';
import type { Beat, Return } from '../core/pool/lease-report.ts';
import type { Grant, IsolateFlow, PoolWord, Refusal, SlotWaiter } from '../core/pool/pool-events.ts';
import type { ReplicaReport } from '../core/resilience/outcome-tally.ts';
import type { HealthVerdict } from '../core/resilience/pool-health.ts';

/**
 * The pool's Durable Object, as one request can call it. Calls may throw when the object restarts. An object of an earlier version
 * answers a release with nothing and has no verdict.
 */
export interface PoolCalls {
  acquire(pool: string, waiter: SlotWaiter): Promise<Result<Grant, Refusal>>;
  /** The same of a request that has just met a failure, and what is to be told of that: one call, and nobody is sent there in between. */
  acquireAfter(
    pool: string,
    told: { readonly returns: readonly Return[]; readonly reports: readonly ReplicaReport[] },
    waiter: SlotWaiter,
  ): Promise<Result<Grant, Refusal>>;
  cancel(pool: string, waiterId: string): Promise<void>;
  release(
    pool: string,
    returns: readonly Return[],
    reports?: readonly ReplicaReport[],
    flow?: IsolateFlow,
  ): Promise<Partial<PoolWord> | undefined>;
  beat(
    pool: string,
    beat: Beat & { readonly reports?: readonly ReplicaReport[]; readonly flow?: IsolateFlow },
  ): Promise<{
    readonly lost: readonly string[];
    readonly expiresMs: number;
    readonly contended: boolean;
    readonly confined?: readonly string[];
    readonly verdict?: HealthVerdict;
  }>;
}

/** What one request lends the broker while it runs. */
export interface BrokerPorts {
  readonly calls: PoolCalls;
  now(): number;
  sleep(ms: number): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
  /** In [0, 1): `Math.random` where it is left out. */
  random?(): number;
}
