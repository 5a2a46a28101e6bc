// The HTTP face of a vLLM in front of the emulated GPU: the OpenAI routes with vLLM's refusals, its health, and the calls of vllm-control.ts.
// Owns who may ask, and under which name the model is asked for.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PacedEngine } from './paced-engine.ts';
import { RefusedRequest } from './refusal.ts';
import { Reply } from './reply.ts';
import { readJsonBody, type JsonObject } from './request-body.ts';
import { showsKey } from './shows-key.ts';
import type { VllmControl } from './vllm-control.ts';
import type { VllmFlags } from './vllm-flags.ts';
import type { VllmQueue } from './vllm-queue.ts';

export interface VllmFrontParts {
  readonly flags: VllmFlags;
  readonly engine: PacedEngine;
  readonly queue: VllmQueue;
  readonly control: VllmControl;
  /** VLLM_API_KEY: asked for under /v1 alone, as vLLM does. */
  readonly apiKey: string | null;
  /** The guard that was asked for with `--middleware`, with its keys; null = it is not there. */
  readonly guard: VllmGuard | null;
}

/** As gpu-workers/modal/pilotlight_guard.py has them; empty = not set. */
export interface VllmGuard {
  readonly key: string;
  readonly controlKey: string;
}

const noise = '!!!!!!!!';

export class VllmFront {
  readonly #parts: VllmFrontParts;

  constructor(parts: VllmFrontParts) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = new Reply(response);
    for (const [name, value] of Object.entries(this.#parts.engine.headers)) response.setHeader(name, value);
    try {
      await this.#route(request, reply);
    } catch (cause) {
      if (reply.begun || response.destroyed) response.destroy();
      else if (cause instanceof RefusedRequest) reply.refuse(cause);
      else reply.refuse(new RefusedRequest(500, 'internal_error', String(cause)));
    }
    if (!request.complete) request.resume();
  }

  async #route(request: IncomingMessage, reply: Reply): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const { engine, control, flags } = this.#parts;
    if (path === '/health') return void reply.response.writeHead(200).end();
    if (!this.#mayAsk(request, path)) return reply.json(401, { error: 'Unauthorized' });
    if (await control.answer(request, reply)) return;
    if (path === '/v1/models') {
      const data = flags.names.map((id) => ({ id, object: 'model', owned_by: 'vllm', root: flags.model }));
      return reply.json(200, { object: 'list', data });
    }
    if (!engine.paths.includes(path)) return reply.json(404, { detail: 'Not Found' });
    if (request.method !== 'POST') return reply.json(405, { detail: 'Method Not Allowed' });
    await this.#serve(path, request, reply);
  }

  #mayAsk(request: IncomingMessage, path: string): boolean {
    const { apiKey, guard } = this.#parts;
    const isOpenai = path.startsWith('/v1/');
    if (isOpenai && apiKey !== null && !showsKey(request, apiKey)) return false;
    if (guard === null || (isOpenai && guard.key === '' && guard.controlKey !== '')) return true;
    return [guard.key, guard.controlKey].some((key) => key !== '' && showsKey(request, key));
  }

  async #serve(path: string, request: IncomingMessage, reply: Reply): Promise<void> {
    const gone = new AbortController();
    reply.response.once('close', () => gone.abort());
    const body = await readJsonBody(request);
    const { flags, queue, engine, control } = this.#parts;
    const { model } = body;
    if (model !== undefined && !flags.names.some((name) => name === model)) return refuseModel(reply, model);
    const running = await queue.enter(gone.signal);
    if (running === null) return;
    const requestId = String(request.headers['x-request-id'] ?? '');
    try {
      if (control.memory.makesSense)
        await engine.serve({ path, body, requestId, signal: running.signal, reply });
      else makeNoise(reply, body);
      // What the engine itself cut off is cut off for its client too.
      if (!reply.response.writableEnded) reply.response.destroy();
    } finally {
      running.end();
    }
  }
}

function refuseModel(reply: Reply, name: unknown): void {
  const message = `The model ${JSON.stringify(name)} does not exist.`;
  reply.json(404, { error: { message, type: 'NotFoundError', param: 'model', code: 404 } });
}

/** What a model without weights says. */
function makeNoise(reply: Reply, body: JsonObject): void {
  if (body['stream'] !== true) {
    const choices = [{ index: 0, message: { role: 'assistant', content: noise }, finish_reason: 'stop' }];
    return reply.json(200, { object: 'chat.completion', choices });
  }
  reply.beginStream();
  reply.event({ choices: [{ index: 0, delta: { content: noise }, finish_reason: 'stop' }] });
  reply.endStream();
}
