// What every driver of the agent does: run replicas by id and generation. The HTTP layer above speaks the protocol; the driver owns the
// processes or containers. Expected failures are values.
import type { Result } from '../../src/core/base/result.ts';
import type {
  BackendCapacity,
  BackendError,
  HoldCommand,
  ReplicaRef,
  ReplicaReport,
  StartCommand,
} from '../../src/backends/backend.ts';

export type DriverReply<T> = Promise<Result<T, BackendError>>;

export interface Driver {
  /** What it shares its room with other drivers through: those that name the same one have that room together. Left out: its own. */
  readonly quota?: object;
  /** Ends, or takes over, what an earlier agent left running. Called once, before the first command. */
  reclaim(): Promise<void>;
  /** Starts or reports; answers when ready or failed, at the latest after `waitMs`. */
  start(command: StartCommand): DriverReply<ReplicaReport>;
  /** Answers once parked; while that takes long, with the condition it has by then. */
  park(ref: ReplicaRef): DriverReply<ReplicaReport>;
  /** Answers once ready; while that takes long, with `waking`. Asking again joins the same wake. */
  wake(ref: ReplicaRef): DriverReply<ReplicaReport>;
  drain(ref: ReplicaRef): DriverReply<ReplicaReport>;
  /** Answers once the process is reaped; `not-found` when there was none. Either way this life never starts again. */
  stop(ref: ReplicaRef): DriverReply<null>;
  /** The replicas of one pool, or of all, as they are now: whoever asks may be in doubt of one. */
  list(pool: string | null): DriverReply<readonly ReplicaReport[]>;
  capacity(): BackendCapacity;
  /** Left out where a place has no buffer. */
  hold?(command: HoldCommand): DriverReply<null>;
  /** Refuses new replicas and ends those that would not outlive the agent; answers once those are gone. */
  close(): Promise<void>;
}
