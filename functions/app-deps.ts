// What the app needs of the outside, in one place so that a test can lend it another one: calling a model, the clock, chance, the log.
import type { Env } from '../src/env.ts';
import { noteAttempt } from '../durable-objects/pool-views.ts';
import { edgeStore } from '../durable-objects/store-call.ts';
import { dispatch } from '../src/hosts/dispatch.ts';
import type { DispatchPorts } from '../src/hosts/dispatch.ts';
import { admitRequest, portsFor, type Lifetime } from '../src/hosts/worker-ports.ts';
import type { EdgeStore } from '../src/store/edge-store.ts';
import { writeEvent, type RequestEvent } from '../src/telemetry/request-event.ts';

export interface AppDeps {
  readonly dispatch: typeof dispatch;
  /** The outside as one request may use it. */
  portsFor(env: Env, lifetime: Lifetime): DispatchPorts;
  /** What edges share, as one request may use it. */
  storeFor(env: Env, lifetime: Lifetime): EdgeStore;
  now(): number;
  /** 128 random bits in hex. */
  newId(): string;
  /** Takes the one event of each request. */
  emit(event: RequestEvent): void;
  /** A bug, told to the operator: the client gets the request's id alone. */
  reportBug(requestId: string, cause: unknown): void;
}

export const workerDeps: AppDeps = {
  dispatch,
  portsFor(env, lifetime) {
    admitRequest();
    return { ...portsFor(env, lifetime), onAttempt: noteAttempt };
  },
  storeFor: edgeStore,
  now: () => Date.now(),
  newId,
  emit: writeEvent,
  reportBug(requestId, cause) {
    // eslint-disable-next-line no-console -- the platform's log is where bugs go.
    console.error(requestId, cause);
  },
};

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function newId(): string {
  let hex = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) hex += hexOfByte[byte];
  return hex;
}
