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

/** A copy that shares nothing with the value, as JSON has it (undefined becomes null); undefined when JSON cannot hold it. */
export function copyJson(value: unknown): Json | undefined {
  try {
    return JSON.parse(JSON.stringify(value === undefined ? null : value)) as Json;
  } catch {
    return undefined;
  }
}

/** Whether the text has more bytes in UTF-8 than this. */
export function exceedsBytes(text: string, bytesMax: number): boolean {
  // No UTF-16 unit takes more than three bytes: most texts need no counting.
  return text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
