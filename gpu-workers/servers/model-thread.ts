// The model's own thread, seen from inside: takes orders, tells news. A model computes for long stretches and its loader does not give
// way; on a thread of its own the server still answers `/health`.
import { parentPort } from 'node:worker_threads';
import { must } from '../../src/core/base/assert.ts';
import { RefusedRequest } from './refusal.ts';
import type { ThreadNews, ThreadOrder } from './thread-protocol.ts';

export interface ThreadModel<Job, Piece, Outcome> {
  load(): Promise<void>;
  unload(): Promise<void>;
  /** Null when `signal` stopped it. */
  run(job: Job, tell: (piece: Piece) => void, signal: AbortSignal): Promise<Outcome | null>;
}

export function serveModelThread<Job, Piece, Outcome>(model: ThreadModel<Job, Piece, Outcome>): void {
  const port = must(parentPort, 'the port to the main thread');
  const running = new Map<number, AbortController>();
  const tell = (news: ThreadNews<Piece, Outcome>): void => port.postMessage(news);

  const obey = async (order: ThreadOrder<Job>): Promise<Outcome | null> => {
    switch (order.kind) {
      case 'load':
        await model.load();
        return null;
      case 'unload':
        await model.unload();
        return null;
      case 'run': {
        const { id, job } = order;
        const stopper = new AbortController();
        running.set(id, stopper);
        return model.run(job, (piece) => tell({ kind: 'piece', id, piece }), stopper.signal);
      }
      case 'stop':
        return null;
    }
  };

  port.on('message', (order: ThreadOrder<Job>) => {
    const { id } = order;
    if (order.kind === 'stop') return running.get(id)?.abort();
    void obey(order)
      .then(
        (outcome) => tell({ kind: 'done', id, outcome }),
        (cause: unknown) => tell(describeFailure(id, cause)),
      )
      .finally(() => running.delete(id));
  });
}

function describeFailure(id: number, cause: unknown): ThreadNews<never, never> {
  if (cause instanceof RefusedRequest) {
    const { status, code, message, param } = cause;
    return { kind: 'refused', id, refusal: { status, code, message, param } };
  }
  return { kind: 'failed', id, message: cause instanceof Error ? cause.message : String(cause) };
}
