// The OpenAI chat shapes that model servers send. Owns no reading of requests (chat-request.ts) and no transport (reply.ts).

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What one request was answered with, whatever way it travels. */
export interface ChatAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
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

export function makeUsage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

export function renderChunk(head: AnswerHead, delta: object, finishReason: FinishReason | null): object {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return { ...head, object: 'chat.completion.chunk', choices };
}

export function renderUsageChunk(head: AnswerHead, usage: Usage): object {
  return { ...head, object: 'chat.completion.chunk', choices: [], usage };
}

export function renderCompletion(head: AnswerHead, answer: ChatAnswer): object {
  const { text, toolCalls, finishReason, usage } = answer;
  const message =
    toolCalls.length > 0
      ? { role: 'assistant', content: text === '' ? null : text, tool_calls: toolCalls }
      : { role: 'assistant', content: text };
  const choices = [{ index: 0, message, finish_reason: finishReason }];
  return { ...head, object: 'chat.completion', choices, usage };
}
