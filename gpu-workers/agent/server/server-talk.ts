// What the agent says to the server of a replica, whatever the server speaks: is it ready, park, wake, drain, how much runs on it. Each
// protocol is a file beside this one. Drivers own processes and conditions; this owns none.
import type { ServerLoad } from '../../../src/backends/backend.ts';
import { callServer, type ServerCall, type ServerReply } from '../call-server.ts';
import type { Health } from '../health.ts';

/**
 * - `parked`       its memory is given back
 * - `busy`         a request runs on it
 * - `unsupported`  it has no parking
 * - `broken`       it did not do what it was told
 */
export type Parked = 'parked' | 'busy' | 'unsupported' | 'broken';

export interface ServerTalk {
  /** Null while nothing answers. */
  look(): Promise<Health | null>;
  park(): Promise<Parked>;
  /** Whether it may be asked again; false = it is of no more use. */
  wake(withinMs: number): Promise<boolean>;
  drain(): Promise<void>;
  /** What runs and waits on it, where it tells; else null. */
  load(): Promise<ServerLoad | null>;
}

export interface ServerAddress {
  /** Base URL; null while there is none. */
  endpoint(): string | null;
  readonly readyPath: string;
  /** What it asks of whoever calls it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether something stands before it that answers 5xx while it does not listen. */
  readonly isTunnelled: boolean;
}

/** A server that blocks its loop while it loads is asked again after this long. */
export const lookTimeoutMs = 3_000;
/** Parking frees memory: a server that has not by then is broken. */
export const parkTimeoutMs = 20_000;
/** Draining sets a flag. */
export const drainTimeoutMs = 3_000;

export function askServer(
  { endpoint, headers }: ServerAddress,
  method: 'GET' | 'POST',
  path: string,
  call: ServerCall,
): Promise<ServerReply | null> {
  const url = endpoint();
  return url === null ? Promise.resolve(null) : callServer(method, url + path, { headers, ...call });
}

/** What it says at its ready path; null where only a tunnel answers. */
export async function askReady(address: ServerAddress): Promise<ServerReply | null> {
  const reply = await askServer(address, 'GET', address.readyPath, { timeoutMs: lookTimeoutMs });
  return address.isTunnelled && reply !== null && reply.status >= 502 ? null : reply;
}

export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
