// What clients ask of an index, and how an index is named and created. Pure: untrusted value in, Result out.
import { z } from 'zod';
import type { Failure } from '../api/failure.ts';
import { describeIssue } from '../api/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { strictly } from './document.ts';
import { filter, type Filter } from './filter.ts';
import { searchBounds } from './search-bounds.ts';

export type SearchMode = 'hybrid' | 'text' | 'vector';

export interface IndexQuery {
  readonly query: string;
  readonly mode: SearchMode;
  readonly limit: number;
  readonly filter: Filter | null;
  /** Hits below it are left out; its scale is the mode's, see `Hit.score`. Null = no bound. */
  readonly minScore: number | null;
}

/** The name under which a model is asked for vectors when an index names none. */
export const defaultEmbeddingModel = 'embed';
/** Names that begin so belong to functions: their documents come from code. */
export const builtInPrefix = 'builtin-';

const { queryCharsMax, limitMax, limitDefault } = searchBounds;
const modelCharsMax = 200;

const queryBody = z.strictObject(
  {
    query: z
      .string({ error: 'must be a string' })
      .max(queryCharsMax, { error: `may have at most ${queryCharsMax} characters` })
      .refine((text) => text.trim() !== '', { error: 'must not be empty' })
      .transform((text) => text.toWellFormed()),
    mode: z.enum(['hybrid', 'text', 'vector'], { error: 'must be hybrid, text or vector' }).default('hybrid'),
    limit: z
      .int({ error: `must be a whole number from 1 to ${limitMax}` })
      .min(1, { error: `must be a whole number from 1 to ${limitMax}` })
      .max(limitMax, { error: `must be a whole number from 1 to ${limitMax}` })
      .default(limitDefault),
    filter: filter.nullish(),
    min_score: z.number({ error: 'must be a number' }).nullish(),
  },
  strictly('an object with a query'),
);

const createBody = z.strictObject(
  {
    embedding_model: z
      .string({ error: 'must be a string' })
      .min(1, { error: 'must not be empty' })
      .max(modelCharsMax, { error: 'is too long' })
      .default(defaultEmbeddingModel),
  },
  strictly('an object'),
);

export function parseIndexQuery(body: unknown): Result<IndexQuery, Failure> {
  const read = queryBody.safeParse(body);
  if (!read.success) return err(describeIssue(read.error));
  const { min_score, filter, ...rest } = read.data;
  return ok({ ...rest, filter: filter ?? null, minScore: min_score ?? null });
}

/** The name of the embedding model that a new index is to have. */
export function parseCreateIndex(body: unknown): Result<string, Failure> {
  const read = createBody.safeParse(body);
  return read.success ? ok(read.data.embedding_model) : err(describeIssue(read.error));
}

export function parseIndexName(text: string): Result<string, Failure> {
  return /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)
    ? ok(text)
    : err({
        kind: 'invalid',
        message: 'An index name is 1 to 63 small letters, digits, - or _, and begins with a letter or digit.',
        param: 'name',
      });
}

/** As `parseIndexName`, for those who write: what a function brings along is not theirs. */
export function parseWritableName(text: string): Result<string, Failure> {
  const name = parseIndexName(text);
  return name.ok && name.value.startsWith(builtInPrefix) ? err({ kind: 'index-read-only' }) : name;
}
