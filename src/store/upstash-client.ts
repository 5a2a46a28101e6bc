// The client of Upstash Redis as it may be used on the path of a request. Owns its settings, each of which turns off a default that waits, sends
// again or shares what belongs to one request.
import { Redis } from '@upstash/redis/cloudflare';
import { GarbageError } from './bounded-call.ts';

export interface UpstashAccess {
  readonly url: string;
  readonly token: string;
  /** First part of every key: deployments may share a database. */
  readonly prefix: string;
}

/** A client for one call: in the runtime, what one request has begun is not another's. */
export function upstashClient({ url, token }: UpstashAccess, signal: AbortSignal): Redis {
  return new Redis({
    url,
    token,
    // A function: an aborted call throws then. With a plain signal the client makes an answer up, whose value is the reason of the abort.
    signal: () => signal,
    // `false` would mean one more try at once.
    retry: { retries: 0 },
    // Texts that look like numbers or JSON stay texts.
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    // No call reads what another one of this client has written.
    readYourWrites: false,
  });
}

/** Runs one call; an answer that is no Redis answer is garbage, everything else that is thrown means that the store is down. */
export async function upstashCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw isGarbage(cause) ? new GarbageError('not an answer of Redis', { cause }) : cause;
  }
}

function isGarbage(cause: unknown): boolean {
  if (!(cause instanceof Error)) return true;
  // Both are about the body of an answer that did come.
  return cause.name === 'UpstashJSONParseError' || cause.message === 'Request did not return a result';
}
