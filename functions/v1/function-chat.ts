// A function asked as a chat model (`model: "function:NAME"`): the conversation becomes its input, its words and its output the answer. Every
// OpenAI client can use an agent this way.
import type { Context } from 'hono';
import type { ChatRequest } from '../../src/core/api/chat-request.ts';
import { must } from '../../src/core/base/assert.ts';
import type { CompoundFunction } from '../../src/core/run/define-function.ts';
import type { ChatMessage } from '../../src/core/run/run-context.ts';
import type { RunView } from '../../src/core/run/view-run.ts';
import { CHAT_FORM_HEADER, followRunOf } from '../../durable-objects/run-call.ts';
import { findFunction } from '../compound/known-functions.ts';
import type { AppEnv } from '../context.ts';
import { failureResponse, RequestFailure } from '../http-errors.ts';
import { awaitRun, failureOf, startRun } from '../start-run.ts';
import { eventStreamHeaders } from './functions.ts';

const PREFIX = 'function:';

export function isFunctionModel(model: string): boolean {
  return model.startsWith(PREFIX);
}

export async function serveFunctionChat(c: Context<AppEnv>, request: ChatRequest): Promise<Response> {
  const fn = chatFunction(c, request.model);
  const form = must(fn.chat, 'the chat form of a chat function');
  const input = form.input(readMessages(request));
  const run = await startRun(c, fn, { input: input as never, inOnePiece: !request.stream });
  const head = { id: run.id, model: request.model, created: Math.floor(run.created_ms / 1000) };
  const headers = { 'x-request-id': c.get('requestId'), 'x-pilotlight-run': run.id };
  if (request.stream) {
    const ref = { tenant: c.get('tenant').id, id: run.id };
    const reply = await followRunOf(c.env, ref, { [CHAT_FORM_HEADER]: JSON.stringify(head) });
    return new Response(reply.body, { headers: { ...headers, ...eventStreamHeaders } });
  }
  const ended = await awaitRun(c, run.id);
  const failure = failureOf(ended) ?? (ended.status === 'incomplete' ? incomplete(ended) : null);
  if (failure !== null) {
    const response = failureResponse(failure, c.get('requestId'));
    response.headers.set('x-pilotlight-run', run.id);
    return response;
  }
  return c.json(renderCompletion(head, form.text(ended.output), ended), 200, headers);
}

function chatFunction(c: Context<AppEnv>, model: string): CompoundFunction {
  const fn = findFunction(c.get('config'), model.slice(PREFIX.length));
  if (fn === null) throw new RequestFailure({ kind: 'unknown-model', model });
  if (fn.chat === null)
    throw new RequestFailure({ kind: 'wrong-task', model, task: 'calls at /v1/functions' });
  return fn;
}

function incomplete(run: RunView) {
  const message = `The budget of the run was used up (${run.reason ?? ''}); what it had so far is at /v1/runs/${run.id}.`;
  return { kind: 'run-failed', code: run.reason ?? 'incomplete', message } as const;
}

function renderCompletion(
  head: { id: string; model: string; created: number },
  content: string,
  run: RunView,
): object {
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: run.usage.tokens, total_tokens: run.usage.tokens },
  };
}

/** Roles and parts that a function has no word for are said as text, or left out. */
function readMessages({ body }: ChatRequest): readonly ChatMessage[] {
  const messages = body['messages'];
  return Array.isArray(messages) ? messages.flatMap(readMessage) : [];
}

function readMessage(message: unknown): readonly ChatMessage[] {
  const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
  const text = typeof content === 'string' ? content : textOfParts(content);
  if (text === '') return [];
  if (role === 'system' || role === 'developer') return [{ role: 'system', content: text }];
  return role === 'user' || role === 'assistant' ? [{ role, content: text }] : [];
}

function textOfParts(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part: { readonly type?: unknown; readonly text?: unknown }) =>
      part.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
    )
    .join('\n');
}
