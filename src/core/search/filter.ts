// Filters over metadata: equality, membership, ranges, and their combinations of bounded size. Pure.
import { z } from 'zod';
import { metadataKey, strictly, type Metadata, type MetadataValue } from './document.ts';
import { searchBounds } from './search-bounds.ts';

type Scalar = string | number | boolean;

/** A list in the metadata meets `eq` and `in` by any of its entries. A missing field meets nothing. */
export type Filter =
  | { readonly field: string; readonly eq: Scalar }
  | { readonly field: string; readonly in: readonly Scalar[] }
  | Range
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] };

/** Numbers compare with numbers, strings with strings (by code units: ISO dates work); anything else meets nothing. */
export interface Range {
  readonly field: string;
  readonly gt?: string | number | undefined;
  readonly gte?: string | number | undefined;
  readonly lt?: string | number | undefined;
  readonly lte?: string | number | undefined;
}

const bounds = searchBounds;
const shapes = 'one of {field, eq}, {field, in}, {field, gt | gte | lt | lte}, {and}, {or}';

const scalar = z.union([z.string().max(bounds.metadataValueCharsMax), z.number(), z.boolean()], {
  error: `must be a number, true, false or a string of at most ${bounds.metadataValueCharsMax} characters`,
});
const limit = z
  .union([z.string().max(bounds.metadataValueCharsMax), z.number()], {
    error: 'must be a number or a string',
  })
  .optional();
const parts = z
  .array(
    z.lazy((): z.ZodType<Filter> => part),
    { error: 'must be an array of filters' },
  )
  .min(1, { error: 'must not be empty' })
  .max(bounds.filterPartsMax, { error: `may have at most ${bounds.filterPartsMax} filters` });

const strict = strictly('an object');
const shapeOf = {
  and: z.strictObject({ and: parts }, strict),
  or: z.strictObject({ or: parts }, strict),
  eq: z.strictObject({ field: metadataKey, eq: scalar }, strict),
  in: z.strictObject(
    {
      field: metadataKey,
      in: z
        .array(scalar, { error: 'must be an array' })
        .min(1, { error: 'must not be empty' })
        .max(bounds.filterValuesMax, { error: `may have at most ${bounds.filterValuesMax} values` }),
    },
    strict,
  ),
  range: z.strictObject({ field: metadataKey, gt: limit, gte: limit, lt: limit, lte: limit }, strict),
};

/** The shape is told by the field that it has alone, so that what is wrong inside is said where it is. */
const part: z.ZodType<Filter> = z.unknown().transform((value, context): Filter => {
  const kind = kindOf(value);
  if (kind === null) {
    context.issues.push({ code: 'custom', input: value, message: `must be ${shapes}` });
    return z.NEVER;
  }
  const read = shapeOf[kind].safeParse(value);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues)
    context.issues.push({ code: 'custom', input: value, path: [...path], message });
  return z.NEVER;
});

function kindOf(value: unknown): keyof typeof shapeOf | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  for (const kind of ['and', 'or', 'eq', 'in'] as const) if (Object.hasOwn(value, kind)) return kind;
  return ['gt', 'gte', 'lt', 'lte'].some((key) => Object.hasOwn(value, key)) ? 'range' : null;
}

export const filter = part.superRefine((value, context) => {
  const { depth, count } = measure(value);
  if (depth > bounds.filterDepthMax)
    context.addIssue({
      code: 'custom',
      message: `is nested deeper than ${bounds.filterDepthMax} levels`,
    });
  if (count > bounds.filterPartsMax)
    context.addIssue({ code: 'custom', message: `has more than ${bounds.filterPartsMax} parts` });
});

/** The body's own bound on nesting ends this recursion. */
function measure(value: Filter): { readonly depth: number; readonly count: number } {
  const inner = 'and' in value ? value.and : 'or' in value ? value.or : [];
  const sizes = inner.map(measure);
  return {
    depth: 1 + Math.max(0, ...sizes.map(({ depth }) => depth)),
    count: 1 + sizes.reduce((sum, { count }) => sum + count, 0),
  };
}

export function meetsFilter(metadata: Metadata, value: Filter): boolean {
  if ('and' in value) return value.and.every((each) => meetsFilter(metadata, each));
  if ('or' in value) return value.or.some((each) => meetsFilter(metadata, each));
  const held = Object.hasOwn(metadata, value.field) ? metadata[value.field] : undefined;
  if (held === undefined) return false;
  if ('eq' in value) return entriesOf(held).includes(value.eq);
  if ('in' in value) return entriesOf(held).some((each) => value.in.includes(each));
  return meetsRange(held, value);
}

function entriesOf(held: MetadataValue): readonly Scalar[] {
  return typeof held === 'object' ? held : [held];
}

function meetsRange(held: MetadataValue, { gt, gte, lt, lte }: Range): boolean {
  const compare = (limit: string | number | undefined, holds: (order: number) => boolean): boolean => {
    if (limit === undefined) return true;
    if (typeof held === 'number' && typeof limit === 'number') return holds(held - limit);
    if (typeof held === 'string' && typeof limit === 'string') return holds(orderOf(held, limit));
    return false;
  };
  return (
    compare(gt, (order) => order > 0) &&
    compare(gte, (order) => order >= 0) &&
    compare(lt, (order) => order < 0) &&
    compare(lte, (order) => order <= 0)
  );
}

function orderOf(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
