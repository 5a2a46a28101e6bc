// A call of a store, within its time and without throwing. Owns what a failed call is called; what was thrown is told to nobody: a client
// library quotes what it sent, and that may be a prompt.
import { err, ok, type Result } from '../core/base/result.ts';
import type { StoreFault } from '../core/store/store-rest.ts';

/** Thrown by an adapter about an answer that the store cannot mean. */
export class GarbageError extends Error {}

/** The value of `call`, or the fault that it met; `signal` fires when nobody waits any more. */
export async function boundedCall<T>(
  withinMs: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Result<T, StoreFault>> {
  const over = new AbortController();
  const late = Promise.withResolvers<Result<T, StoreFault>>();
  const timer = setTimeout(() => {
    late.resolve(err('late'));
    over.abort();
  }, withinMs);
  try {
    return await Promise.race([settle(call, over.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function settle<T>(
  call: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<Result<T, StoreFault>> {
  try {
    return ok(await call(signal));
  } catch (cause) {
    if (signal.aborted) return err('late');
    return err(cause instanceof GarbageError ? 'garbage' : 'down');
  }
}
