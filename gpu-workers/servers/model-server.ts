// The HTTP server around an engine: the replica's half of gpu-workers/CONTRACT.md, the same for every kind of model. Owns paths, body
// limits, slots, state changes and the way out; what a model does is the engine's.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ServerLife } from './life.ts';
import { RefusedRequest, Reply } from './reply.ts';

export interface EngineCall {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  /** Fires when the client is gone: the engine stops at once. */
  readonly signal: AbortSignal;
  readonly reply: Reply;
}

/** A model that can be loaded, asked and unloaded. `serve` throws `RefusedRequest` for what it will not do. */
export interface Engine {
  load(): Promise<void>;
  /** Gives the memory of the weights back; no request runs meanwhile. */
  unload(): Promise<void>;
  readonly paths: readonly string[];
  serve(call: EngineCall): Promise<void>;
  /** Answers paths of its own, outside of slots and state (a control port). True when it did. */
  control?(request: IncomingMessage, reply: Reply): Promise<boolean>;
}

const bodyBytesMax = 4 * 1024 * 1024;
/** After SIGTERM running requests get this long; the agent kills after three seconds. */
const drainMs = 2_500;
/** The exit code that says: the weights cannot be loaded. */
const exitCannotLoad = 3;

export async function runModelServer(engine: Engine): Promise<void> {
  const life = new ServerLife(Number(process.env['PILOTLIGHT_SLOTS'] ?? 1));
  const server = new ModelServer(engine, life);
  const http = createServer((request, response) => void server.answer(request, response));
  const port = Number(process.env['PORT']);
  if (!Number.isInteger(port) || port <= 0) return exitWith(2, 'PORT is not set');
  http.listen(port, '127.0.0.1');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void leave(life));
  if (process.env['PILOTLIGHT_PARENT_WATCH'] === '1') {
    // The pipe closes when the parent ends, however it ends.
    process.stdin
      .on('close', () => process.exit(0))
      .on('end', () => process.exit(0))
      .resume();
  }
  await server
    .load()
    .catch((cause: unknown) => exitWith(exitCannotLoad, cause instanceof Error ? cause.message : 'unknown'));
}

async function leave(life: ServerLife): Promise<void> {
  life.state = 'draining';
  setTimeout(() => process.exit(0), drainMs).unref();
  await life.untilIdle();
  process.exit(0);
}

function exitWith(code: number, reason: string): never {
  console.error(reason.replaceAll('\n', ' '));
  process.exit(code);
}

class ModelServer {
  readonly #engine: Engine;
  readonly #life: ServerLife;
  #loadMs: number | null = null;
  #wakeMs: number | null = null;
  /** One park or wake at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(engine: Engine, life: ServerLife) {
    this.#engine = engine;
    this.#life = life;
  }

  async load(): Promise<void> {
    const startedMs = performance.now();
    await this.#engine.load();
    this.#loadMs = Math.round(performance.now() - startedMs);
    if (this.#life.state === 'loading') this.#life.state = 'ready';
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = new Reply(response);
    try {
      await this.#route(request, reply);
    } catch (cause) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      if (cause instanceof RefusedRequest) return reply.refuse(cause);
      console.error('request failed', cause);
      reply.refuse(new RefusedRequest(500, 'internal_error', 'the model server failed'));
    }
  }

  async #route(request: IncomingMessage, reply: Reply): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://replica').pathname;
    if (request.method === 'GET' && path === '/health') return reply.json(200, this.#health());
    if ((await this.#engine.control?.(request, reply)) === true) return;
    if (request.method !== 'POST') throw new RefusedRequest(404, 'not_found', 'no such path');
    if (path === '/park') return this.#inTurn(() => this.#park(reply));
    if (path === '/wake') return this.#inTurn(() => this.#wake(reply));
    if (path === '/drain') {
      this.#life.state = 'draining';
      return reply.json(200, { state: 'draining' });
    }
    if (!this.#engine.paths.includes(path)) throw new RefusedRequest(404, 'not_found', 'no such path');
    await this.#serve(path, request, reply);
  }

  #health(): object {
    const { state, slots, busySlots } = this.#life;
    return { state, slots, busySlots, timings: { loadMs: this.#loadMs, wakeMs: this.#wakeMs } };
  }

  async #serve(path: string, request: IncomingMessage, reply: Reply): Promise<void> {
    const gone = new AbortController();
    reply.response.once('close', () => gone.abort());
    const body = await readJson(request);
    this.#mustBeReady();
    if (this.#life.crowded) throw new RefusedRequest(503, 'overloaded', 'too many requests wait here');
    if (!(await this.#life.take(gone.signal))) return;
    try {
      this.#mustBeReady();
      const requestId = String(request.headers['x-request-id'] ?? '');
      await this.#engine.serve({ path, body, requestId, signal: gone.signal, reply });
    } finally {
      this.#life.release();
    }
  }

  #mustBeReady(): void {
    const { state } = this.#life;
    if (state !== 'ready') throw new RefusedRequest(503, 'not_ready', `the model is ${state}`);
  }

  async #park(reply: Reply): Promise<void> {
    if (this.#life.state === 'parked') return reply.json(200, { state: 'parked' });
    if (this.#life.busySlots > 0)
      return reply.json(409, { error: { code: 'busy', message: 'a request runs' } });
    if (this.#life.state !== 'ready')
      return reply.json(409, { error: { code: 'busy', message: this.#life.state } });
    this.#life.state = 'parked';
    await this.#engine.unload();
    reply.json(200, { state: 'parked' });
  }

  async #wake(reply: Reply): Promise<void> {
    if (this.#life.state === 'parked') {
      this.#life.state = 'waking';
      const startedMs = performance.now();
      await this.#engine.load().catch((cause: unknown) => exitWith(exitCannotLoad, String(cause)));
      this.#wakeMs = Math.round(performance.now() - startedMs);
      this.#life.state = 'ready';
    }
    if (this.#life.state !== 'ready')
      return reply.json(409, { error: { code: 'busy', message: this.#life.state } });
    reply.json(200, { state: 'ready', wakeMs: this.#wakeMs });
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act, act);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > bodyBytesMax) throw new RefusedRequest(413, 'body_too_large', 'the body is too large');
    pieces.push(piece as Buffer);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>;
  } catch {
    // Answered below, like any other body that is no object.
  }
  throw new RefusedRequest(400, 'malformed_json', 'the body is not a JSON object');
}
