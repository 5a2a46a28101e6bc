// What clients may send to the session routes. Owns the shapes of ids, keys, cursors and bodies and the words of their refusals;
// knows nothing of HTTP. Pure: untrusted value in, Result out.
import { z } from 'zod';
import type { Failure } from '../api/failure.ts';
import { err, ok } from '../base/result.ts';
import type { Result } from '../base/result.ts';
import type { BusyPolicy, SummaryMode } from './session-state.ts';

/** Metadata bounds of the OpenAI API, which clients know. */
const METADATA_PAIRS_MAX = 16;
const METADATA_KEY_CHARS_MAX = 64;
const METADATA_VALUE_CHARS_MAX = 512;
const MODEL_CHARS_MAX = 200;

/** Instructions are sent with every turn: beyond this they belong into an index. */
const INSTRUCTIONS_CHARS_MAX = 32_000;

/** A session is erased this long after its last write; less than a minute could end it between two turns. */
const TTL_SECONDS_DEFAULT = 30 * 24 * 60 * 60;
const TTL_SECONDS_MIN = 60;
const TTL_SECONDS_MAX = 366 * 24 * 60 * 60;

/** The front door stops bodies at 1 MiB; this keeps one message small beside a 2 MB row and beside any model's window. */
export const CONTENT_CHARS_MAX = 400_000;

export interface CreateSessionBody {
  readonly model: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly policy: BusyPolicy;
  readonly ttl_seconds: number;
  readonly instructions: string | null;
  readonly summaries: SummaryMode;
}

export interface PostMessageBody {
  readonly content: string;
  readonly expected_seq: number | null;
}

/** Half a surrogate pair is no text: it becomes U+FFFD here, because no row, model or reply could carry it. */
const text = (charsMax: number) =>
  z
    .string()
    .min(1)
    .max(charsMax)
    .transform((content) => content.toWellFormed());

const place = z.int().min(0);

const createBody = z.strictObject({
  model: z.string().min(1).max(MODEL_CHARS_MAX),
  metadata: z
    .record(z.string().min(1).max(METADATA_KEY_CHARS_MAX), z.string().max(METADATA_VALUE_CHARS_MAX))
    .refine((pairs) => Object.keys(pairs).length <= METADATA_PAIRS_MAX, {
      message: `at most ${METADATA_PAIRS_MAX} pairs`,
    })
    .default({}),
  policy: z.enum(['queue', 'reject', 'supersede']).default('queue'),
  ttl_seconds: z.int().min(TTL_SECONDS_MIN).max(TTL_SECONDS_MAX).default(TTL_SECONDS_DEFAULT),
  instructions: text(INSTRUCTIONS_CHARS_MAX).nullable().default(null),
  summaries: z.enum(['model', 'extract', 'off']).default('model'),
});

const messageBody = z.strictObject({
  content: text(CONTENT_CHARS_MAX),
  expected_seq: place.nullable().default(null),
});

const truncateBody = z.strictObject({ after: place });

const forkBody = z.strictObject({ after: place.nullable().default(null) });

export function parseCreateSession(body: unknown): Result<CreateSessionBody, Failure> {
  return parsed(createBody.safeParse(body));
}

export function parsePostMessage(body: unknown): Result<PostMessageBody, Failure> {
  return parsed(messageBody.safeParse(body));
}

export function parseTruncate(body: unknown): Result<{ readonly after: number }, Failure> {
  return parsed(truncateBody.safeParse(body));
}

export function parseFork(body: unknown): Result<{ readonly after: number | null }, Failure> {
  return parsed(forkBody.safeParse(body));
}

/** A session id is `sess_` and 128 random bits in hex. A text of another shape names no session. */
export function parseSessionId(text: string): Result<string, Failure> {
  return /^sess_[0-9a-f]{32}$/.test(text) ? ok(text) : err({ kind: 'unknown-session' });
}

/** A turn id is `turn_` and 128 random bits in hex. */
export function parseTurnId(text: string): Result<string, Failure> {
  return /^turn_[0-9a-f]{32}$/.test(text) ? ok(text) : err({ kind: 'unknown-turn' });
}

/** 1 to 255 visible ASCII characters; null when the header is absent. */
export function parseIdempotencyKey(header: string | null): Result<string | null, Failure> {
  if (header === null) return ok(null);
  return /^[\x21-\x7e]{1,255}$/.test(header)
    ? ok(header)
    : invalid('Idempotency-Key must be 1 to 255 visible ASCII characters.', 'Idempotency-Key');
}

/** The log's last seq as an entity tag: `"12"`. Null when the header is absent. */
export function parseIfMatch(header: string | null): Result<number | null, Failure> {
  if (header === null) return ok(null);
  const digits = /^"?(\d{1,15})"?$/.exec(header.trim())?.[1];
  return digits === undefined
    ? invalid('If-Match must be the last seq of the log, as in "12".', 'If-Match')
    : ok(Number(digits));
}

/** The cursor of a page: an integer from 0, without sign, fraction or exponent. */
export function parseAfter(text: string | null): Result<number, Failure> {
  if (text === null) return ok(0);
  const after = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(after) ? ok(after) : invalid('after must be an integer from 0.', 'after');
}

/** Where an event stream goes on: what the client has seen last (a browser sends it when it reconnects) beats the address. */
export function parseCursor(lastEventId: string | null, after: string | null): Result<number, Failure> {
  return parseAfter(lastEventId === null || lastEventId === '' ? after : lastEventId);
}

function parsed<T>(read: z.ZodSafeParseResult<T>): Result<T, Failure> {
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  const param = issue === undefined || issue.path.length === 0 ? null : issue.path.join('.').slice(0, 100);
  return invalid(`${param ?? 'body'}: ${issue?.message ?? 'invalid'}`.slice(0, 300), param);
}

function invalid(message: string, param: string | null): Result<never, Failure> {
  return err({ kind: 'invalid', message, param });
}
