// An endpoint on RunPod Serverless as a place that scales by itself. Its floor is `workersMin`, its ceiling `workersMax`. Owns the calls of
// RunPod's two APIs: REST sets the figures and lists workers, the endpoint's own `health` says in which state they are.
import { z } from 'zod';
import { err, ok } from '../../core/base/result.ts';
import type { BackendError, BackendReply } from '../backend.ts';
import type { ManagedPlace, PlaceSight, PlaceTarget } from './managed-place.ts';
import {
  callPlace,
  failureOf,
  tryJson,
  type PlaceAnswer,
  type PlaceCall,
  type PlaceFetch,
} from './place-call.ts';

export interface RunpodPlaceOptions {
  /** `https://rest.runpod.io/v1` */
  readonly restUrl: string;
  /** `https://api.runpod.ai/v2/ID/openai/v1` */
  readonly baseUrl: string;
  /** The endpoint's id. */
  readonly endpoint: string;
  readonly key: string;
  readonly fetch: PlaceFetch;
  now(): number;
  readonly withinMs?: number;
  readonly doubtMs?: number;
}

/** A change whose answer did not come may still be carried out for so long. */
const doubtMsDefault = 10_000;
/** Both APIs answer in a fraction of it. */
const withinMsDefault = 5_000;
const quotaRetryMs = 30_000;

const count = z.int().min(0).max(100_000);
const endpointReply = z.object({
  workersMin: count,
  workersMax: count,
  idleTimeout: count.nullish(),
  workers: z.array(z.object({ desiredStatus: z.string().nullish() })).nullish(),
});
const healthReply = z.object({
  workers: z.object({
    idle: count.default(0),
    initializing: count.default(0),
    ready: count.default(0),
    running: count.default(0),
    throttled: count.default(0),
  }),
});

interface Figures {
  readonly workersMin: number;
  readonly workersMax: number;
  /** Seconds. */
  readonly idleTimeout: number;
}

export class RunpodPlace implements ManagedPlace {
  readonly #options: RunpodPlaceOptions;
  /** One change at a time: two that overtake each other on the way would leave the earlier figures. */
  #setting: Promise<unknown> = Promise.resolve();
  /** The floor of a change that nobody has answered, and until when it may still arrive. */
  #doubt = { floor: 0, untilMs: -Infinity };

  constructor(options: RunpodPlaceOptions) {
    this.#options = options;
  }

  set(target: PlaceTarget): BackendReply<null> {
    const set = this.#setting.then(() => this.#set(figuresOf(target)));
    this.#setting = set;
    return set;
  }

  async look(): BackendReply<PlaceSight> {
    const [endpoint, health] = await Promise.all([this.#readEndpoint(), this.#readHealth()]);
    if (!endpoint.ok) return endpoint;
    if (!health.ok) return health;
    const { idle, initializing, ready, running, throttled } = health.value.workers;
    const paid = (endpoint.value.workers ?? []).filter(
      ({ desiredStatus }) => desiredStatus === 'RUNNING',
    ).length;
    // Idle ones are also those that are only cached, for which nothing is paid and which serve nobody before they are started.
    const able = Math.min(Math.max(ready, idle + running), Math.max(0, paid - initializing));
    const shortage =
      throttled > 0 && able === 0 && initializing === 0
        ? {
            kind: 'no-capacity' as const,
            message: `RunPod holds ${throttled} workers back for want of machines`,
          }
        : null;
    return ok({ endpoint: this.#options.baseUrl, containers: paid, ready: able, shortage });
  }

  /** Its health has said so. A question of our own would be a job in its queue, which would wake workers. */
  answers(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async #set(wanted: Figures): BackendReply<null> {
    // Lowered before that, the floor would be raised again behind the back of a pool that has come to rest.
    if (wanted.workersMin < this.#doubt.floor && this.#options.now() < this.#doubt.untilMs)
      return err({ kind: 'timeout', message: 'an earlier change of the endpoint may still be on its way' });
    const read = await this.#readEndpoint();
    if (!read.ok) return read;
    const { workersMin, workersMax, idleTimeout } = read.value;
    // Left alone where it is as it should be: each change may be a release that replaces the workers.
    if (
      workersMin === wanted.workersMin &&
      workersMax === wanted.workersMax &&
      (idleTimeout ?? wanted.idleTimeout) === wanted.idleTimeout
    )
      return ok(null);
    const answer = await this.#call({ method: 'PATCH', url: this.#endpointUrl, body: wanted });
    if (!answer.ok) {
      const { now, doubtMs = doubtMsDefault } = this.#options;
      this.#doubt = { floor: wanted.workersMin, untilMs: now() + doubtMs };
      return answer;
    }
    const failure = failureOfRest(answer.value);
    return failure === null ? ok(null) : err(failure);
  }

  async #readEndpoint(): BackendReply<z.infer<typeof endpointReply>> {
    const answer = await this.#call({ method: 'GET', url: `${this.#endpointUrl}?includeWorkers=true` });
    if (!answer.ok) return answer;
    const failure = failureOfRest(answer.value);
    if (failure?.kind === 'not-found')
      return err({
        kind: 'cannot-start',
        message: `RunPod has no endpoint ${this.#options.endpoint} in the account of this key`,
      });
    return failure === null ? read(answer.value, endpointReply) : err(failure);
  }

  async #readHealth(): BackendReply<z.infer<typeof healthReply>> {
    const url = this.#options.baseUrl.replace(/\/openai\/v1$/, '/health');
    const answer = await this.#call({ method: 'GET', url });
    if (!answer.ok) return answer;
    const failure = failureOf('RunPod', answer.value);
    return failure === null ? read(answer.value, healthReply) : err(failure);
  }

  get #endpointUrl(): string {
    return `${this.#options.restUrl}/endpoints/${this.#options.endpoint}`;
  }

  #call(asked: Pick<PlaceCall, 'method' | 'url' | 'body'>): BackendReply<PlaceAnswer> {
    const { key, fetch, withinMs = withinMsDefault } = this.#options;
    const now = (): number => this.#options.now();
    return callPlace({ ...asked, provider: 'RunPod', key, withinMs, fetch, now });
  }
}

/** A buffer is part of the floor here: RunPod keeps nothing idle beside its active workers. */
function figuresOf({ floor, buffer, ceiling, idleMs }: PlaceTarget): Figures {
  return {
    workersMin: floor + buffer,
    workersMax: Math.max(ceiling, floor + buffer),
    idleTimeout: Math.max(1, Math.round(idleMs / 1000)),
  };
}

/** RunPod answers 400 or 500 when all endpoints of the account together would have more workers than it may. */
function failureOfRest(answer: PlaceAnswer): BackendError | null {
  if (answer.status >= 400 && answer.status !== 401 && /workers?\s+quota/i.test(answer.text))
    return {
      kind: 'quota',
      message: "RunPod refused: the account's quota of workers is used up by its endpoints",
      retryAfterMs: quotaRetryMs,
    };
  return failureOf('RunPod', answer);
}

function read<T>({ text }: PlaceAnswer, schema: z.ZodType<T>): Awaited<BackendReply<T>> {
  const parsed = schema.safeParse(tryJson(text));
  if (parsed.success) return ok(parsed.data);
  return err({ kind: 'bad-reply', message: "RunPod's answer has an unknown shape" });
}
