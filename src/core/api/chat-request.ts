// The chat request as far as the edge must understand it; everything else passes through to the model. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import type { JsonObject } from '../door/parse-body.ts';
import type { Failure } from './failure.ts';
import { describeIssue } from './issue.ts';

export interface ChatBounds {
  readonly messagesMax: number;
  readonly maxTokensMax: number;
}

export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  /** What goes to the replica, but for the model's name. */
  readonly body: JsonObject;
}

const part = z.looseObject(
  { type: z.string({ error: 'must be a string' }) },
  { error: 'must be an object with a type' },
);
const text = z.union([z.string(), z.array(part)], { error: 'must be a string or an array of parts' });
const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** OpenAI's own bounds. */
const stopsMax = 16;
const toolsMax = 128;
const modelCharsMax = 200;

const message = z
  .looseObject(
    {
      role: z.enum(roles, { error: `must be one of ${roles.join(', ')}` }),
      content: text.nullish(),
      tool_calls: z
        .array(z.looseObject({}, { error: 'must be an object' }), { error: 'must be an array' })
        .nullish(),
    },
    { error: 'must be an object with a role' },
  )
  .refine((each) => hasContent(each), { path: ['content'], error: 'is missing' });

/** An assistant's turn may have called tools, or refused, instead of saying something. */
function hasContent(each: Readonly<Record<string, unknown>>): boolean {
  const given = (key: string): boolean => (each[key] ?? null) !== null;
  if (given('content')) return true;
  if (each['role'] === 'function') return true;
  return each['role'] === 'assistant' && ['tool_calls', 'function_call', 'refusal', 'audio'].some(given);
}

function makeSchema(bounds: ChatBounds) {
  const tokens = z
    .int({ error: 'must be a positive integer' })
    .min(1, { error: 'must be a positive integer' })
    .max(bounds.maxTokensMax, { error: `must be at most ${bounds.maxTokensMax}` })
    .nullish();
  const number = (low: number, high: number) =>
    z
      .number({ error: `must be a number from ${low} to ${high}` })
      .min(low, { error: `must be at least ${low}` })
      .max(high, { error: `must be at most ${high}` })
      .nullish();
  return z.looseObject({
    model: z
      .string({ error: 'must be a string' })
      .min(1, { error: 'must not be empty' })
      .max(modelCharsMax, { error: 'is too long' }),
    messages: z
      .array(message, { error: 'must be an array' })
      .min(1, { error: 'must not be empty' })
      .max(bounds.messagesMax, { error: `may hold at most ${bounds.messagesMax} messages` }),
    stream: z.boolean({ error: 'must be true or false' }).nullish(),
    max_tokens: tokens,
    max_completion_tokens: tokens,
    temperature: number(0, 2),
    top_p: number(0, 1),
    presence_penalty: number(-2, 2),
    frequency_penalty: number(-2, 2),
    n: z.literal(1, { error: 'must be 1: one answer per request' }).nullish(),
    // A larger one would be rounded on its way and give another answer than the one asked for.
    seed: z.int({ error: `must be an integer of at most ${Number.MAX_SAFE_INTEGER}` }).nullish(),
    stop: z
      .union([z.string(), z.array(z.string()).max(stopsMax)], {
        error: `must be a string or up to ${stopsMax} strings`,
      })
      .nullish(),
    tools: z
      .array(part, { error: 'must be an array of tools' })
      .max(toolsMax, { error: `may hold at most ${toolsMax} tools` })
      .nullish(),
    response_format: part.nullish(),
    tool_choice: z
      .union([z.string(), part], { error: 'must be none, auto, required, or an object with a type' })
      .nullish(),
    metadata: z
      .record(z.string(), z.string({ error: 'must be a text' }), { error: 'must be an object of texts' })
      .nullish(),
    user: z.string({ error: 'must be a string' }).nullish(),
    logit_bias: z
      .record(z.string(), z.number({ error: 'must be a number' }), { error: 'must be an object of numbers' })
      .nullish(),
    stream_options: z.looseObject({}, { error: 'must be an object' }).nullish(),
  });
}

const schemas = new WeakMap<ChatBounds, ReturnType<typeof makeSchema>>();

export function parseChatRequest(body: JsonObject, bounds: ChatBounds): Result<ChatRequest, Failure> {
  const schema = schemas.get(bounds) ?? makeSchema(bounds);
  schemas.set(bounds, schema);
  const parsed = schema.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error));
  const { model, stream, messages } = parsed.data;
  return ok({ model, stream: stream === true, body: withKnownRoles(body, messages) });
}

/** `developer` is OpenAI's newer word for `system`. The chat templates of open models know the old word alone: some refuse the new one,
 * others drop the message without a word. */
function withKnownRoles(body: JsonObject, messages: readonly { readonly role: string }[]): JsonObject {
  if (!messages.some(({ role }) => role === 'developer')) return body;
  const known = messages.map((each) => (each.role === 'developer' ? { ...each, role: 'system' } : each));
  return { ...body, messages: known };
}
