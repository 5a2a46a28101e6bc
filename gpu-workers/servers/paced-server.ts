// The emulated GPU: a model server whose load time, wake time, time to first token and time per token are given figures, whose tokens
// follow from the prompt, and that has faults on command. Nothing it measures is a GPU's; its replies say so.
// Environment: PORT, PILOTLIGHT_SLOTS, PILOTLIGHT_VERSION, PILOTLIGHT_PACE (JSON), PILOTLIGHT_FAULTS (JSON: {"start":"fail"|"hang"}).
// Control: POST /control/faults (faults.ts), GET /control/counters.
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Pace } from '../../src/core/registry/model.ts';
import {
  makeChunk,
  makeCompletion,
  makeHead,
  makeUsage,
  makeUsageChunk,
  readMessages,
  readNumber,
  wantsUsage,
} from './chat-shapes.ts';
import { readInputs, renderEmbeddings } from './embedding-shapes.ts';
import { FaultBook, type Faults } from './faults.ts';
import { runModelServer, type Engine, type EngineCall } from './model-server.ts';
import { pacedAnswer, pacedToken, pacedVector } from './pace-text.ts';
import { RefusedRequest, type Reply } from './reply.ts';

const pace = JSON.parse(process.env['PILOTLIGHT_PACE'] ?? '{}') as Partial<Pace>;
const version = process.env['PILOTLIGHT_VERSION'] ?? 'paced@1';
const startFault = (JSON.parse(process.env['PILOTLIGHT_FAULTS'] ?? '{}') as { start?: string }).start;
const dimensions = 64;
/** Request ids whose attempts are counted; older ones are forgotten. */
const attemptsMax = 10_000;
const megabyte = 1024 * 1024;

class PacedEngine implements Engine {
  readonly paths = ['/v1/chat/completions', '/v1/embeddings'];
  readonly #faults = new FaultBook();
  readonly #attempts = new Map<string, number>();
  readonly #counters = { requests: 0, inFlight: 0, inFlightMax: 0, aborted: 0, tokensSent: 0 };
  #loaded = false;

  async load(): Promise<void> {
    if (startFault === 'fail') throw new Error('told to fail at start');
    if (startFault === 'hang') await new Promise(() => undefined);
    await sleep(this.#loaded ? (pace.wakeMs ?? 0) : (pace.loadMs ?? 0));
    this.#loaded = true;
  }

  async unload(): Promise<void> {
    await sleep(0);
  }

  async control(request: IncomingMessage, reply: Reply): Promise<boolean> {
    if (request.url === '/control/counters') {
      reply.json(200, { ...this.#counters, attempts: Object.fromEntries(this.#attempts) });
      return true;
    }
    if (request.url !== '/control/faults' || request.method !== 'POST') return false;
    let text = '';
    for await (const piece of request) text += String(piece);
    try {
      this.#faults.set(JSON.parse(text === '' ? '{}' : text));
      reply.json(200, { ok: true });
    } catch (cause) {
      reply.refuse(new RefusedRequest(400, 'invalid_value', String(cause)));
    }
    return true;
  }

  async serve(call: EngineCall): Promise<void> {
    const counters = this.#counters;
    counters.requests += 1;
    counters.inFlight += 1;
    counters.inFlightMax = Math.max(counters.inFlightMax, counters.inFlight);
    this.#countAttempt(call.requestId);
    call.reply.response.setHeader('x-pilotlight-emulated', '1');
    try {
      await this.#answer(call, this.#faults.take());
    } catch (cause) {
      if (!call.signal.aborted) throw cause;
    } finally {
      counters.inFlight -= 1;
      if (call.signal.aborted) counters.aborted += 1;
    }
  }

  async #answer(call: EngineCall, faults: Faults): Promise<void> {
    await sleep((pace.firstTokenMs ?? 0) + (faults.delayMs ?? 0), undefined, { signal: call.signal });
    if (faults.errorStatus !== undefined)
      throw new RefusedRequest(faults.errorStatus, 'told_to_fail', 'told to fail');
    if (faults.gzipBombMb !== undefined) return sendBomb(call, faults.gzipBombMb);
    if (call.path === '/v1/embeddings') return answerEmbeddings(call);
    const prompt = readMessages(call.body)
      .map(({ role, content }) => `${role}:${content}`)
      .join('\n');
    const asked =
      readNumber(call.body, 'max_completion_tokens') ?? readNumber(call.body, 'max_tokens') ?? Infinity;
    const tokens = Math.min(asked, pace.tokens ?? 16);
    const usage = makeUsage(Math.ceil(prompt.length / 4), faults.lyingUsage ?? tokens);
    const chat = { prompt, tokens, finish: asked < (pace.tokens ?? 16) ? 'length' : 'stop', usage, faults };
    if (call.body['stream'] === true) return this.#stream(call, chat);
    await sleep(tokens * (pace.tokenMs ?? 0), undefined, { signal: call.signal });
    if (faults.resetAfterTokens !== undefined) return void call.reply.response.socket?.resetAndDestroy();
    const message = { role: 'assistant', content: pacedAnswer(prompt, tokens) };
    call.reply.json(200, makeCompletion(makeHead(version), message, chat.finish, usage));
    this.#counters.tokensSent += tokens;
  }

  async #stream(call: EngineCall, chat: PacedChat): Promise<void> {
    const { reply, signal } = call;
    const head = makeHead(version);
    reply.startStream();
    await reply.event(makeChunk(head, { role: 'assistant', content: '' }, null));
    for (let index = 0; index < chat.tokens; index += 1) {
      if (await misbehave(call, chat.faults, index)) return;
      await reply.event(makeChunk(head, { content: pacedToken(chat.prompt, index) }, null));
      this.#counters.tokensSent += 1;
      await sleep(pace.tokenMs ?? 0, undefined, { signal });
    }
    if (await misbehave(call, chat.faults, chat.tokens)) return;
    await reply.event(makeChunk(head, {}, chat.finish));
    if (wantsUsage(call.body)) await reply.event(makeUsageChunk(head, chat.usage));
    if (chat.faults.missingTerminal === true) return void reply.response.end();
    reply.endStream();
  }

  #countAttempt(requestId: string): void {
    this.#attempts.set(requestId, (this.#attempts.get(requestId) ?? 0) + 1);
    const oldest = this.#attempts.keys().next();
    if (this.#attempts.size > attemptsMax && oldest.done !== true) this.#attempts.delete(oldest.value);
  }
}

interface PacedChat {
  readonly prompt: string;
  readonly tokens: number;
  readonly finish: string;
  readonly usage: ReturnType<typeof makeUsage>;
  readonly faults: Faults;
}

/** Carries out the fault that is due after `sent` tokens; true when the answer ends with it. */
async function misbehave(call: EngineCall, faults: Faults, sent: number): Promise<boolean> {
  if (faults.resetAfterTokens === sent) {
    call.reply.response.socket?.resetAndDestroy();
    return true;
  }
  if (faults.garbageAfterTokens === sent) {
    call.reply.response.end('<html>this is not an event stream\u0000\u0001</html>\n\n');
    return true;
  }
  if (faults.stallAfterTokens !== sent) return false;
  // For ever, as far as the caller is concerned.
  await sleep(3_600_000, undefined, { signal: call.signal });
  return true;
}

function answerEmbeddings(call: EngineCall): void {
  const texts = readInputs(call.body['input']);
  const vectors = texts.map((text) => pacedVector(text, dimensions));
  call.reply.json(200, renderEmbeddings(version, texts, vectors, call.body['encoding_format']));
}

function sendBomb(call: EngineCall, megabytes: number): void {
  const bomb = gzipSync(Buffer.alloc(megabytes * megabyte, 0x20));
  call.reply.response
    .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    .end(bomb);
}

await runModelServer(new PacedEngine());
