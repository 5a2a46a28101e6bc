// Values that survive a journal: what JSON can hold. Pure.

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * The same text for the same value, whatever the order of its keys; undefined entries count as absent, as in JSON. Null when the
 * value cannot be written as JSON (a function, a bigint, a cycle), so that a caller can say which one it was.
 */
export function stableText(value: unknown): string | null {
  try {
    const plain = JSON.stringify(value);
    if (plain === undefined) return null;
    return JSON.stringify(sorted(JSON.parse(plain)));
  } catch {
    return null;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
