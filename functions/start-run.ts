// From a request to a run: the function by its name, the input against its schema, the run's id, and the start. Shared by every endpoint that
// begins a run.
import type { Context } from 'hono';
import { describeIssue } from '../src/core/api/issue.ts';
import type { Failure } from '../src/core/api/failure.ts';
import { must } from '../src/core/base/assert.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import type { CompoundFunction } from '../src/core/run/define-function.ts';
import type { Json } from '../src/core/run/json.ts';
import { makeBudget, withinTime } from '../src/core/run/run-budget.ts';
import type { RunView } from '../src/core/run/view-run.ts';
import { parseIdempotencyKey } from '../src/core/session/session-input.ts';
import { beginRun, waitForRun } from '../durable-objects/run-call.ts';
import type { AppEnv } from './context.ts';
import { orFail, RequestFailure } from './http-errors.ts';
import { readTerms, timeLeft } from './request-terms.ts';

/** A run's object may die while somebody waits for its end; it comes back by itself, and the wait goes on this often. */
const WAITS_MAX = 100;
const BETWEEN_WAITS_MS = 200;

/**
 * Begins a run, or finds the one that the same Idempotency-Key has begun. Fails with the field that does not fit. `inOnePiece`: its output is
 * waited for, and without a key nobody would ever find it who has stopped waiting.
 */
export async function startRun(
  c: Context<AppEnv>,
  fn: CompoundFunction,
  { input, inOnePiece }: { readonly input: Json; readonly inOnePiece: boolean },
): Promise<RunView> {
  const checked = fn.input.safeParse(input);
  if (!checked.success) throw new RequestFailure(describeIssue(checked.error));
  const { criticality, time } = readTerms(c);
  const tenant = c.get('tenant').id;
  const key = orFail(parseIdempotencyKey(c.req.raw.headers.get('idempotency-key')));
  const id = key === null ? `run_${c.get('deps').newId()}` : await idOfKey([tenant, fn.name, key]);
  const start = {
    id,
    tenant,
    function: fn.name,
    version: fn.version,
    input,
    budget: withinTime(makeBudget(fn.budget), timeLeft(c, time, inOnePiece && key === null)),
    parent: null,
    criticality,
  };
  return orFail(await beginRun(c.env, start));
}

/** The run once it has ended, however often its object is born again meanwhile. */
export async function awaitRun(c: Context<AppEnv>, id: string): Promise<RunView> {
  const tenant = c.get('tenant').id;
  let broken: unknown;
  for (let wait = 0; wait < WAITS_MAX; wait += 1) {
    try {
      return orFail(await waitForRun(c.env, { tenant, id }));
    } catch (cause) {
      if (cause instanceof RequestFailure) throw cause;
      broken = cause;
      await scheduler.wait(BETWEEN_WAITS_MS);
    }
  }
  throw must(broken as Error, 'what broke the wait');
}

/** What a caller who waited for the output is told instead of one; null when there is one, whole or the best so far. */
export function failureOf(run: RunView): Failure | null {
  if (run.status === 'cancelled') return { kind: 'run-cancelled' };
  if (run.error !== null) return { kind: 'run-failed', ...run.error };
  return null;
}

/** `run_` and 32 hex digits, and for a child the number of the step that called it, at each level. */
export function parseRunId(text: string): Result<string, Failure> {
  return /^run_[0-9a-f]{32}(?:\.\d{1,4}){0,4}$/.test(text) ? ok(text) : err({ kind: 'unknown-run' });
}

async function idOfKey(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(parts.join('\n'));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  let hex = '';
  for (const byte of digest.subarray(0, 16)) hex += byte.toString(16).padStart(2, '0');
  return `run_${hex}`;
}
