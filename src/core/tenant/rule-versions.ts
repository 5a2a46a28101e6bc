// The history of a tenant's routing rules: which order makes a new version, which changes nothing, which is refused, and what is forgotten.
// Version 0 is the tenant's file; every later one is immutable. What the rules mean is core/routing's. Pure.
import { err, ok, type Result } from '../base/result.ts';
import { hashText } from '../run/hash-text.ts';
import { stableText } from '../run/json.ts';
import { etagOf, meets, type IfMatch } from './if-match.ts';

/** Each is up to `documentBytesMax` long; nobody rolls back further by hand. */
export const versionsMax = 50;
/** Parsed in every isolate that serves the tenant, and far below the two megabytes of a row. */
export const documentBytesMax = 128 * 1024;

/** A version without its rules. */
export interface RuleVersionHead {
  /** 1, 2, ...; 0 = what the tenant's file says. */
  readonly version: number;
  /** Grows with every version, also across a restore of the object from a backup, in which numbers come again. 0 = the file. */
  readonly generation: number;
  /** Fingerprint of the rules, the same whatever the order of keys. */
  readonly hash: string;
  /** Epoch milliseconds; 0 = the file. */
  readonly createdMs: number;
  /** Who the caller says made it. */
  readonly by: string;
  readonly comment: string | null;
  /** Rolled back to this one; null = rules of its own. */
  readonly copyOf: number | null;
  /** Of the request that made it, as in the request's event. */
  readonly requestId: string;
}

export interface RuleVersion extends RuleVersionHead {
  /** The rules as JSON. */
  readonly document: string;
}

/** A caller's wish to change the rules. */
export interface RuleOrder {
  readonly ifMatch: IfMatch;
  readonly by: string;
  readonly comment: string | null;
  readonly requestId: string;
  readonly nowMs: number;
}

export type RuleRefusal =
  /** The current version is another one than the caller expects. */
  | { readonly kind: 'rules-changed'; readonly etag: string }
  | { readonly kind: 'unknown-rule-version'; readonly version: number };

/** `made` is to be written; of the versions that are there, those below `keepFrom` are to be forgotten. */
export type RuleDecision =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'made'; readonly made: RuleVersion; readonly keepFrom: number };

/** The tenant's file as a version. */
export function fileVersion(document: string): RuleVersion {
  return {
    version: 0,
    generation: 0,
    hash: fingerprint(document),
    createdMs: 0,
    by: 'file',
    comment: null,
    copyOf: null,
    requestId: '',
    document,
  };
}

/** Rules that say the same as the current ones make no version: an order that is sent again is harmless. */
export function decidePublication(
  current: RuleVersion,
  document: string,
  order: RuleOrder,
): Result<RuleDecision, RuleRefusal> {
  return decide(current, { document, copyOf: null }, order);
}

/** `found` is the version of that number, if it is still kept. */
export function decideRollback(
  current: RuleVersion,
  { version, found }: { readonly version: number; readonly found: RuleVersion | null },
  order: RuleOrder,
): Result<RuleDecision, RuleRefusal> {
  if (!meets(order.ifMatch, etagOf(current))) return err({ kind: 'rules-changed', etag: etagOf(current) });
  if (found === null) return err({ kind: 'unknown-rule-version', version });
  return decide(current, { document: found.document, copyOf: version }, order);
}

function decide(
  current: RuleVersion,
  wanted: Pick<RuleVersion, 'document' | 'copyOf'>,
  { ifMatch, by, comment, requestId, nowMs }: RuleOrder,
): Result<RuleDecision, RuleRefusal> {
  if (!meets(ifMatch, etagOf(current))) return err({ kind: 'rules-changed', etag: etagOf(current) });
  if (canonical(current.document) === canonical(wanted.document)) return ok({ kind: 'unchanged' });
  const version = current.version + 1;
  const made: RuleVersion = {
    ...wanted,
    version,
    // Two orders of one millisecond, and a clock that was set back, still give two generations in order.
    generation: Math.max(current.generation + 1, nowMs),
    hash: fingerprint(wanted.document),
    createdMs: nowMs,
    by,
    comment,
    requestId,
  };
  return ok({ kind: 'made', made, keepFrom: version - versionsMax + 1 });
}

/** The same for rules that say the same, whatever the order of keys. Throws when the document is no JSON. */
export function fingerprint(document: string): string {
  return hashText(canonical(document));
}

function canonical(document: string): string {
  return stableText(JSON.parse(document)) ?? document;
}
