// The model of the emulated GPU: answers that follow from the prompt, on a timetable of given figures, with the faults that it is told to
// have. Owns the timetable and the counters; which protocol carries it is the server's (paced-server.ts, paced-vllm-server.ts).
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from '../../src/core/registry/model.ts';
import { parseChatRequest } from './chat-request.ts';
import { makeHead, renderCompletion } from './chat-shapes.ts';
import { parseEmbeddingRequest, renderEmbeddings } from './embedding-shapes.ts';
import type { Engine, EngineCall } from './engine.ts';
import { FaultBook, parseFaults, type Faults, type StartFaults } from './faults.ts';
import { pacedPromptTokens, pacedVector } from './pace-text.ts';
import { tokenDueMs } from './pace.ts';
import { planPacedAnswer } from './paced-answer.ts';
import { PacedCounters } from './paced-counters.ts';
import { sendGzipBomb, sendPacedJson, sendPacedStream, sleepUntil } from './paced-reply.ts';
import { invalidValue, RefusedRequest } from './refusal.ts';
import type { Reply } from './reply.ts';
import { readJsonBody } from './request-body.ts';

const dimensions = 64;

/** A load is what passes from the start of the process, so that a busy machine, where starting takes longer, does not make it slower. */
function firstLoadMs({ loadMs }: Pace): number {
  return Math.max(0, loadMs - performance.now());
}

export class PacedEngine implements Engine {
  readonly paths = ['/v1/chat/completions', '/v1/embeddings'];
  readonly headers: Readonly<Record<string, string>>;
  readonly #version: string;
  readonly #pace: Pace;
  readonly #startFaults: StartFaults;
  readonly #faults = new FaultBook();
  readonly counters = new PacedCounters();
  #loads = 0;

  constructor(version: string, pace: Pace, startFaults: StartFaults) {
    this.headers = { 'x-pilotlight-emulated': '1', 'x-pilotlight-model': version };
    this.#version = version;
    this.#pace = pace;
    this.#startFaults = startFaults;
    this.#faults.set(startFaults.requests ?? {});
  }

  async load(): Promise<void> {
    const { start, slowLoadMs = 0 } = this.#startFaults;
    if (start === 'fail') throw new Error('told to fail at start');
    if (start === 'hang') await new Promise(() => undefined);
    await sleep(slowLoadMs + (this.#loads === 0 ? firstLoadMs(this.#pace) : this.#pace.wakeMs));
    this.#loads += 1;
  }

  async unload(): Promise<void> {
    // There are no weights.
  }

  async control(request: IncomingMessage, reply: Reply): Promise<boolean> {
    if (request.method === 'GET' && request.url === '/control/counters') {
      reply.json(200, this.counters.render());
      return true;
    }
    if (request.method !== 'POST' || request.url !== '/control/faults') return false;
    const faults = parseFaults(await readJsonBody(request));
    if (!faults.ok) throw invalidValue(faults.error);
    this.#faults.set(faults.value);
    reply.json(200, { ok: true });
    return true;
  }

  async serve(call: EngineCall): Promise<void> {
    this.counters.begin(call.requestId);
    try {
      await this.#answer(call, this.#faults.take());
    } finally {
      this.counters.end(call.signal.aborted && !call.reply.response.writableFinished);
    }
  }

  async #answer(call: EngineCall, faults: Faults): Promise<void> {
    const startMs = performance.now() + (faults.delayMs ?? 0);
    const dueMs = (index: number): number => startMs + tokenDueMs(this.#pace, index);
    if (faults.errorStatus !== undefined) {
      await sleepUntil(dueMs(0), call.signal);
      const { errorStatus, errorCode = 'told_to_fail', retryAfterS } = faults;
      if (retryAfterS !== undefined) call.reply.response.setHeader('retry-after', String(retryAfterS));
      throw new RefusedRequest(errorStatus, errorCode, 'told to fail');
    }
    if (faults.gzipBombMb !== undefined) {
      await sleepUntil(dueMs(0), call.signal);
      return sendGzipBomb(call, faults.gzipBombMb);
    }
    if (call.path === '/v1/embeddings') return this.#embed(call, faults, dueMs(0));
    await this.#chat(call, faults, dueMs);
  }

  async #chat(call: EngineCall, faults: Faults, dueMs: (index: number) => number): Promise<void> {
    const request = parseChatRequest(call.body);
    const answer = planPacedAnswer(request, this.#pace, faults);
    const head = makeHead(this.#version);
    if (request.stream) {
      const { includeUsage } = request;
      const onToken = (): void => this.counters.sent(1);
      return sendPacedStream(call, { head, answer, faults, includeUsage, dueMs, onToken });
    }
    await sleepUntil(dueMs(answer.tokens.length), call.signal);
    await sendPacedJson(call, renderCompletion(head, answer), faults);
    if (!call.signal.aborted) this.counters.sent(answer.tokens.length);
  }

  async #embed(call: EngineCall, faults: Faults, dueMs: number): Promise<void> {
    const { texts, base64 } = parseEmbeddingRequest(call.body, dimensions);
    await sleepUntil(dueMs, call.signal);
    const vectors = texts.map((text) => pacedVector(text, dimensions));
    const tokens = faults.lyingUsage ?? texts.reduce((sum, text) => sum + pacedPromptTokens(text), 0);
    await sendPacedJson(call, renderEmbeddings(this.#version, { vectors, tokens }, base64), faults);
  }
}
