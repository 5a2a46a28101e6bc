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

/** OpenAI's own bound. */
const inputsMax = 2_048;
const words = 'must be a string or an array of strings; arrays of tokens are not supported';

const schema = z.looseObject({
  model: z
    .string({ error: 'must be a string' })
    .min(1, { error: 'must not be empty' })
    .max(200, { error: 'is too long' }),
  input: z.union(
    [z.string().min(1, { error: 'must not be empty' }), z.array(z.string().min(1)).min(1).max(inputsMax)],
    { error: words },
  ),
  encoding_format: z.enum(['float', 'base64'], { error: 'must be float or base64' }).nullish(),
});

export function parseEmbeddingRequest(body: JsonObject): Result<EmbeddingRequest, Failure> {
  const parsed = schema.safeParse(body);
  return parsed.success ? ok({ model: parsed.data.model, body }) : err(describeIssue(parsed.error));
}
