// What Modal's SDK throws, in the words of the contract. Pure.
import {
  AlreadyExistsError,
  ConflictError,
  InvalidError,
  NotFoundError,
  ResourceExhaustedError,
  SandboxTimeoutError,
  TimeoutError,
} from 'modal';
import type { BackendError } from '../../../src/backends/backend.ts';

/** Machines come free within seconds to minutes; an account's limit is lifted by whoever owns it, or by another replica's end. */
const capacityRetryMs = 5_000;
const quotaRetryMs = 30_000;

/** Numbers of gRPC's own statuses. */
const grpc = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export function describeModalError(cause: unknown): BackendError {
  if (!(cause instanceof Error)) return { kind: 'bad-reply', message: 'Modal: an unknown error' };
  const message = `Modal: ${cause.message}`;
  if (cause instanceof ResourceExhaustedError)
    return { kind: 'no-capacity', message, retryAfterMs: capacityRetryMs };
  if (cause instanceof NotFoundError || cause instanceof ConflictError) return { kind: 'not-found', message };
  if (cause instanceof InvalidError || cause instanceof AlreadyExistsError)
    return { kind: 'cannot-start', message };
  const isLate = cause instanceof TimeoutError || cause instanceof SandboxTimeoutError;
  if (isLate || cause.name === 'AbortError' || cause.name === 'TimeoutError')
    return { kind: 'timeout', message };
  return 'code' in cause && typeof cause.code === 'number'
    ? describeStatus(cause.code, message)
    : { kind: 'bad-reply', message };
}

function describeStatus(code: number, message: string): BackendError {
  switch (code) {
    case grpc.unauthenticated:
    case grpc.permissionDenied:
      return { kind: 'unauthorized', message };
    case grpc.resourceExhausted:
      return { kind: 'quota', message, retryAfterMs: quotaRetryMs };
    case grpc.notFound:
      return { kind: 'not-found', message };
    case grpc.invalidArgument:
    case grpc.failedPrecondition:
    case grpc.unimplemented:
      return { kind: 'cannot-start', message };
    case grpc.deadlineExceeded:
    case grpc.cancelled:
      return { kind: 'timeout', message };
    case grpc.unavailable:
    case grpc.internal:
      return { kind: 'unreachable', message };
    default:
      return { kind: 'bad-reply', message };
  }
}
