// From untrusted bytes to plain JSON: nesting is measured before the parser runs, keys that could reach a prototype and numbers that
// no number can hold are refused after it. Knows nothing of what the fields mean. Pure.
import { err, ok, type Result } from '../base/result.ts';
import type { Failure } from '../api/failure.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a merge of this object into another would reach a prototype by. The parser makes plain own fields of them. */
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor']);
const [quote, backslash, open, close, openList, closeList] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** Parses a JSON object from UTF-8 bytes. The parser itself would take seconds for deep nesting; the scan takes milliseconds. */
export function parseBody(bytes: Uint8Array, depthMax: number): Result<JsonObject, Failure> {
  if (measureDepth(bytes, depthMax) > depthMax) return err({ kind: 'too-deep', depthMax });
  const text = decode(bytes);
  if (text === null) return err({ kind: 'malformed-json', message: 'The body is not valid UTF-8.' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the body, which may be a secret.
    return err({ kind: 'malformed-json', message: 'The body is not valid JSON.' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err({ kind: 'invalid', message: 'The body must be a JSON object.', param: null });
  }
  const trap = findTrap(value);
  return trap === null ? ok(value as JsonObject) : err({ kind: 'invalid', message: trap, param: null });
}

/** Deepest nesting of objects and lists outside of strings; stops early once `depthMax` is passed. */
export function measureDepth(bytes: Uint8Array, depthMax: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === open || byte === openList) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > depthMax) return deepest;
    } else if (byte === close || byte === closeList) depth -= 1;
  }
  return deepest;
}

/** One for all bodies: each is decoded in one piece, after which a decoder remembers nothing. A byte order mark stays and fails the parser:
 * no second spelling of one body. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Recursion ends: nesting has been bounded by the scan. */
function findTrap(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'A number is too large.';
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) {
    for (const each of value) {
      const trap = findTrap(each);
      if (trap !== null) return trap;
    }
    return null;
  }
  for (const [key, each] of Object.entries(value)) {
    if (forbiddenKeys.has(key)) return `The key "${key}" is not allowed.`;
    const trap = findTrap(each);
    if (trap !== null) return trap;
  }
  return null;
}
