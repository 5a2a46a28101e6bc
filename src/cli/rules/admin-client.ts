// The admin API of rules as the commands use it. Every answer is a value: what came back, or one line that says why nothing did.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { Json } from '../../core/run/json.ts';

/** Longer than the edge waits for a tenant's object. */
const answerMsMax = 15_000;
const bodyCharsShown = 200;

export interface Place {
  readonly url: string;
  readonly token: string;
}

/** A version as the API tells it. */
export interface ToldVersion {
  readonly tenant: string;
  readonly version: number;
  readonly etag: string;
  readonly hash: string;
  readonly createdMs: number;
  readonly by: string;
  readonly comment: string | null;
  readonly copyOf: number | null;
  readonly rules: Json;
  readonly isNew?: boolean;
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Below /admin/v1. */
  readonly path: string;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

/** Why a call came to nothing: the API's code with its words, or null where no API answered. */
export interface Refusal {
  readonly code: string | null;
  readonly message: string;
}

export async function callAdmin<T>({ url, token }: Place, call: Call): Promise<Result<T, Refusal>> {
  const { method, path, body, ifMatch } = call;
  try {
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The token goes to the host that was named and to no other.
      redirect: 'error',
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await response.text();
    return response.ok ? ok(JSON.parse(text) as T) : err(readRefusal(url, response.status, text));
  } catch (cause) {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const words = why instanceof Error ? why.message : String(why);
    return err({
      code: null,
      message: `${url} cannot be reached or does not answer as this API does (${words})`,
    });
  }
}

interface ToldError {
  readonly message: string;
  readonly code: string;
  readonly issues?: readonly { readonly path: string; readonly reason: string }[];
}

function readRefusal(url: string, status: number, text: string): Refusal {
  const told = readError(text);
  if (told === null)
    return { code: null, message: `${url} answered ${status} ${text.slice(0, bodyCharsShown)}` };
  const issues = (told.issues ?? []).map(
    ({ path, reason }) => `\n  ${path === '' ? 'the whole' : path}: ${reason}`,
  );
  const words = issues.length > 0 ? `the rules are refused:${issues.join('')}` : told.message;
  return { code: told.code, message: `${words} (${told.code})` };
}

function readError(text: string): ToldError | null {
  try {
    const { error } = JSON.parse(text) as { error?: Partial<ToldError> };
    const { message, code } = error ?? {};
    return typeof message === 'string' && typeof code === 'string' ? { ...error, message, code } : null;
  } catch {
    return null;
  }
}
