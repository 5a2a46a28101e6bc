// One wide event per request, typed columns, written once when everything about the request is over. No prompt, no answer, no key.
// Requests that are turned away in a storm share one: see refusal-count.ts.
import type { StoreFault } from '../core/store/store-rest.ts';

/** `resting`: the store has failed, and is left alone for a moment. */
export type CacheOutcome = 'hit' | 'miss' | 'resting' | StoreFault;

export interface RequestEvent {
  readonly kind: 'request';
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly tenant: string | null;
  /** Which of the tenant's keys, by its id in the tenant's file. */
  readonly keyId: string | null;
  /** The name that the client asked for, and the version that served. */
  readonly model: string | null;
  readonly version: string | null;
  readonly because: string | null;
  /** Version of the tenant's rules that answered; `0` = those of its file. */
  readonly rules: string | null;
  /** What answered in the place of what was asked for. */
  readonly substitute: string | null;
  readonly stream: boolean;
  /** Of a tenant with a rate: who let the request through or refused it, its permits or the bound of the isolate without them. */
  readonly rate: 'store' | 'local' | null;
  /** Where a rule keeps answers: whether there was one, or why nobody could tell. */
  readonly cache: CacheOutcome | null;
  readonly warmth: string | null;
  readonly waitMs: number | null;
  readonly firstContentMs: number | null;
  readonly attempts: number;
  /** Boundaries in the answer: 0 when one replica gave it all. */
  readonly segments: number;
  readonly replica: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly chunks: number;
  readonly finishReason: string | null;
  /** Code of the failure that the client was told, also when it came in mid-stream. */
  readonly error: string | null;
  /** How many requests the event stands for: 1, unless they were turned away alike; then it is the last one's. */
  readonly requests: number;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };
export type EventDraft = Draft<RequestEvent>;

export function beginEvent(requestId: string, method: string, path: string): EventDraft {
  return {
    kind: 'request',
    requestId,
    method,
    path,
    status: 0,
    durationMs: 0,
    tenant: null,
    keyId: null,
    model: null,
    version: null,
    because: null,
    rules: null,
    substitute: null,
    stream: false,
    rate: null,
    cache: null,
    warmth: null,
    waitMs: null,
    firstContentMs: null,
    attempts: 0,
    segments: 0,
    replica: null,
    promptTokens: null,
    completionTokens: null,
    chunks: 0,
    finishReason: null,
    error: null,
    requests: 1,
  };
}

/** Writes the event as one line of JSON; line breaks inside are escaped by the encoder. */
export function writeEvent(event: RequestEvent): void {
  // eslint-disable-next-line no-console -- the platform's log is where events go until an exporter is configured.
  console.log(JSON.stringify(event));
}
