// The HTTP half of a replica's contract (gpu-workers/CONTRACT.md, section 1), the same for every engine: paths, slots, changes of state,
// errors. Owns neither the process it runs in nor what a model does.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from './engine.ts';
import type { ServerLife } from './life.ts';
import { showsKey } from './shows-key.ts';
import { RefusedRequest } from './refusal.ts';
import { Reply } from './reply.ts';
import { readJsonBody } from './request-body.ts';

export class ModelServer {
  readonly #engine: Engine;
  readonly #life: ServerLife;
  /** The weights cannot be loaded: the process has no further use. */
  readonly #giveUp: (cause: unknown) => void;
  readonly #key: string | null;
  #loadMs: number | null = null;
  #wakeMs: number | null = null;
  readonly #serving = new Set<ServerResponse>();
  /** One load, park or wake at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(engine: Engine, life: ServerLife, giveUp: (cause: unknown) => void, key: string | null = null) {
    this.#key = key;
    this.#engine = engine;
    this.#life = life;
    this.#giveUp = giveUp;
  }

  /** The first load; `/health` answers meanwhile. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      this.#loadMs = await this.#bringWeights();
    });
  }

  /** Breaks off what runs: clients see a connection that is cut, never an answer that ends too early. */
  cutAll(): void {
    for (const response of this.#serving) response.destroy();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = new Reply(response);
    for (const [name, value] of Object.entries(this.#engine.headers ?? {})) response.setHeader(name, value);
    try {
      await this.#route(request, reply);
    } catch (cause) {
      this.#fail(reply, cause);
    }
    // A client that still sends would not read the refusal if the connection were closed under it.
    if (!request.complete) request.resume();
  }

  #fail(reply: Reply, cause: unknown): void {
    // A stream that has begun cannot say any more that it failed: cut it, never end it cleanly.
    if (reply.begun || reply.response.destroyed) return void reply.response.destroy();
    if (!(cause instanceof RefusedRequest)) console.error('request failed:', cause);
    const known = cause instanceof RefusedRequest;
    const refusal = known ? cause : new RefusedRequest(500, 'internal_error', 'The model server failed.');
    reply.refuse(refusal);
  }

  async #route(request: IncomingMessage, reply: Reply): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/health') {
      mustBe(request, 'GET');
      return reply.json(200, this.#health());
    }
    if (this.#key !== null && !showsKey(request, this.#key))
      throw new RefusedRequest(401, 'wrong_key', 'The key is missing or wrong.');
    if ((await this.#engine.control?.(request, reply)) === true) return;
    const act = this.#actions(reply)[path];
    if (act === undefined && !this.#engine.paths.includes(path)) {
      throw new RefusedRequest(404, 'unknown_route', 'No such path.');
    }
    mustBe(request, 'POST');
    await (act === undefined ? this.#serve(path, request, reply) : act());
  }

  #actions(reply: Reply): Readonly<Record<string, (() => Promise<void>) | undefined>> {
    return {
      '/park': () => this.#inTurn(() => this.#park(reply)),
      '/wake': () => this.#inTurn(() => this.#wake(reply)),
      '/drain': async () => {
        this.#life.drain();
        reply.json(200, { state: 'draining' });
      },
    };
  }

  #health(): object {
    const { state, slots, busySlots } = this.#life;
    return { state, slots, busySlots, timings: { loadMs: this.#loadMs, wakeMs: this.#wakeMs } };
  }

  async #serve(path: string, request: IncomingMessage, reply: Reply): Promise<void> {
    const gone = new AbortController();
    this.#serving.add(reply.response);
    reply.response.once('close', () => {
      this.#serving.delete(reply.response);
      gone.abort();
    });
    const body = await readJsonBody(request);
    const { signal } = gone;
    const admission = await this.#life.take(signal);
    if (admission === 'gone') return;
    if (admission === 'crowded') throw new RefusedRequest(503, 'overloaded', 'Too many requests wait here.');
    if (admission === 'not-ready') {
      throw new RefusedRequest(503, 'not_ready', `The model is not ready: ${this.#life.state}.`);
    }
    const requestId = String(request.headers['x-request-id'] ?? '');
    try {
      await this.#engine.serve({ path, body, requestId, signal, reply });
    } finally {
      this.#life.release();
    }
  }

  async #park(reply: Reply): Promise<void> {
    if (this.#life.park()) await this.#engine.unload();
    else if (this.#life.state !== 'parked') return refuseAsBusy(reply, this.#life);
    reply.json(200, { state: 'parked' });
  }

  async #wake(reply: Reply): Promise<void> {
    if (this.#life.wake()) this.#wakeMs = await this.#bringWeights();
    if (this.#life.state !== 'ready') return refuseAsBusy(reply, this.#life);
    reply.json(200, { state: 'ready', wakeMs: this.#wakeMs });
  }

  /** Milliseconds that it took. */
  async #bringWeights(): Promise<number> {
    const startedMs = performance.now();
    try {
      await this.#engine.load();
    } catch (cause) {
      this.#giveUp(cause);
      throw cause;
    }
    this.#life.loaded();
    return Math.round(performance.now() - startedMs);
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

function refuseAsBusy(reply: Reply, life: ServerLife): void {
  const message = life.busySlots > 0 ? 'A request runs.' : `The server is ${life.state}.`;
  reply.refuse(new RefusedRequest(409, 'busy', message));
}

function mustBe(request: IncomingMessage, method: string): void {
  if (request.method === method) return;
  throw new RefusedRequest(405, 'method_not_allowed', `This path answers to ${method} only.`);
}
