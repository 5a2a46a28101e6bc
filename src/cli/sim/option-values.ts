// Values of command-line options: read, checked against their bounds, and one clear line for what cannot be. Shared by `sim` and `sim:compare`.
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { err, ok, type Result } from '../../core/base/result.ts';

/** Thrown while options are read and turned into a value by `readOptions`: a line that names the option. */
export class OptionError extends Error {}

/** Runs `read` over the parsed options; every complaint comes back as one line. */
export function readOptions<C extends ParseArgsOptionsConfig, T>(
  args: readonly string[],
  options: C,
  read: (values: ReturnType<typeof parseArgs<{ args: string[]; options: C }>>['values']) => T,
): Result<T, string> {
  let values;
  try {
    ({ values } = parseArgs({ args: joinNegatives(args), options }));
  } catch (cause) {
    // The runtime explains at length what could have been meant; the first sentence says it.
    return err((cause instanceof Error ? cause.message : String(cause)).split(/\.\s/)[0] ?? '');
  }
  try {
    return ok(read(values));
  } catch (cause) {
    if (cause instanceof OptionError) return err(cause.message);
    throw cause;
  }
}

/** `--gamma -3` means a number, not an option `-3`: the complaint must be about its value. */
function joinNegatives(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before !== undefined && /^--[a-z]+$/.test(before))
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
  /** `min` itself is not allowed either. */
  readonly isAbove?: boolean;
}

export function readNumber(name: string, given: string, bounds: Bounds): number {
  const { min, max, isWhole, isAbove } = bounds;
  const value = given.trim() === '' ? Number.NaN : Number(given);
  const isWithin = value <= max && (isAbove === true ? value > min : value >= min);
  if (isWithin && (isWhole !== true || Number.isInteger(value))) return value;
  const kind = isWhole === true ? 'a whole number' : 'a number';
  const range = isAbove === true ? `above ${min}, up to ${max}` : `from ${min} to ${max}`;
  throw new OptionError(`--${name} must be ${kind} ${range}, not "${given}"`);
}

/** The value of a Result, or its error as a complaint. */
export function demand<T>(result: Result<T, string>): T {
  if (result.ok) return result.value;
  throw new OptionError(result.error);
}
