// Performs one attempt of an author's own effect: what it returns or throws becomes the attempt's end. Owns its deadline.
import type { EffectAt } from '../core/run/run-context.ts';
import { FunctionError } from '../core/run/run-context.ts';
import type { StepMeasure } from '../core/run/run-state.ts';
import type { Json } from '../core/run/json.ts';
import type { Attempt, Attempted } from './run-ports.ts';

export const NOTHING_MEASURED: StepMeasure = {
  pool: null,
  version: null,
  warmth: null,
  queueMs: 0,
  coldMs: 0,
  tokens: 0,
  micros: 0,
};

/** A FunctionError is final; anything else that is thrown may be tried again, and its text stays inside. */
export async function performEffect(attempt: Attempt, effect: (at: EffectAt) => unknown): Promise<Attempted> {
  const { key, signal } = attempt;
  try {
    const value = await within(attempt, effect({ key, attempt: attempt.attempt, signal }));
    return { end: { ok: true, value: (value ?? null) as Json }, measure: NOTHING_MEASURED };
  } catch (cause) {
    const isFinal = cause instanceof FunctionError;
    const error = isFinal
      ? { code: cause.code, message: cause.message }
      : cause instanceof TooLate
        ? { code: 'step_timeout', message: 'The effect did not end in time.' }
        : { code: 'step_failed', message: 'The effect threw an error.' };
    const end = { ok: false, error, retryable: !isFinal, retryAfterMs: null } as const;
    return { end, measure: NOTHING_MEASURED };
  }
}

class TooLate extends Error {}

async function within(attempt: Attempt, work: unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_done, fail) => {
    const leftMs = attempt.deadlineMs - attempt.startedMs;
    timer = setTimeout(() => fail(new TooLate()), leftMs);
  });
  try {
    return await Promise.race([Promise.resolve(work), late]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
