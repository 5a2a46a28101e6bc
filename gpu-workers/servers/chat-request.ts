// The fields of a chat request that every chat engine reads, checked. Fields that no engine here knows are ignored, as OpenAI's own
// servers ignore them for models that lack a feature. Pure.
import { invalidValue } from './refusal.ts';
import type { JsonObject } from './request-body.ts';

export type ChatMessage = Readonly<Record<string, unknown>> & {
  readonly role: string;
  readonly content: string | null;
};

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Null: as many as the context has room for. */
  readonly maxTokens: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly seed: number | null;
  readonly frequencyPenalty: number | null;
  readonly presencePenalty: number | null;
  readonly stop: readonly string[];
  readonly tools: readonly unknown[] | null;
  readonly toolChoice: unknown;
  readonly responseFormat: JsonObject | null;
}

const roles: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
/** What a chat template may see of a message. */
const messageFields: ReadonlySet<string> = new Set(['name', 'tool_calls', 'tool_call_id']);
/** The prompt's tokens are bounded by the context; this bounds the work before they are counted. */
const messagesMax = 10_000;
const stopsMax = 16;
const stopCharsMax = 1_000;

/** Throws `RefusedRequest` with the field's name when one cannot be used. */
export function parseChatRequest(body: JsonObject): ChatRequest {
  const options = body['stream_options'];
  if ((body['n'] ?? 1) !== 1) throw invalidValue('"n" must be 1: one answer per request.', 'n');
  return {
    messages: parseMessages(body['messages']),
    stream: parseFlag(body, 'stream'),
    includeUsage: isObject(options) && options['include_usage'] === true,
    maxTokens: parseMaxTokens(body, 'max_completion_tokens') ?? parseMaxTokens(body, 'max_tokens'),
    temperature: parseNumber(body, 'temperature', 0, 2),
    topP: parseNumber(body, 'top_p', 0, 1),
    seed: parseSeed(body['seed']),
    frequencyPenalty: parseNumber(body, 'frequency_penalty', -2, 2),
    presencePenalty: parseNumber(body, 'presence_penalty', -2, 2),
    stop: parseStop(body['stop']),
    tools: parseTools(body['tools']),
    toolChoice: body['tool_choice'] ?? null,
    responseFormat: parseResponseFormat(body['response_format']),
  };
}

function parseMessages(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidValue('"messages" must be a non-empty array.', 'messages');
  }
  if (value.length > messagesMax) {
    throw invalidValue(`"messages" may hold at most ${messagesMax} messages.`, 'messages');
  }
  return value.map((message: unknown, at) => {
    const param = `messages[${at}]`;
    if (!isObject(message)) throw invalidValue('A message must be an object.', param);
    const { role } = message;
    if (typeof role !== 'string' || !roles.has(role))
      throw invalidValue('A role is unknown.', `${param}.role`);
    const known = Object.entries(message).filter(([name]) => messageFields.has(name));
    return { ...Object.fromEntries(known), role, content: parseContent(message, role, `${param}.content`) };
  });
}

/** Content as plain text: text parts are joined. These models read text alone, and silence about an image would be a lie. */
function parseContent(message: JsonObject, role: string, param: string): string | null {
  const content = message['content'] ?? null;
  if (typeof content === 'string') return content;
  if (content === null) {
    if (role === 'assistant' && Array.isArray(message['tool_calls'])) return null;
    throw invalidValue('The content of a message is missing.', param);
  }
  if (!Array.isArray(content)) throw invalidValue('Content must be a string or an array of parts.', param);
  return content
    .map((part: unknown) => {
      if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
      throw invalidValue('This model reads text parts only.', param);
    })
    .join('');
}

function parseNumber(body: JsonObject, name: string, low: number, high: number): number | null {
  const value = body[name] ?? null;
  if (value === null) return null;
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw invalidValue(`"${name}" must be a number from ${low} to ${high}.`, name);
}

function parseFlag(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== 'boolean') throw invalidValue(`"${name}" must be true or false.`, name);
  return value;
}

function parseMaxTokens(body: JsonObject, name: string): number | null {
  const value = body[name] ?? null;
  if (value === null) return null;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw invalidValue(`"${name}" must be a positive integer.`, name);
}

function parseSeed(value: unknown): number | null {
  if ((value ?? null) === null) return null;
  if (Number.isSafeInteger(value)) return value as number;
  throw invalidValue('"seed" must be an integer.', 'seed');
}

function parseStop(value: unknown): readonly string[] {
  if ((value ?? null) === null) return [];
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value];
  const known = (stop: unknown): stop is string =>
    typeof stop === 'string' && stop !== '' && stop.length <= stopCharsMax;
  if (stops.length <= stopsMax && stops.every(known)) return stops;
  throw invalidValue(`"stop" must be a non-empty string or up to ${stopsMax} of them.`, 'stop');
}

function parseTools(value: unknown): readonly unknown[] | null {
  if ((value ?? null) === null) return null;
  if (!Array.isArray(value)) throw invalidValue('"tools" must be an array.', 'tools');
  return value.length === 0 ? null : value;
}

function parseResponseFormat(value: unknown): JsonObject | null {
  if ((value ?? null) === null) return null;
  if (isObject(value) && typeof value['type'] === 'string') return value;
  throw invalidValue('"response_format" must be an object with a type.', 'response_format');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
