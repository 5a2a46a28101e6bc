// What a replica says when it refuses a request, made fit for a client: bounded, one line, without addresses, paths or traces of
// code. Owns the cleaning; which statuses count as a refusal is decided here too. Pure.
import type { Failure } from '../api/failure.ts';
import { parseObject } from './chat-chunk.ts';

/** Statuses that speak of the client's request. Others (401, 404, 429, 5xx) speak of our set-up or of the replica's state. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

/** Enough for a sentence with the limits and counts that a caller needs. */
const MESSAGE_CHARS_MAX = 300;

/** Longest text that the cleaning looks at, which bounds the work of its patterns. */
const RAW_CHARS_MAX = 2_000;

/** Codes that clients act upon; any other word of a model server's is its own affair. */
const CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'content_filter',
  'content_policy_violation',
  'unsupported_parameter',
]);

const PARAM = /^[\w.[\]]{1,64}$/;

export function isRefusalStatus(status: number): boolean {
  return REFUSALS.has(status);
}

/** The failure that tells the client why; `replica-error` when the body is no OpenAI error. */
export function parseRefusal(status: number, json: string): Failure {
  const error = parseObject(json)?.['error'];
  if (typeof error !== 'object' || error === null) return { kind: 'replica-error' };
  const { message, param, code } = error as Record<string, unknown>;
  if (typeof message !== 'string') return { kind: 'replica-error' };
  return {
    kind: 'replica-refused',
    status,
    message: cleanMessage(message),
    param: typeof param === 'string' && PARAM.test(param) ? param : null,
    code: typeof code === 'string' && CODES.has(code) ? code : 'model_refused',
  };
}

function cleanMessage(raw: string): string {
  const firstLine =
    raw
      .slice(0, RAW_CHARS_MAX)
      .trim()
      .split(/[\r\n]/, 1)[0] ?? '';
  const cleaned = firstLine
    // A trace of code that was put on one line starts like this.
    .replace(/\s+(?:at \S+ ?\(|Traceback |File ").*$/u, '')
    .replaceAll(/[a-z]{2,10}:\/\/\S+/giu, '...')
    .replaceAll(/(?<![\w.])(?:[a-z]:)?(?:[\\/][\w@.~-]+){2,}/giu, '...')
    .replaceAll(/\b(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[\w.-]+:\d{2,5})\b/giu, '...')
    .replaceAll(/\p{C}/gu, ' ')
    .trim();
  if (cleaned === '') return 'The model server refused the request.';
  return cleaned.length <= MESSAGE_CHARS_MAX ? cleaned : `${cleaned.slice(0, MESSAGE_CHARS_MAX - 3)}...`;
}
