// The real app in the real runtime with a model behind it whose answers the tests choose: everything before and after dispatch is what
// is deployed, and what reached dispatch is on record.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env as testEnv } from 'cloudflare:workers';
import { makeApp } from '../../functions/app.ts';
import { workerDeps } from '../../functions/app-deps.ts';
import type {
  DispatchLimits,
  DispatchOutcome,
  DispatchRequest,
  DispatchSummary,
} from '../../src/hosts/dispatch.ts';
import type { RequestEvent } from '../../src/telemetry/request-event.ts';

export const devKey = 'sk-pilotlight-dev';
export const adminToken = 'admin-pilotlight-dev';

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit | null;
  readonly env?: Readonly<Record<string, unknown>>;
  /** The URL as the bare runtime hands it over: it tidies nothing up, as the constructor of Request does. */
  readonly rawUrl?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const served = { warmth: 'hot', waitMs: 0 } as const;

export const summary: DispatchSummary = {
  failure: null,
  served,
  replicaId: 'replica-1',
  attempts: 1,
  headMs: 1,
  firstContentMs: 2,
  totalMs: 3,
  bytes: 2,
  chunks: 0,
  finishReason: 'stop',
  usage: null,
};

export class EdgeApp {
  readonly dispatched: DispatchRequest[] = [];
  /** Those of the requests in `dispatched`. */
  readonly limits: DispatchLimits[] = [];
  readonly events: RequestEvent[] = [];
  readonly bugs: unknown[] = [];
  /** What the next dispatches come to. */
  outcome: () => DispatchOutcome = () => ({ kind: 'json', body: '{}', served });
  summary: DispatchSummary = summary;
  /** The parts of the answer as they go to the client. */
  pieces: readonly string[] = [];
  /** Leaves the end of the request to the test, as a stream that is still running does. */
  endsLater = false;

  readonly #app = makeApp({
    ...workerDeps,
    dispatch: (_ports, request, limits) => {
      this.dispatched.push(request);
      this.limits.push(limits);
      const outcome = this.outcome();
      for (const piece of this.pieces) request.onAnswer?.(piece);
      if (!this.endsLater) request.onEnd?.(this.summary);
      return Promise.resolve(outcome);
    },
    emit: (event) => void this.events.push(event),
    reportBug: (_requestId, cause) => void this.bugs.push(cause),
  });

  async ask({ method = 'POST', path, key = devKey, headers, body, env, rawUrl }: Ask): Promise<Reply> {
    const request = new Request(`http://127.0.0.1:8787${path ?? '/v1/chat/completions'}`, {
      method,
      headers: {
        ...(body === undefined || body === null ? {} : { 'content-type': 'application/json' }),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    if (rawUrl !== undefined) Object.defineProperty(request, 'url', { value: rawUrl });
    const ctx = createExecutionContext();
    const response = await this.#app.fetch(request, { ...testEnv, ...env }, ctx);
    const text = await response.text();
    await waitOnExecutionContext(ctx);
    return { status: response.status, headers: response.headers, text };
  }
}

export interface ErrorObject {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

export function errorOf(reply: Reply): ErrorObject {
  return (JSON.parse(reply.text) as { error: ErrorObject }).error;
}
