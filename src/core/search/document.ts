// A document of an index and the batches that clients send: what each field may hold, said with the document's place and field. Pure.
import { z } from 'zod';
import type { Failure } from '../api/failure.ts';
import { describeIssue } from '../api/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { searchBounds } from './search-bounds.ts';

export type MetadataValue = string | number | boolean | readonly string[];
export type Metadata = Readonly<Record<string, MetadataValue>>;

export interface IndexDocument {
  readonly id: string;
  readonly title: string | null;
  readonly text: string;
  readonly metadata: Metadata;
}

const bounds = searchBounds;

/** Half a surrogate pair is no text: no row and no model could carry it. */
function textOf(charsMax: number) {
  return z
    .string({ error: 'must be a string' })
    .max(charsMax, { error: `may have at most ${charsMax} characters` })
    .transform((text) => text.toWellFormed());
}

export const documentId = z
  .string({ error: 'must be a string' })
  .regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:@-]{0,${bounds.idCharsMax - 1}}$`), {
    error: `must be 1 to ${bounds.idCharsMax} letters, digits or . _ : @ - and begin with a letter or digit`,
  });

const metadataText = textOf(bounds.metadataValueCharsMax);
const metadataValue = z.union(
  [
    metadataText,
    z.number(),
    z.boolean(),
    z.array(metadataText).max(bounds.metadataListMax, { error: 'has too many entries' }),
  ],
  {
    error: `must be a number, true, false, a string of at most ${bounds.metadataValueCharsMax} characters, or a list of at most ${bounds.metadataListMax} of them`,
  },
);

/** Names that a filter can spell too. */
export const metadataKey = z
  .string({ error: 'must be a string' })
  .regex(new RegExp(`^[A-Za-z0-9_.-]{1,${bounds.metadataKeyCharsMax}}$`), {
    error: `must be 1 to ${bounds.metadataKeyCharsMax} letters, digits or _ . -`,
  });

const metadata = z
  .record(z.string(), metadataValue, { error: 'must be an object' })
  .superRefine((pairs, context) => {
    const message = explainMetadata(pairs);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

function explainMetadata(pairs: Metadata): string | null {
  const keys = Object.keys(pairs);
  if (keys.length > bounds.metadataKeysMax) return `may have at most ${bounds.metadataKeysMax} keys`;
  if (!keys.every((key) => metadataKey.safeParse(key).success))
    return `may have keys of 1 to ${bounds.metadataKeyCharsMax} letters, digits or _ . - only`;
  if (JSON.stringify(pairs).length > bounds.metadataCharsMax)
    return `may have at most ${bounds.metadataCharsMax} characters as JSON`;
  return null;
}

/** An error text for an object that takes no other fields than its own. */
export function strictly(what: string) {
  return {
    error: (issue: { readonly code?: string | undefined; readonly keys?: unknown }): string =>
      issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)
        ? `has a field that is not known: "${String(issue.keys[0]).slice(0, 60)}"`
        : `must be ${what}`,
  };
}

const document = z.strictObject(
  {
    id: documentId,
    title: textOf(bounds.titleCharsMax)
      .nullish()
      .transform((title) => title ?? null),
    text: textOf(bounds.textCharsMax).refine((text) => text.trim() !== '', { error: 'must not be empty' }),
    metadata: metadata.default({}),
  },
  strictly('an object with id and text'),
);

const batchOf = <T extends z.ZodType>(each: T) =>
  z
    .array(each, { error: 'must be an array' })
    .min(1, { error: 'must not be empty' })
    .max(bounds.batchDocumentsMax, { error: `may have at most ${bounds.batchDocumentsMax} entries` });

const upsertBody = z.strictObject(
  { documents: batchOf(document).superRefine(refuseDoubles) },
  strictly('an object with documents'),
);

const removeBody = z.strictObject({ ids: batchOf(documentId) }, strictly('an object with ids'));

/** Two documents of one id in one batch: which of them should stay is not ours to guess. */
function refuseDoubles(documents: readonly { readonly id: string }[], context: z.core.$RefinementCtx): void {
  const first = new Map<string, number>();
  for (const [at, { id }] of documents.entries()) {
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, at);
    else
      context.issues.push({
        code: 'custom',
        input: id,
        path: [at, 'id'],
        message: `repeats the id of documents[${earlier}]`,
      });
  }
}

export function parseUpsert(body: unknown): Result<readonly IndexDocument[], Failure> {
  const read = upsertBody.safeParse(body);
  return read.success ? ok(read.data.documents) : err(describeIssue(read.error));
}

export function parseRemove(body: unknown): Result<readonly string[], Failure> {
  const read = removeBody.safeParse(body);
  return read.success ? ok([...new Set(read.data.ids)]) : err(describeIssue(read.error));
}

/** What of a document is embedded. */
export function embeddedText({ title, text }: Pick<IndexDocument, 'title' | 'text'>): string {
  return title === null || title === '' ? text : `${title}\n${text}`;
}

/** What a document counts against the index's bound: UTF-8 bytes of all that it holds but the vector. */
export function contentBytes({ id, title, text, metadata }: IndexDocument): number {
  return utf8Bytes(`${id}${title ?? ''}${text}${JSON.stringify(metadata)}`);
}

const encoder = new TextEncoder();
function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}
