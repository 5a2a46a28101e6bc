// What differs between two JSON values, as a person reads it: objects by their keys, lists of things with ids by these ids, whatever place
// they have moved to. Knows nothing of rules. Pure.
import { stableText, type Json } from '../run/json.ts';

export type Change =
  | { readonly kind: 'added'; readonly path: string; readonly to: Json }
  | { readonly kind: 'removed'; readonly path: string; readonly from: Json }
  | { readonly kind: 'changed'; readonly path: string; readonly from: Json; readonly to: Json }
  /** The same ids in another order, which for rules is another meaning. */
  | {
      readonly kind: 'reordered';
      readonly path: string;
      readonly from: readonly string[];
      readonly to: readonly string[];
    };

export interface Difference {
  readonly changes: readonly Change[];
  /** Whether there are more changes than are listed. */
  readonly isCut: boolean;
}

/** What a person looks through; a list of everything that changed is the two versions themselves. */
export const changesMax = 500;

type JsonFields = { readonly [key: string]: Json | undefined };

/** In the order of the older value, what is new at its end. */
export function diffJson(from: Json, to: Json): Difference {
  const found: Change[] = [];
  compare({ from, to, path: '' }, found);
  return { changes: found.slice(0, changesMax), isCut: found.length > changesMax };
}

interface Pair {
  readonly from: Json | undefined;
  readonly to: Json | undefined;
  readonly path: string;
}

function compare({ from, to, path }: Pair, found: Change[]): void {
  if (found.length > changesMax) return;
  if (from === undefined && to === undefined) return;
  if (from === undefined) return void found.push({ kind: 'added', path, to: to ?? null });
  if (to === undefined) return void found.push({ kind: 'removed', path, from });
  if (Array.isArray(from) && Array.isArray(to)) return compareLists(from, to, { path, found });
  if (isFields(from) && isFields(to)) return compareFields(from, to, { path, found });
  if (stableText(from) !== stableText(to)) found.push({ kind: 'changed', path, from, to });
}

interface Place {
  readonly path: string;
  readonly found: Change[];
}

function compareFields(from: JsonFields, to: JsonFields, { path, found }: Place): void {
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const below = path === '' ? key : `${path}.${key}`;
    compare({ from: own(from, key), to: own(to, key), path: below }, found);
  }
}

function compareLists(from: readonly Json[], to: readonly Json[], { path, found }: Place): void {
  const [older, newer] = [byId(from), byId(to)];
  if (older === null || newer === null) {
    for (let at = 0; at < Math.max(from.length, to.length); at += 1)
      compare({ from: from[at], to: to[at], path: `${path}[${at}]` }, found);
    return;
  }
  for (const id of new Set([...older.keys(), ...newer.keys()]))
    compare({ from: older.get(id), to: newer.get(id), path: `${path}[${id}]` }, found);
  const stayed = [...older.keys()].filter((id) => newer.has(id));
  const now = [...newer.keys()].filter((id) => older.has(id));
  if (stayed.some((id, at) => now[at] !== id)) found.push({ kind: 'reordered', path, from: stayed, to: now });
}

/** Null unless each entry has an id of its own. */
function byId(list: readonly Json[]): ReadonlyMap<string, Json> | null {
  const entries = new Map<string, Json>();
  for (const each of list) {
    const id = isFields(each) ? own(each, 'id') : undefined;
    if (typeof id !== 'string' || entries.has(id)) return null;
    entries.set(id, each);
  }
  return entries;
}

function own(fields: JsonFields, key: string): Json | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function isFields(value: Json): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
