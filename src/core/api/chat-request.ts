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
  readonly body: JsonObject;
}

const part = z.looseObject({ type: z.string() });
const text = z.union([z.string(), z.array(part)], { error: 'must be a string or an array of parts' });
const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

const message = z
  .looseObject({
    role: z.enum(roles, { error: `must be one of ${roles.join(', ')}` }),
    content: text.nullish(),
  })
  .refine(
    (each) => each.role === 'assistant' || each.role === 'function' || (each.content ?? null) !== null,
    {
      path: ['content'],
      error: 'is missing',
    },
  );

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
      .max(200, { error: 'is too long' }),
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
    seed: z.int({ error: 'must be an integer' }).nullish(),
    stop: z
      .union([z.string(), z.array(z.string()).max(16)], { error: 'must be a string or up to 16 strings' })
      .nullish(),
    tools: z
      .array(z.looseObject({ type: z.string() }), { error: 'must be an array of tools' })
      .max(128)
      .nullish(),
    response_format: z
      .looseObject({ type: z.string() }, { error: 'must be an object with a type' })
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
  return ok({ model: parsed.data.model, stream: parsed.data.stream === true, body });
}
