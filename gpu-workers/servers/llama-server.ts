// A chat model server: any GGUF file, through llama.cpp bindings, on one CPU thread, its slots batched together.
//
//   PORT, PILOTLIGHT_SLOTS, PILOTLIGHT_VERSION, PILOTLIGHT_PARENT_WATCH   as in settings.ts
//   PILOTLIGHT_WEIGHTS    path of a GGUF file with a chat template (required)
//   PILOTLIGHT_CONTEXT    tokens that one slot can hold, prompt and answer together (default 2048)
import { parseChatRequest } from './chat-request.ts';
import { makeHead, renderChunk, renderCompletion, renderUsageChunk, type ChatAnswer } from './chat-shapes.ts';
import type { Engine, EngineCall } from './engine.ts';
import { planJob, type LlamaJobOrder } from './llama-options.ts';
import { parseLlamaSettings } from './llama-settings.ts';
import { ModelThread } from './model-thread-handle.ts';
import { exitWith, runServerProcess } from './server-process.ts';
import { parseSettings } from './settings.ts';

class LlamaEngine implements Engine {
  readonly paths = ['/v1/chat/completions'];
  readonly #version: string;
  readonly #thread = new ModelThread<LlamaJobOrder, string, ChatAnswer>(
    new URL('./llama-thread.ts', import.meta.url),
    (reason) => exitWith('broken', `the model's thread died: ${reason}`),
  );

  constructor(version: string) {
    this.#version = version;
  }

  load(): Promise<void> {
    return this.#thread.load();
  }

  unload(): Promise<void> {
    return this.#thread.unload();
  }

  async serve({ body, reply, signal }: EngineCall): Promise<void> {
    const request = parseChatRequest(body);
    const head = makeHead(this.#version);
    // The first piece decides that there is a stream: a failure before it is still an HTTP error.
    const begin = (): void => {
      if (reply.begun) return;
      reply.beginStream();
      reply.event(renderChunk(head, { role: 'assistant', content: '' }, null));
    };
    const onPiece = (content: string): void => {
      if (!request.stream) return;
      begin();
      reply.event(renderChunk(head, { content }, null));
    };
    const answer = await this.#thread.run(planJob(request), { signal, onPiece });
    if (answer === null) return;
    if (!request.stream) return reply.json(200, renderCompletion(head, answer));
    begin();
    if (answer.toolCalls.length > 0) {
      const calls = answer.toolCalls.map((call, index) => ({ index, ...call }));
      reply.event(renderChunk(head, { tool_calls: calls }, null));
    }
    reply.event(renderChunk(head, {}, answer.finishReason));
    if (request.includeUsage) reply.event(renderUsageChunk(head, answer.usage));
    reply.endStream();
  }
}

const settings = parseSettings(process.env, 'llama');
if (!settings.ok) exitWith('misconfigured', settings.error);
const llama = parseLlamaSettings(process.env);
if (!llama.ok) exitWith('misconfigured', llama.error);
await runServerProcess(new LlamaEngine(settings.value.version), settings.value);
