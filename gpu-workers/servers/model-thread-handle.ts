// The model's own thread, seen from the server: one call for each order, news handed to the run that they belong to. Owns the thread.
import { Worker } from 'node:worker_threads';
import { RefusedRequest } from './refusal.ts';
import type { ThreadNews, ThreadOrder } from './thread-protocol.ts';

export interface ThreadRun<Piece> {
  readonly signal: AbortSignal;
  readonly onPiece: (piece: Piece) => void;
}

export class ModelThread<Job, Piece, Outcome> {
  readonly #program: URL;
  /** The thread died: nothing that it was asked will ever be answered. */
  readonly #onDeath: (reason: string) => void;
  #worker: Worker | null = null;
  #serial = 0;
  readonly #waiting = new Map<number, Waiting<Piece, Outcome>>();

  constructor(program: URL, onDeath: (reason: string) => void) {
    this.#program = program;
    this.#onDeath = onDeath;
  }

  async load(): Promise<void> {
    this.#worker ??= this.#start();
    await this.#ask((id) => ({ kind: 'load', id }), ignore);
  }

  /** Gives the weights back and keeps the thread, so that the next load is quick. */
  async unload(): Promise<void> {
    if (this.#worker !== null) await this.#ask((id) => ({ kind: 'unload', id }), ignore);
  }

  /** Gives back everything, for models that have no other way to free their memory. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  /** Null when it was stopped because `signal` fired. */
  async run(job: Job, { signal, onPiece }: ThreadRun<Piece>): Promise<Outcome | null> {
    if (signal.aborted) return null;
    let stop = (): void => undefined;
    const outcome = this.#ask((id) => {
      stop = () => this.#worker?.postMessage({ kind: 'stop', id } satisfies ThreadOrder<Job>);
      return { kind: 'run', id, job };
    }, onPiece);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await outcome;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #ask(
    makeOrder: (id: number) => ThreadOrder<Job>,
    onPiece: (piece: Piece) => void,
  ): Promise<Outcome | null> {
    this.#serial += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome | null>();
    this.#waiting.set(this.#serial, { resolve, reject, onPiece });
    this.#worker?.postMessage(makeOrder(this.#serial));
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#program);
    worker.on('message', (news: ThreadNews<Piece, Outcome>) => this.#hear(news));
    worker.once('error', (cause) => this.#onDeath(cause instanceof Error ? cause.message : String(cause)));
    return worker;
  }

  #hear(news: ThreadNews<Piece, Outcome>): void {
    const waiting = this.#waiting.get(news.id);
    if (waiting === undefined) return;
    if (news.kind === 'piece') return waiting.onPiece(news.piece);
    this.#waiting.delete(news.id);
    switch (news.kind) {
      case 'done':
        return waiting.resolve(news.outcome);
      case 'refused': {
        const { status, code, message, param } = news.refusal;
        return waiting.reject(new RefusedRequest(status, code, message, param));
      }
      case 'failed':
        return waiting.reject(new Error(news.message));
    }
  }
}

interface Waiting<Piece, Outcome> {
  readonly resolve: (outcome: Outcome | null) => void;
  readonly reject: (cause: Error) => void;
  readonly onPiece: (piece: Piece) => void;
}

function ignore(): void {
  // Loading and unloading tell no pieces.
}
