// What every driver of the agent does: run replicas by id and generation. The HTTP layer above speaks the protocol, the driver below
// owns the processes or containers. Expected failures are values.
import type { Result } from '../../src/core/base/result.ts';
import type { BackendCapacity, BackendError, ReplicaRef, ReplicaReport, StartCommand } from '../../src/backends/backend.ts';

export type DriverReply<T> = Promise<Result<T, BackendError>>;

export interface Driver {
  /** Starts or reports; answers when ready or failed, at the latest after `waitMs`. */
  start(command: StartCommand): DriverReply<ReplicaReport>;
  park(ref: ReplicaRef): DriverReply<ReplicaReport>;
  wake(ref: ReplicaRef): DriverReply<ReplicaReport>;
  drain(ref: ReplicaRef): DriverReply<ReplicaReport>;
  /** Answers once the process is reaped; `not-found` when there was none. Either way this life never starts again. */
  stop(ref: ReplicaRef): DriverReply<null>;
  list(pool: string | null): readonly ReplicaReport[];
  capacity(): BackendCapacity;
  /** Ends every replica; answers once all are gone. */
  close(): Promise<void>;
}
