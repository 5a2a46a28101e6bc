// Values of the agent's environment, as each kind of place reads them: one rule for what is not set and for what a number is. Pure.
import { err, ok, type Result } from '../../src/core/base/result.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** A whole number within bounds, `preset` where it is not set; the error names the variable and its bounds. */
export function parseNumber(
  env: Variables,
  name: string,
  preset: number,
  [low, high]: readonly [number, number],
): Result<number, string> {
  const text = env[name] ?? '';
  if (text === '') return ok(preset);
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= low && value <= high
    ? ok(value)
    : err(`${name} must be a whole number from ${low} to ${high}`);
}

/** An empty variable counts as one that is not set. */
export function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
