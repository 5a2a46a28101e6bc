// What the admin API of rules takes besides the rules themselves: orders with their author, numbers of versions, sample questions. Pure.
import { z } from 'zod';
import { describeIssue } from '../api/issue.ts';
import type { Failure } from '../api/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { JsonObject } from '../door/parse-body.ts';
import { sampleQuestion, sayWhatIsWrong, type SampleQuestion } from './sample-question.ts';

/** A line or two about why. */
export const commentCharsMax = 500;
/** A name, a mail address, a pipeline. */
export const byCharsMax = 100;
/** Of a tenant's whole life. */
const versionMax = 1_000_000_000;

const comment = z
  .string({ error: 'must be a string' })
  .max(commentCharsMax, { error: `may have at most ${commentCharsMax} characters` })
  .nullish()
  .transform((text) => text ?? null);
const by = z
  .string({ error: 'must be a string' })
  .min(1, { error: 'must not be empty' })
  .max(byCharsMax, { error: `may have at most ${byCharsMax} characters` })
  .default('admin');
const version = z
  .int({ error: 'must be the number of a version' })
  .min(0, { error: 'must be the number of a version' })
  .max(versionMax, { error: 'must be the number of a version' });
/** Whatever it is, the parser of rules says what is wrong with it. */
const rules = z.unknown().refine((value) => value !== undefined, { error: 'is missing' });

const closed = { error: sayWhatIsWrong };
const publication = z.strictObject({ rules, comment, by }, closed);
const rollback = z.strictObject({ version, comment, by }, closed);
const dryRun = z.strictObject({ rules, question: sampleQuestion }, closed);
const explain = z.strictObject({ question: sampleQuestion }, closed);

interface Signed {
  readonly comment: string | null;
  readonly by: string;
}

export interface PublicationRequest extends Signed {
  readonly rules: unknown;
}

export interface RollbackRequest extends Signed {
  readonly version: number;
}

export function parsePublication(body: JsonObject): Result<PublicationRequest, Failure> {
  return read(publication, body);
}

export function parseRollback(body: JsonObject): Result<RollbackRequest, Failure> {
  return read(rollback, body);
}

export function parseDryRun(
  body: JsonObject,
): Result<{ readonly rules: unknown; readonly question: SampleQuestion }, Failure> {
  return read(dryRun, body);
}

export function parseExplain(body: JsonObject): Result<{ readonly question: SampleQuestion }, Failure> {
  return read(explain, body);
}

/** The number of a version as a path or a query spells it; null = it is none. */
export function parseVersion(text: string): number | null {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : null;
}

function read<T>(schema: z.ZodType<T>, body: JsonObject): Result<T, Failure> {
  const parsed = schema.safeParse(body);
  return parsed.success ? ok(parsed.data) : err(describeIssue(parsed.error));
}
