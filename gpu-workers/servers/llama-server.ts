// A chat model server: any GGUF file, through llama.cpp bindings, on one CPU thread, with continuous batching over its slots.
// Environment: PORT, PILOTLIGHT_SLOTS, PILOTLIGHT_VERSION, PILOTLIGHT_WEIGHTS (a GGUF file), PILOTLIGHT_CONTEXT (tokens per slot).
import { existsSync } from 'node:fs';
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
import { loadBinding, type LlamaContext, type LlamaJob, type LlamaResult } from './llama-binding.ts';
import { runModelServer, type Engine, type EngineCall } from './model-server.ts';
import { RefusedRequest } from './reply.ts';

const weights = process.env['PILOTLIGHT_WEIGHTS'] ?? '';
const slots = Number(process.env['PILOTLIGHT_SLOTS'] ?? 1);
const context = Number(process.env['PILOTLIGHT_CONTEXT'] ?? 2048);
const version = process.env['PILOTLIGHT_VERSION'] ?? 'llama@1';

class LlamaEngine implements Engine {
  readonly paths = ['/v1/chat/completions'];
  #llama: LlamaContext | null = null;

  async load(): Promise<void> {
    if (!existsSync(weights)) throw new Error(`no weights at ${weights}`);
    const binding = loadBinding();
    await binding.toggleNativeLog(false);
    // The context window is shared out over the slots. One thread: more of them spin against each other on small machines.
    const llama = await binding.loadModel({
      model: weights,
      n_ctx: context * slots,
      n_parallel: slots,
      n_threads: 1,
      n_gpu_layers: 0,
      kv_unified: false,
    });
    await llama.parallel.enable({ n_parallel: slots, n_batch: 512 });
    this.#llama = llama;
  }

  async unload(): Promise<void> {
    const llama = this.#llama;
    this.#llama = null;
    llama?.parallel.disable();
    await llama?.release();
  }

  async serve(call: EngineCall): Promise<void> {
    const llama = this.#llama;
    if (llama === null) throw new RefusedRequest(503, 'not_ready', 'the model is not loaded');
    const options = await readOptions(llama, call.body);
    if (call.signal.aborted) return;
    if (call.body['stream'] === true) await serveStream(llama, call, options);
    else await serveJson(llama, call, options);
  }
}

interface ChatOptions {
  readonly llama: Readonly<Record<string, unknown>>;
  readonly maxTokens: number;
}

async function readOptions(llama: LlamaContext, body: EngineCall['body']): Promise<ChatOptions> {
  const messages = readMessages(body);
  const promptTokens = await countTokens(llama, messages, body);
  const room = context - promptTokens;
  if (room < 1) {
    const message = `The prompt has ${promptTokens} tokens; this model reads ${context}, its answer included.`;
    throw new RefusedRequest(400, 'context_length_exceeded', message, 'messages');
  }
  const asked = readNumber(body, 'max_completion_tokens') ?? readNumber(body, 'max_tokens') ?? room;
  const maxTokens = Math.min(asked, room);
  const temperature = readNumber(body, 'temperature') ?? 0.7;
  // A temperature of zero is not greedy in this engine; taking only the best token is.
  const sampling =
    temperature === 0
      ? { top_k: 1, temperature: 1 }
      : { temperature, top_p: readNumber(body, 'top_p') ?? 0.95 };
  const given = {
    seed: readNumber(body, 'seed'),
    penalty_freq: readNumber(body, 'frequency_penalty'),
    penalty_present: readNumber(body, 'presence_penalty'),
    stop: readStop(body['stop']),
    response_format: body['response_format'],
    tools: body['tools'],
    tool_choice: typeof body['tool_choice'] === 'string' ? body['tool_choice'] : undefined,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { llama: { messages, jinja: true, n_predict: maxTokens, ...sampling, ...present }, maxTokens };
}

async function countTokens(
  llama: LlamaContext,
  messages: readonly unknown[],
  body: EngineCall['body'],
): Promise<number> {
  try {
    const tools = body['tools'] === undefined ? {} : { tools: body['tools'] };
    const { prompt } = await llama.getFormattedChat(messages, undefined, { jinja: true, ...tools });
    const { tokens } = await llama.tokenize(prompt);
    return tokens.length;
  } catch (cause) {
    throw new RefusedRequest(
      400,
      'invalid_value',
      `The model's template refuses these messages: ${String(cause).slice(0, 200)}`,
    );
  }
}

function readStop(stop: unknown): readonly string[] | undefined {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.map(String) : undefined;
}

async function serveJson(llama: LlamaContext, call: EngineCall, options: ChatOptions): Promise<void> {
  const result = await runJob(llama, call.signal, options, () => undefined);
  if (result === null) return;
  const content = result.content ?? result.text;
  const calls = result.tool_calls ?? [];
  const message =
    calls.length > 0
      ? { role: 'assistant', content: null, tool_calls: withIds(calls) }
      : { role: 'assistant', content };
  const usage = makeUsage(result.tokens_evaluated, result.tokens_predicted);
  call.reply.json(200, makeCompletion(makeHead(version), message, finishReason(result, options), usage));
}

async function serveStream(llama: LlamaContext, call: EngineCall, options: ChatOptions): Promise<void> {
  const head = makeHead(version);
  const { reply } = call;
  let sending: Promise<void> = Promise.resolve();
  const send = (data: object): void => {
    sending = sending.then(() => reply.event(data));
  };
  // The first token decides whether there is a stream at all: a failure before it is an HTTP error.
  const begin = (): void => {
    if (reply.response.headersSent) return;
    reply.startStream();
    send(makeChunk(head, { role: 'assistant', content: '' }, null));
  };
  const result = await runJob(llama, call.signal, options, (token) => {
    begin();
    send(makeChunk(head, { content: token }, null));
  });
  if (result === null) return;
  begin();
  const calls = result.tool_calls ?? [];
  if (calls.length > 0)
    send(makeChunk(head, { tool_calls: withIds(calls).map((each, index) => ({ index, ...each })) }, null));
  send(makeChunk(head, {}, finishReason(result, options)));
  const usage = makeUsage(result.tokens_evaluated, result.tokens_predicted);
  if (wantsUsage(call.body)) send(makeUsageChunk(head, usage));
  await sending;
  reply.endStream();
}

/** Null when the client went away: the job is stopped and its slot is free again. */
async function runJob(
  llama: LlamaContext,
  signal: AbortSignal,
  options: ChatOptions,
  onToken: (text: string) => void,
): Promise<LlamaResult | null> {
  const job: LlamaJob = await llama.parallel.completion(options.llama, (_id, { token }) => {
    if (!signal.aborted) onToken(token);
  });
  const stop = (): void => job.stop();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await job.promise;
  } catch (cause) {
    // The binding rejects a job that was stopped.
    if (signal.aborted) return null;
    throw cause;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function finishReason(result: LlamaResult, options: ChatOptions): string {
  if ((result.tool_calls ?? []).length > 0) return 'tool_calls';
  const full =
    Boolean(result.stopped_limit) || result.context_full || result.tokens_predicted >= options.maxTokens;
  return full ? 'length' : 'stop';
}

function withIds(calls: NonNullable<LlamaResult['tool_calls']>): readonly object[] {
  return calls.map((each) => ({
    id: each.id ?? `call_${crypto.randomUUID().slice(0, 12)}`,
    type: 'function',
    function: each.function,
  }));
}

await runModelServer(new LlamaEngine());
