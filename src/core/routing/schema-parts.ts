// What the schemas of conditions, acts and rules are built from: closed objects that say which fields they know, and bounded texts and
// numbers that say what they must be. Pure.
import { z } from 'zod';
import { patternCharsMax } from './rule-bounds.ts';

/** An error text that tells a missing value from a wrong one. */
export function must(words: string): { readonly error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? 'is missing' : `must ${words}`) };
}

/** An object that knows these fields and no other. */
export function closed<const T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.input === undefined) return 'is missing';
      return issue.code === 'unrecognized_keys'
        ? `is not a field here; there are ${known}`
        : `must be an object with ${known}`;
    },
  });
}

export function text(charsMax: number): z.ZodString {
  const words = must(`be a text of 1 to ${charsMax} characters`);
  return z.string(words).min(1, words).max(charsMax, words);
}

export function number(low: number, high: number): z.ZodNumber {
  const words = must(`be a number from ${low} to ${high}`);
  return z.number(words).min(low, words).max(high, words);
}

export function integer(low: number, high: number): z.ZodInt {
  const words = must(`be an integer from ${low} to ${high}`);
  return z.int(words).min(low, words).max(high, words);
}

export function oneOf<const T extends readonly string[]>(
  values: T,
): z.ZodEnum<z.core.util.ToEnum<T[number]>> {
  return z.enum(values, must(`be one of ${values.join(', ')}`));
}

export const flag = z.boolean(must('be true or false'));

export function list<T extends z.ZodType>(item: T, max: number): z.ZodArray<T> {
  const words = must(`be a list of 1 to ${max} entries`);
  return z.array(item, words).min(1, words).max(max, words);
}

/** A model by any of its names. */
export const modelName = text(100).meta({
  description: 'A model: an alias of this set, a name of the catalogue, or a version id.',
});

/** Exactly one of the fields is there. */
export function isOne(value: object): boolean {
  return Object.values(value).filter((each) => each !== undefined).length === 1;
}

/** At least one of the fields is there. */
export function isSome(value: object): boolean {
  return Object.values(value).some((each) => each !== undefined);
}

export const pattern = text(patternCharsMax);
