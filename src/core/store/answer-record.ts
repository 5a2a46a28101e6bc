// A kept answer as text, and back. Owns the check that what a store hands out is what was asked for: a record names its tenant and its key,
// and one that is damaged, old, or another's is none. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import { exceedsBytes } from '../run/json.ts';
import { answerBytesMax } from './store-bounds.ts';

/** Where an answer is kept. */
export interface AnswerPlace {
  readonly tenant: string;
  /** SHA-256 of `answerKeyText` in hex. */
  readonly key: string;
}

export interface AnswerRecord extends AnswerPlace {
  readonly version: string;
  readonly kind: 'json' | 'stream';
  /** The JSON, or the events in their order without `[DONE]`. */
  readonly text: string;
  readonly keptMs: number;
  readonly expiresMs: number;
  readonly finishReason: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

const count = z.int().min(0).nullable();
const record: z.ZodType<AnswerRecord> = z.strictObject({
  tenant: z.string(),
  key: z.string(),
  version: z.string(),
  kind: z.enum(['json', 'stream']),
  text: z.string(),
  keptMs: z.number(),
  expiresMs: z.number(),
  finishReason: z.string().nullable(),
  promptTokens: count,
  completionTokens: count,
});

/** Null when it is larger than what is kept. */
export function renderAnswer(answer: AnswerRecord): string | null {
  const text = JSON.stringify(answer);
  return exceedsBytes(text, answerBytesMax) ? null : text;
}

export interface ExpectedAnswer extends AnswerPlace {
  readonly version: string;
  readonly kind: AnswerRecord['kind'];
  readonly nowMs: number;
}

/** `null`: it has expired. An error: it is not what was asked for, and its store is not to be believed. */
export function readAnswer(text: string, expected: ExpectedAnswer): Result<AnswerRecord | null, string> {
  const parsed = record.safeParse(parseJson(text));
  if (!parsed.success) return err('is no record of an answer');
  const answer = parsed.data;
  for (const field of ['tenant', 'key', 'version', 'kind'] as const)
    if (answer[field] !== expected[field]) return err(`is of another ${field}`);
  return ok(answer.expiresMs <= expected.nowMs ? null : answer);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
