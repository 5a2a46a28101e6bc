// What a paced server answers to one chat request, before anything is sent: tokens, tool calls, usage. Pure.
import type { Pace } from '../../src/core/registry/model.ts';
import type { ChatRequest } from './chat-request.ts';
import { makeUsage, type ChatAnswer, type ToolCall } from './chat-shapes.ts';
import type { Faults } from './faults.ts';
import { pacedAnswer, pacedPrompt, pacedPromptTokens, pacedToken } from './pace-text.ts';

export interface PacedAnswer extends ChatAnswer {
  /** The text in the pieces in which it is sent; empty when tools are called. */
  readonly tokens: readonly string[];
}

export function planPacedAnswer(request: ChatRequest, pace: Pace, faults: Faults): PacedAnswer {
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
