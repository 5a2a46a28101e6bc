// The one contract between the pool and whatever runs models. Owns the words; each implementation is a file beside it.
// Every command carries a replica's id and generation and may be sent any number of times with the same effect.
import type { Result } from '../core/base/result.ts';

/** What a place can do; follows from how its versions are launched (capabilities.ts). */
export interface BackendCapabilities {
  /**
   * - `direct-replicas`: a replica is a process or container of its own, begun and ended on command.
   * - `managed-autoscaler`: the place begins and ends containers itself, between a floor and a ceiling that it is told. A replica is a
   *   share of the floor: starting one raises it, stopping one lowers it, and all have the place's one endpoint.
   * - `fixed-endpoint`: always there. A replica is the right to so many slots of it.
   */
  readonly kind: 'direct-replicas' | 'managed-autoscaler' | 'fixed-endpoint';
  readonly parking: boolean;
  /** Whether the place itself keeps a floor, which others can reset behind our back and which is set again and again. */
  readonly floor: boolean;
  /** Whether it tells how many containers run, so that a replica is called ready only when there is one for it. */
  readonly stats: boolean;
  /** Where it can be told to run; empty = it cannot. */
  readonly regions: readonly string[];
}

/** Names one life of one replica. A command whose generation is older than the one known is refused, never carried out. */
export interface ReplicaRef {
  readonly id: string;
  readonly generation: number;
}

export interface StartCommand extends ReplicaRef {
  /** The pool that owns the replica: `tiny-chat@1~local`. */
  readonly pool: string;
  /** The version to launch: `tiny-chat@1`. */
  readonly version: string;
  /** How long the answer may wait for the replica to become ready; a replica still loading then is reported as such. */
  readonly waitMs: number;
}

/**
 * How many containers a place that scales by itself is to hold for a pool, those of its replicas included: what is beyond them is the
 * place's buffer. It ends by itself, and of two such commands the one of the higher order counts, so that none can come too late.
 */
export interface HoldCommand {
  readonly pool: string;
  readonly version: string;
  readonly order: number;
  readonly containers: number;
  readonly forMs: number;
}

export type ReplicaCondition = 'loading' | 'ready' | 'draining' | 'parked' | 'waking' | 'failed';

/** What a server says of itself, where it tells: requests that run and wait on it, and how full its cache of contexts is (0 to 1). */
export interface ServerLoad {
  readonly running: number;
  readonly waiting: number;
  readonly cacheShare: number | null;
}

/** What a backend says of one replica. Times are epoch milliseconds or durations in milliseconds, null when not yet known. */
export interface ReplicaReport extends ReplicaRef {
  readonly pool: string;
  readonly version: string;
  readonly condition: ReplicaCondition;
  /** Base URL of the replica's OpenAI-compatible server, without a path: `http://127.0.0.1:41234`. Null before it listens. */
  readonly endpoint: string | null;
  readonly spawnMs: number | null;
  readonly loadMs: number | null;
  readonly readyMs: number | null;
  readonly wakeMs: number | null;
  readonly pid: number | null;
  /** Why it failed, in words for an operator; never shown to tenants. */
  readonly reason: string | null;
  /** Null or left out where its server does not tell. */
  readonly load?: ServerLoad | null | undefined;
}

/** Expected failures of a backend. What may be done about each kind is its class (src/core/pool/failure-class.ts). */
export type BackendError =
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  /** There is no machine for it now (`no-capacity`), or the account or the agent may have no more (`quota`). Nothing was begun. */
  | { readonly kind: 'no-capacity' | 'quota'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'cannot-start'; readonly message: string }
  /** Parking is refused because a request runs, or a stop was heard and containers still run (`busy`); there is no parking (`unsupported`). */
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'unsupported'; readonly message: string }
  | { readonly kind: 'stale-generation'; readonly message: string; readonly knownGeneration: number }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'unauthorized'; readonly message: string }
  | { readonly kind: 'bad-reply'; readonly message: string };

export interface BackendCapacity {
  readonly replicasMax: number;
  readonly replicas: number;
}

export type BackendReply<T> = Promise<Result<T, BackendError>>;

/** Runs replicas. Every call ends within its deadline (`waitMs` plus a fixed margin) with a value, never by throwing. */
export interface Backend {
  readonly capabilities: BackendCapabilities;
  /** Starts the replica, or reports it when this id and generation is already there. */
  start(command: StartCommand): BackendReply<ReplicaReport>;
  /** Gives the weights back, keeps the process. Answers once parked. */
  park(ref: ReplicaRef): BackendReply<ReplicaReport>;
  /** Loads the weights again. Answers once ready. */
  wake(ref: ReplicaRef): BackendReply<ReplicaReport>;
  /** Refuses new requests, lets running ones end. Answers at once. */
  drain(ref: ReplicaRef): BackendReply<ReplicaReport>;
  /** Ends the replica for good. Answers once its process is gone; `not-found` means it was gone already. */
  stop(ref: ReplicaRef): BackendReply<null>;
  /** Every replica of the pool that the backend knows, whoever asked for it. */
  list(pool: string): BackendReply<readonly ReplicaReport[]>;
  capacity(): BackendReply<BackendCapacity>;
  /** Left out where no place behind it has a buffer. */
  hold?(command: HoldCommand): BackendReply<null>;
}
