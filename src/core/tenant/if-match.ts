// Optimistic concurrency as HTTP spells it: the entity tag of a version, and what an `If-Match` header demands of it. Pure.
import { err, ok, type Result } from '../base/result.ts';

/** Entity tags one of which must be the current one; `any` = no demand. */
export type IfMatch =
  | { readonly kind: 'any' }
  | { readonly kind: 'one-of'; readonly etags: readonly string[] };

/** More than a client that remembers one version has use for. */
const headerCharsMax = 500;
const tagPattern = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

export function etagOf({ version, hash }: { readonly version: number; readonly hash: string }): string {
  return `"${version}-${hash}"`;
}

/** The header, null = none; an error says what is wrong with it. A tenant has always rules: `*` demands nothing. */
export function parseIfMatch(header: string | null): Result<IfMatch, string> {
  if (header === null || header.trim() === '*') return ok({ kind: 'any' });
  if (header.length > headerCharsMax) return err(`must not be longer than ${headerCharsMax} characters`);
  const etags = header.split(',').map((each) => each.trim());
  if (!etags.every((each) => tagPattern.test(each)))
    return err('must be * or entity tags in double quotes, separated by commas');
  return ok({ kind: 'one-of', etags });
}

/** Compared strongly, as RFC 9110 has it for If-Match: a weak tag equals none. */
export function meets(ifMatch: IfMatch, etag: string): boolean {
  return ifMatch.kind === 'any' || ifMatch.etags.includes(etag);
}
