// The agent's one way to Modal: the official client, with a deadline on every call and no exceptions. Owns the client.
import { ModalClient } from 'modal';
import type { BackendError } from '../../../src/backends/backend.ts';
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { waitAtMost } from '../wait-at-most.ts';
import { describeModalError } from './modal-error.ts';

/** The SDK sets none on most calls: one that Modal never answers must end all the same. */
const callMsMax = 30_000;

export type ModalReply<T> = Promise<Result<T, BackendError>>;

export class ModalAccount {
  readonly client: ModalClient;

  /** The client reads MODAL_TOKEN_ID, MODAL_TOKEN_SECRET, MODAL_ENVIRONMENT and MODAL_SERVER_URL itself. */
  constructor() {
    this.client = new ModalClient({
      // What is throttled is told at once: the pool decides when to ask again.
      maxThrottleWaitSecs: 0,
      grpcMiddleware: [
        async function* endCall(call, options) {
          const late = AbortSignal.timeout(callMsMax);
          const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
          return yield* call.next(call.request, { ...options, signal });
        },
      ],
    });
  }

  /** What `ask` comes to, at most `withinMs` later. What comes after that is nobody's. */
  async ask<T>(withinMs: number, ask: (client: ModalClient) => Promise<T>): ModalReply<T> {
    const answered: ModalReply<T> = ask(this.client).then(ok, (cause: unknown) =>
      err(describeModalError(cause)),
    );
    const answer = await waitAtMost(answered, withinMs);
    return answer ?? err({ kind: 'timeout', message: `Modal did not answer within ${withinMs} ms` });
  }
}
