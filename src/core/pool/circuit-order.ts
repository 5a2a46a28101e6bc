// What an operator may order of a circuit: whose, open or closed, and why. Unknown fields are errors: most are misspelt. Pure.
import { z } from 'zod';
import type { Failure } from '../api/failure.ts';
import { describeIssue } from '../api/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { JsonObject } from '../door/parse-body.ts';

export interface CircuitOrder {
  /** Null: the pool as a whole, as a target of routes. */
  readonly replica: string | null;
  readonly open: boolean;
  readonly reason: string;
}

/** A line in a list. */
const reasonCharsMax = 200;
const replicaCharsMax = 200;

const order = z.strictObject(
  {
    replica: z
      .string({ error: 'must be the id of a replica, or null for the whole pool' })
      .min(1, { error: 'must not be empty' })
      .max(replicaCharsMax, { error: 'is too long' })
      .nullable(),
    open: z.boolean({ error: 'must be true or false' }),
    reason: z
      .string({ error: 'must say why, in a line' })
      .regex(/^[^\p{Cc}]*$/u, { error: 'must be one line of text' })
      .trim()
      .min(1, { error: 'must say why, in a line' })
      .max(reasonCharsMax, { error: `may have at most ${reasonCharsMax} characters` }),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? 'may hold replica, open and reason alone' : 'must be an object',
  },
);

export function parseCircuitOrder(body: JsonObject): Result<CircuitOrder, Failure> {
  const parsed = order.safeParse(body);
  return parsed.success ? ok(parsed.data) : err(describeIssue(parsed.error));
}
