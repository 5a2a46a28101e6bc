// What a family of policies tells the registry of itself: how it is spelt, what its parameters may be, how one is made. Owns the words for a bad parameter. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { FleetPolicy } from '../replay/fleet-policy.ts';

/** A number in a policy's spelling. Bounds are inclusive. */
export interface Parameter {
  /** As in the usage line: `GAMMA`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
  /** Taken when the parameter is left out; null lets the policy choose; absent: it must be given. */
  readonly fallback?: number | null;
  /** Words that stand for a value, outside the bounds too: `peak`. */
  readonly words?: Readonly<Record<string, number>>;
}

export interface PolicyOptions {
  readonly poolCount: number;
}

export type PolicyFactory = (options: PolicyOptions) => FleetPolicy;

export interface PolicyFamily {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** One line for `--help`. */
  readonly help: string;
  /** Spellings that trace the family's whole curve from cheap to warm. */
  readonly sweep: readonly string[];
  /** `values` are as many as `parameters`; null where the policy chooses. `spec` is the spelling, and the policy's name. */
  make(spec: string, values: readonly (number | null)[], poolCount: number): FleetPolicy;
}

/** `fixed:SECONDS`, `histogram[:TAIL_PCT]`. */
export function usageOf({ name, parameters }: PolicyFamily): string {
  return (
    name +
    parameters.map((each) => (each.fallback === undefined ? `:${each.name}` : `[:${each.name}]`)).join('')
  );
}

/** Reads the parameters of a spelling; the error says which one is wrong and what it may be. */
export function readParameters(
  family: PolicyFamily,
  texts: readonly string[],
): Result<readonly (number | null)[], string> {
  const { parameters } = family;
  if (texts.length > parameters.length) {
    const takes = parameters.length === 0 ? 'no parameter' : `at most ${parameters.length}`;
    return err(`policy ${family.name} takes ${takes}, not ${texts.length}: write ${usageOf(family)}`);
  }
  const values: (number | null)[] = [];
  for (const [at, parameter] of parameters.entries()) {
    const text = texts[at];
    if (text === undefined && parameter.fallback !== undefined) {
      values.push(parameter.fallback);
      continue;
    }
    const value = readValue(text, parameter);
    if (value === null) return err(describeBounds(family, parameter, text));
    values.push(value);
  }
  return ok(values);
}

function readValue(text: string | undefined, { min, max, isWhole, words = {} }: Parameter): number | null {
  if (text === undefined) return null;
  if (Object.hasOwn(words, text)) return words[text] ?? null;
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const value = Number(text);
  const isWithin = value >= min && value <= max && (isWhole !== true || Number.isInteger(value));
  return isWithin ? value : null;
}

function describeBounds(
  family: PolicyFamily,
  { name, min, max, isWhole, words = {} }: Parameter,
  text: string | undefined,
): string {
  const alternatives = Object.keys(words)
    .map((word) => `, or ${word}`)
    .join('');
  const given = text === undefined ? 'it is missing' : `got "${text}"`;
  const number = isWhole === true ? 'a whole number' : 'a number';
  return `policy ${family.name}: ${name} must be ${number} from ${min} to ${max}${alternatives}; ${given}`;
}
