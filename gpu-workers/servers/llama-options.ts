// From a chat request to what the engine is given, with the traps of the engine stepped around: what would end its process is refused
// here. Pure.
import type { ChatMessage, ChatRequest } from './chat-request.ts';
import type { LlamaOptions } from './llama-binding.ts';
import { invalidValue } from './refusal.ts';
import type { JsonObject } from './request-body.ts';
import { guardSchema } from './schema-guard.ts';

/** One request as the engine's thread needs it. */
export interface LlamaJobOrder {
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  /** What the chat template and the grammar are made of. */
  readonly template: LlamaOptions;
  readonly sampling: LlamaOptions;
}

/** The engine reads the largest 32-bit seed as "choose one". */
const seedSpan = 0xff_ff_ff_ff;
const defaultTemperature = 0.7;
const defaultTopP = 0.95;
/** As OpenAI has it; the name becomes a part of the grammar. */
const toolName = /^[\w-]{1,64}$/;
const toolsMax = 128;

/** Throws `RefusedRequest` for what the engine cannot do. */
export function planJob(request: ChatRequest): LlamaJobOrder {
  const { messages, stream, maxTokens, stop } = request;
  const template = { jinja: true, ...planTools(request), ...planFormat(request.responseFormat) };
  return { messages, stream, maxTokens, stop, template, sampling: planSampling(request) };
}

function planTools({ tools, toolChoice }: ChatRequest): LlamaOptions {
  if (tools === null || toolChoice === 'none') return {};
  if (tools.length > toolsMax) throw invalidValue(`"tools" may hold at most ${toolsMax} tools.`, 'tools');
  const guarded = tools.map((tool, at) => guardTool(tool, `tools[${at}]`));
  if (toolChoice === null || toolChoice === 'auto' || toolChoice === 'required') {
    return { tools: guarded, tool_choice: toolChoice ?? 'auto' };
  }
  // The engine knows no choice by name: the tool that is left is the one that must be called.
  const name =
    isObject(toolChoice) && isObject(toolChoice['function']) ? toolChoice['function']['name'] : null;
  const chosen = guarded.filter((tool) => tool.function.name === name);
  if (chosen.length === 0) throw invalidValue('"tool_choice" names no tool of this request.', 'tool_choice');
  return { tools: chosen, tool_choice: 'required' };
}

interface GuardedTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description: string; readonly parameters: unknown };
}

function guardTool(tool: unknown, param: string): GuardedTool {
  const fn = isObject(tool) && tool['type'] === 'function' ? tool['function'] : null;
  if (!isObject(fn)) throw invalidValue('A tool must be a function.', param);
  const { name, description, parameters } = fn;
  if (typeof name !== 'string' || !toolName.test(name)) {
    throw invalidValue('The name of a function must be 1 to 64 letters, digits, "_" or "-".', param);
  }
  const guarded = guardSchema(parameters ?? { type: 'object', properties: {} });
  if (!guarded.ok)
    throw invalidValue(`The parameters of a function cannot be used: ${guarded.error}.`, param);
  const words = typeof description === 'string' ? description : '';
  return { type: 'function', function: { name, description: words, parameters: guarded.value } };
}

function planFormat(format: JsonObject | null): LlamaOptions {
  if (format === null || format['type'] === 'text') return {};
  if (format['type'] === 'json_object') return { response_format: { type: 'json_object' } };
  if (format['type'] !== 'json_schema')
    throw invalidValue('This type of format is unknown.', 'response_format');
  const outer = format['json_schema'];
  const guarded = guardSchema(isObject(outer) ? outer['schema'] : null);
  if (!guarded.ok) throw invalidValue(`The JSON schema cannot be used: ${guarded.error}.`, 'response_format');
  const schema = guarded.value;
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } };
}

function planSampling(request: ChatRequest): LlamaOptions {
  const { frequencyPenalty, presencePenalty, stop } = request;
  return {
    ...planRandomness(request),
    ...(frequencyPenalty === null ? {} : { penalty_freq: frequencyPenalty }),
    ...(presencePenalty === null ? {} : { penalty_present: presencePenalty }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

function planRandomness({ temperature, topP, seed }: ChatRequest): LlamaOptions {
  // A temperature of zero is not greedy in this engine; taking only the best token is.
  if (temperature === 0) return { top_k: 1, temperature: 1 };
  return {
    temperature: temperature ?? defaultTemperature,
    top_p: topP ?? defaultTopP,
    ...(seed === null ? {} : { seed: ((seed % seedSpan) + seedSpan) % seedSpan }),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
