// What a code review takes and gives, as schemas: they check the caller's input and are shown by GET /v1/functions/code-review. Pure.
import { z } from 'zod';
import { LANGUAGES } from './review-types.ts';
import { SEVERITIES } from './rules.ts';

/** All files together, as UTF-8: what one run holds in one row of its journal and reads in seconds. */
export const SOURCE_BYTES_MAX = 1024 * 1024;

/** The same as JSON, which is how the journal keeps it: source code escapes about a twentieth of itself, a row holds 2 MB. */
const JSON_BYTES_MAX = 1.5 * SOURCE_BYTES_MAX;

/** More files than this are a repository; it is reviewed change by change. */
const FILES_MAX = 200;
const PATH_CHARS_MAX = 400;

/** Findings in an answer: nobody reads more, and the answer stays far below what a run may give. */
export const FINDINGS_MAX = 200;
const FINDINGS_DEFAULT = 50;

const file = z.object({ path: z.string().min(1).max(PATH_CHARS_MAX), content: z.string() });

const files = z
  .array(file)
  .min(1)
  .max(FILES_MAX)
  .refine((all) => new Set(all.map(({ path }) => path)).size === all.length, {
    error: 'two files have the same path',
  })
  .refine((all) => bytesOf(all) <= SOURCE_BYTES_MAX, {
    error: `all files together may have ${SOURCE_BYTES_MAX} bytes`,
  })
  .refine((all) => new TextEncoder().encode(JSON.stringify(all)).byteLength <= JSON_BYTES_MAX, {
    error: `as JSON all files together may have ${JSON_BYTES_MAX} bytes: is this source code?`,
  });

function bytesOf(all: readonly { readonly content: string }[]): number {
  const encoder = new TextEncoder();
  return all.reduce((sum, { content }) => sum + encoder.encode(content).byteLength, 0);
}

export const reviewInput = z.object({
  files,
  /** For all files; otherwise each file's name says it. */
  language: z.enum(LANGUAGES).optional(),
  maxFindings: z.int().min(1).max(FINDINGS_MAX).default(FINDINGS_DEFAULT),
});

const finding = z.object({
  rank: z.int(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  file: z.string(),
  line: z.int(),
  where: z.string().nullable(),
  loopDepth: z.int(),
  score: z.number(),
  why: z.string(),
  fix: z.string(),
  /** What the static rule says; null when the model alone says it. */
  rule: z.object({ id: z.string(), confidence: z.number(), detail: z.string() }).nullable(),
  /** What the model says of the function that this is in; null when it was not asked. */
  model: z.object({ label: z.string().nullable(), says: z.string(), version: z.string() }).nullable(),
  agreement: z.enum(['agree', 'disagree', 'says-other', 'unclear', 'not-judged', 'model-alone']),
  /** The lines themselves, the first of them being `codeLine`. */
  code: z.string(),
  codeLine: z.int(),
});

const count = z.int().min(0);

export const reviewOutput = z.object({
  findings: z.array(finding),
  summary: z.object({
    files: count,
    lines: count,
    functions: count,
    /** All findings, also those beyond maxFindings. */
    found: count,
    shown: count,
    bySeverity: z.record(z.enum(SEVERITIES), count),
    /** Functions that the model was to judge, those that it has judged, and those that were left out. */
    judged: count,
    notJudged: count,
    notes: z.array(z.string()),
  }),
});

export type ReviewOutput = z.output<typeof reviewOutput>;
