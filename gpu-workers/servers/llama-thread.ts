// The thread of the llama server: a GGUF file in llama.cpp, several requests batched together. Owns the native context; every request
// goes through the parallel mode, the only one that never mixes up two requests. Native code prints to stdout: that is no channel here.
import { must } from '../../src/core/base/assert.ts';
import { AnswerText } from './answer-text.ts';
import { makeUsage, type ChatAnswer, type FinishReason, type ToolCall } from './chat-shapes.ts';
import { checkGguf } from './gguf-check.ts';
import { loadBinding, type LlamaContext, type LlamaResult, type LlamaToolCall } from './llama-binding.ts';
import type { LlamaJobOrder } from './llama-options.ts';
import { parseLlamaSettings, type LlamaSettings } from './llama-settings.ts';
import { serveModelThread, type ThreadModel } from './model-thread.ts';
import { invalidValue, RefusedRequest } from './refusal.ts';
import { parseSettings } from './settings.ts';

/** Tokens of prompts that are read in one step. */
const batchTokens = 512;
/** A prompt that cannot fit is not counted: that takes most of a second for megabytes, and everyone waits. */
const charsPerTokenMax = 64;

class LlamaModel implements ThreadModel<LlamaJobOrder, string, ChatAnswer> {
  readonly #settings: LlamaSettings;
  readonly #slots: number;
  #context: LlamaContext | null = null;
  #released: Promise<void> = Promise.resolve();

  constructor(settings: LlamaSettings, slots: number) {
    this.#settings = settings;
    this.#slots = slots;
  }

  async load(): Promise<void> {
    const { weights, contextTokens } = this.#settings;
    const checked = checkGguf(weights);
    if (!checked.ok) throw new Error(checked.error);
    const context = await loadBinding().loadModel({
      model: weights,
      // The window is shared out over the slots, and never shifted: an answer that does not fit ends with `length`.
      n_ctx: contextTokens * this.#slots,
      n_parallel: this.#slots,
      kv_unified: false,
      ctx_shift: false,
      // More threads than one spin against the rest of a small machine; replicas are the way to scale.
      n_threads: 1,
      n_gpu_layers: 0,
    });
    await context.parallel.enable({ n_parallel: this.#slots, n_batch: batchTokens });
    this.#context = context;
  }

  async unload(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    if (context !== null) {
      context.parallel.disable();
      this.#released = context.release();
    }
    // Also for the second caller: a process that exits while memory is given back crashes.
    await this.#released;
  }

  async run(
    order: LlamaJobOrder,
    tell: (piece: string) => void,
    signal: AbortSignal,
  ): Promise<ChatAnswer | null> {
    const context = must(this.#context, 'the loaded model');
    const { contextTokens } = this.#settings;
    const chars = order.messages.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
    if (chars > contextTokens * charsPerTokenMax) throw tooLong(`${chars} characters`, contextTokens);
    const promptTokens = await this.#countPrompt(context, order);
    const room = contextTokens - promptTokens;
    if (room < 1) throw tooLong(`${promptTokens} tokens`, contextTokens);
    const maxTokens = Math.min(order.maxTokens ?? room, room);
    const text = new AnswerText(order.stop);
    const result = await generate(context, order, maxTokens, { text, tell, signal });
    if (result === null) return null;
    const rest = text.finish(result.content ?? result.text);
    if (rest !== '') tell(rest);
    const toolCalls = (result.tool_calls ?? []).map(nameToolCall);
    return {
      text: text.text,
      toolCalls,
      finishReason: decideFinish(result, text, toolCalls),
      usage: makeUsage(promptTokens, result.tokens_predicted),
    };
  }

  async #countPrompt(context: LlamaContext, order: LlamaJobOrder): Promise<number> {
    try {
      const { prompt } = context.getFormattedChat(order.messages, undefined, order.template);
      const { tokens } = await context.tokenize(prompt);
      return tokens.length;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : 'unknown';
      throw invalidValue(`The model's chat template cannot take this request: ${why}`);
    }
  }
}

function tooLong(size: string, contextTokens: number): RefusedRequest {
  const message = `The prompt has ${size}; this model holds ${contextTokens} tokens, its answer included.`;
  return new RefusedRequest(400, 'context_length_exceeded', message, 'messages');
}

interface Growing {
  readonly text: AnswerText;
  readonly tell: (piece: string) => void;
  readonly signal: AbortSignal;
}

/** Null when it was stopped. */
async function generate(
  context: LlamaContext,
  order: LlamaJobOrder,
  maxTokens: number,
  { text, tell, signal }: Growing,
): Promise<LlamaResult | null> {
  if (signal.aborted) return null;
  let raw = '';
  const begun = Promise.withResolvers<void>();
  const options = { messages: order.messages, n_predict: maxTokens };
  const job = await context.parallel.completion(
    { ...order.template, ...order.sampling, ...options },
    (_id, { token, content }) => {
      raw += token;
      begun.resolve();
      const piece = order.stream ? text.grow(content ?? raw) : '';
      if (piece !== '' && !signal.aborted) tell(piece);
    },
  );
  // A stop in the moment in which a job begins hangs the native context for good: it waits for the first token.
  const stop = (): void => void begun.promise.then(() => job.stop());
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await job.promise;
  } catch (cause) {
    if (signal.aborted) return null;
    throw cause;
  }
}

function decideFinish(result: LlamaResult, text: AnswerText, toolCalls: readonly ToolCall[]): FinishReason {
  if (toolCalls.length > 0) return 'tool_calls';
  if (text.stopped) return 'stop';
  return Boolean(result.stopped_limit) || result.context_full ? 'length' : 'stop';
}

function nameToolCall(call: LlamaToolCall): ToolCall {
  const id = call.id === undefined || call.id === '' ? `call_${crypto.randomUUID()}` : call.id;
  return { id, type: 'function', function: call.function };
}

const settings = parseSettings(process.env, 'llama');
const llama = parseLlamaSettings(process.env);
if (settings.ok && llama.ok) serveModelThread(new LlamaModel(llama.value, settings.value.slots));
