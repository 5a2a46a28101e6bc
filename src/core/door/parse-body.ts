// From untrusted bytes to plain JSON: nesting is measured before the parser runs, keys that could reach a prototype and numbers that
// no number can hold are refused. Pure.
import { err, ok, type Result } from '../base/result.ts';
import type { Failure } from '../api/failure.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
const [quote, backslash, open, close, openList, closeList] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** Parses a JSON object from UTF-8 bytes. The parser itself would take seconds for deep nesting; the scan takes milliseconds. */
export function parseBody(bytes: Uint8Array, depthMax: number): Result<JsonObject, Failure> {
  if (measureDepth(bytes, depthMax) > depthMax) return err({ kind: 'too-deep', depthMax });
  const text = decode(bytes);
  if (text === null) return err({ kind: 'malformed-json', message: 'The body is not valid UTF-8.' });
  const refused: string[] = [];
  let value: unknown;
  try {
    // Most bodies hold none of these words, and a reviver is dear: it is used only where there is something to find.
    value = mayHoldTraps(text)
      ? JSON.parse(text, (key, each: unknown) => refuseTraps(key, each, refused))
      : JSON.parse(text);
  } catch {
    return err({ kind: 'malformed-json', message: 'The body is not valid JSON.' });
  }
  const [first] = refused;
  if (first !== undefined) return err({ kind: 'invalid', message: first, param: null });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err({ kind: 'invalid', message: 'The body must be a JSON object.', param: null });
  }
  return ok(value as JsonObject);
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

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function mayHoldTraps(text: string): boolean {
  return /__proto__|constructor|prototype|\\u|[0-9][eE]\+?[0-9]{3}/.test(text) || /[0-9]{300}/.test(text);
}

function refuseTraps(key: string, value: unknown, refused: string[]): unknown {
  if (forbiddenKeys.has(key)) refused.push(`The key "${key}" is not allowed.`);
  if (value === Infinity || value === -Infinity) refused.push('A number is too large.');
  return value;
}
