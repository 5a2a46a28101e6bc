// The embedding request as far as the edge must understand it. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import type { JsonObject } from '../door/parse-body.ts';
import type { Failure } from './failure.ts';
import { describeIssue } from './issue.ts';

export interface EmbeddingRequest {
  readonly model: string;
  readonly body: JsonObject;
}

/** OpenAI's own bounds. */
const inputsMax = 2_048;
const modelCharsMax = 200;

const schema = z.looseObject({
  model: z
    .string({ error: 'must be a string' })
    .min(1, { error: 'must not be empty' })
    .max(modelCharsMax, { error: 'is too long' }),
  input: z.unknown().superRefine((input, context) => {
    const message = explainInput(input);
    if (message !== null) context.addIssue({ code: 'custom', message });
  }),
  encoding_format: z.enum(['float', 'base64'], { error: 'must be float or base64' }).nullish(),
  dimensions: z
    .int({ error: 'must be a positive integer' })
    .min(1, { error: 'must be a positive integer' })
    .nullish(),
});

export function parseEmbeddingRequest(body: JsonObject): Result<EmbeddingRequest, Failure> {
  const parsed = schema.safeParse(body);
  return parsed.success ? ok({ model: parsed.data.model, body }) : err(describeIssue(parsed.error));
}

/** What is wrong with the input, in one sentence's end; null when nothing is. */
function explainInput(input: unknown): string | null {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0) return 'must not be empty';
  if (texts.some((each) => typeof each === 'number' || Array.isArray(each)))
    return 'must be text: arrays of tokens are not supported';
  if (texts.some((each) => typeof each !== 'string')) return 'must be a string or an array of strings';
  if (texts.includes('')) return 'must not hold an empty string';
  return texts.length > inputsMax ? `may hold at most ${inputsMax} strings` : null;
}
