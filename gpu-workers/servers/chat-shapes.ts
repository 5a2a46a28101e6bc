// The OpenAI chat shapes that model servers send, and the reading of the few request fields that every chat engine needs.
import { RefusedRequest } from './reply.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export function makeUsage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** Messages with their content as plain text: lists of parts are joined, since these models read text alone. */
export function readMessages(body: Readonly<Record<string, unknown>>): readonly ChatMessage[] {
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new RefusedRequest(400, 'invalid_value', '"messages" must be a non-empty array', 'messages');
  }
  return messages.map((message: { role?: unknown; content?: unknown }) => ({
    role: String(message?.role ?? 'user'),
    content: textOf(message?.content),
  }));
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { type?: unknown; text?: unknown }) => (part?.type === 'text' ? String(part.text) : ''))
    .join('');
}

export function readNumber(body: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = body[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function wantsUsage(body: Readonly<Record<string, unknown>>): boolean {
  const options = body['stream_options'];
  return (
    typeof options === 'object' &&
    options !== null &&
    (options as { include_usage?: unknown }).include_usage === true
  );
}

/** The parts that every object of one answer repeats. */
export interface AnswerHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export function makeHead(model: string): AnswerHead {
  return { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
}

export function makeChunk(head: AnswerHead, delta: object, finishReason: string | null): object {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}

export function makeUsageChunk(head: AnswerHead, usage: Usage): object {
  return { ...head, object: 'chat.completion.chunk', choices: [], usage };
}

export function makeCompletion(
  head: AnswerHead,
  message: object,
  finishReason: string,
  usage: Usage,
): object {
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: finishReason }],
    usage,
  };
}
