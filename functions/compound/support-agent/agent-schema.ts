// What support-agent takes and gives, as schemas. Pure.
import { z } from 'zod';
import { intents } from './prompts.ts';

/** A message is a question, not a document. */
const MESSAGE_CHARS_MAX = 2_000;

/** What was said before that matters; older turns are for the session. */
export const HISTORY_MAX = 50;

export const agentInput = z.object({
  message: z.string().trim().min(1).max(MESSAGE_CHARS_MAX),
  history: z
    .array(z.object({ role: z.enum(['user', 'assistant']), content: z.string() }))
    .max(HISTORY_MAX)
    .default([]),
  /** The order that the customer is looking at, when the caller knows it. */
  order: z
    .string()
    .regex(/^[A-Z]\d{4}$/, { error: 'must be a letter and four digits, as in A1042' })
    .optional(),
});

const intent = z.enum(intents);
/** An article of the help centre, and how near it is to the message: a cosine. */
const source = z.object({ id: z.string(), title: z.string(), score: z.number() });

const answer = z.object({
  kind: z.literal('answer'),
  text: z.string(),
  intent,
  /** The article that says it; empty when a tool says it. */
  sources: z.array(source),
  tool: z.object({ name: z.string(), result: z.record(z.string(), z.json()) }).nullable(),
  searches: z.int(),
});

/** The customer has to say more first. */
const question = z.object({
  kind: z.literal('question'),
  text: z.string(),
  intent,
  about: z.enum(['order', 'product', 'topic']),
});

const handover = z.object({
  kind: z.literal('handover'),
  text: z.string(),
  intent,
  reason: z.enum(['asked_for_person', 'not_in_help_center', 'model_unavailable']),
  ticket: z.string(),
  /** What was read without finding an answer, for the person who goes on. */
  read: z.array(source),
});

export const agentOutput = z.discriminatedUnion('kind', [answer, question, handover]);
export type AgentOutput = z.output<typeof agentOutput>;
