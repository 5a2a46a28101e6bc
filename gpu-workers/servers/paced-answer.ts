// What a paced server answers to one chat request, before anything is sent: tokens, tool calls, usage. An answer that the request brings
// along as its last message is continued. Pure.
import type { Pace } from '../../src/core/registry/model.ts';
import type { ChatRequest } from './chat-request.ts';
import { makeUsage, type ChatAnswer, type ToolCall } from './chat-shapes.ts';
import type { Faults } from './faults.ts';
import { pacedAnswer, pacedPrompt, pacedPromptTokens, pacedToken } from './pace-text.ts';
import { RefusedRequest } from './refusal.ts';

export interface PacedAnswer extends ChatAnswer {
  /** The text in the pieces in which it is sent; empty when tools are called. */
  readonly tokens: readonly string[];
}

export function planPacedAnswer(request: ChatRequest, pace: Pace, faults: Faults): PacedAnswer {
  const begun = findBegun(request.messages);
  if (begun !== null && faults.refusePrefill === true)
    throw new RefusedRequest(400, 'prefill_unsupported', 'This model does not continue an answer.');
  const continued = begun === null ? null : continueAnswer(request, begun, pace);
  return cutShort(continued ?? planWhole(request, pace, faults), faults);
}

interface Begun {
  /** The request without its last message. */
  readonly messages: ChatRequest['messages'];
  readonly text: string;
}

/** The answer that a request brings along to be continued. */
function findBegun(messages: ChatRequest['messages']): Begun | null {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || messages.length === 1) return null;
  return last.content === null || last.content === ''
    ? null
    : { messages: messages.slice(0, -1), text: last.content };
}

/** Null when these words are not the beginning of this model's answer: then they are a part of the prompt like any other. */
function continueAnswer(request: ChatRequest, { messages, text }: Begun, pace: Pace): PacedAnswer | null {
  const whole = planWhole({ ...request, messages, maxTokens: null }, pace, {});
  if (whole.tokens.length === 0 || !whole.text.startsWith(text)) return null;
  let said = 0;
  for (let at = 0; at < text.length; said += 1) at += whole.tokens[said]?.length ?? text.length;
  const rest = whole.tokens.slice(said);
  const tokens = rest.slice(0, request.maxTokens ?? rest.length);
  const finishReason = tokens.length < rest.length ? 'length' : whole.finishReason;
  const usage = makeUsage(whole.usage.prompt_tokens + said, tokens.length);
  return { ...whole, tokens, text: tokens.join(''), finishReason, usage };
}

function cutShort(answer: PacedAnswer, { finishReason }: Faults): PacedAnswer {
  if (finishReason === undefined) return answer;
  const tokens = answer.tokens.slice(0, Math.ceil(answer.tokens.length / 2));
  const usage = makeUsage(answer.usage.prompt_tokens, tokens.length);
  return { ...answer, tokens, text: tokens.join(''), finishReason, usage };
}

function planWhole(request: ChatRequest, pace: Pace, faults: Faults): PacedAnswer {
  const prompt = pacedPrompt(request.messages);
  const rule = pace.answers?.find(({ when }) => when.every((part) => prompt.includes(part)));
  const planned = rule === undefined ? null : (rule.say.match(/\s*\S+/g) ?? []);
  const most = planned?.length ?? pace.tokens;
  const count = Math.min(request.maxTokens ?? most, most);
  const usage = makeUsage(pacedPromptTokens(prompt), faults.lyingUsage ?? count);
  const tool = nameForcedTool(request);
  if (tool !== null) {
    const toolCalls = [makeToolCall(tool, prompt)];
    return { text: '', tokens: [], toolCalls, finishReason: 'tool_calls', usage };
  }
  const finishReason = count < most ? 'length' : 'stop';
  if (planned !== null) {
    const tokens = planned.slice(0, count);
    return { text: tokens.join(''), tokens, toolCalls: [], finishReason, usage };
  }
  const tokens = Array.from({ length: count }, (_, index) => pacedToken(prompt, index));
  return { text: pacedAnswer(prompt, count), tokens, toolCalls: [], finishReason, usage };
}

/** The tool that must be called: the one that is named, or the first when any will do. */
function nameForcedTool({ tools, toolChoice }: ChatRequest): string | null {
  if (tools === null || toolChoice === null) return null;
  const forced = toolChoice === 'required' ? tools[0] : toolChoice;
  const { function: fn } = forced as { function?: { name?: unknown } };
  return typeof fn?.name === 'string' ? fn.name : null;
}

function makeToolCall(name: string, prompt: string): ToolCall {
  const input = pacedToken(prompt, 0).trim();
  return {
    id: `call_paced_${input}`,
    type: 'function',
    function: { name, arguments: JSON.stringify({ input }) },
  };
}
