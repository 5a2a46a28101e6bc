// The JSON schemas that may reach the engine. Its grammar compiler ends the whole process, or never returns, on schemas that it cannot
// turn into a sound grammar; so only keywords and values go through that it is known to handle, and anything else is refused with a
// reason. Words that constrain nothing are dropped. Pure.
import { err, ok, type Result } from '../../src/core/base/result.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The compiler's own bound on repetitions is 2,000, some of which it uses up itself. */
const repetitionMax = 1_000;
/** The model stands still while its grammar is built; the largest within these bounds take a third of a second. */
const partsMax = 2_000;
const choicesMax = 1_000;
/** Near the end of the integers the compiler's own sums overflow. */
const boundMax = 1_000_000_000_000;
const reference = /^#\/(?:\$defs|definitions)\/[^/]{1,100}$/;
/** The time for one object grows with the square of its properties. */
const namesMax = 200;

const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
const types: ReadonlySet<unknown> = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
]);
/** Words that say nothing about which values are valid. */
const silent: ReadonlySet<string> = new Set(
  '$schema,$id,$comment,title,description,default,examples,deprecated,readOnly,writeOnly,strict'.split(','),
);

/** The schema with nothing in it but what the engine can handle; or why it is refused. */
export function guardSchema(schema: unknown): Result<Schema | boolean, string> {
  try {
    return ok(new Guard().visit(schema, false));
  } catch (cause) {
    if (cause instanceof Refusal) return err(cause.message);
    throw cause;
  }
}

class Refusal extends Error {}

class Guard {
  #parts = 0;

  /** `opening`: the schema decides how values of a definition begin, where a reference could lead back to its own beginning. */
  visit(schema: unknown, opening: boolean): Schema | boolean {
    if (typeof schema === 'boolean') return schema;
    if (!isObject(schema)) throw new Refusal('a schema must be an object');
    this.#count(1);
    const kept: Record<string, unknown> = {};
    for (const [word, value] of Object.entries(schema)) {
      if (!silent.has(word)) kept[word] = this.#keyword(word, value, opening);
    }
    if (kept['type'] !== 'integer' && bounds.some((word) => word in kept)) {
      throw new Refusal('this model can keep to a minimum or maximum of integers only');
    }
    mustBeOrdered(kept, 'minLength', 'maxLength');
    mustBeOrdered(kept, 'minItems', 'maxItems');
    mustBeOrdered(kept, 'minimum', 'maximum');
    mustBeOrdered(kept, 'exclusiveMinimum', 'exclusiveMaximum');
    return kept;
  }

  #keyword(word: string, value: unknown, opening: boolean): unknown {
    const readPlain = plainWords.get(word);
    if (readPlain !== undefined) return readPlain(word, value);
    switch (word) {
      case '$defs':
      case 'definitions':
        return this.#named(word, value, true);
      case 'properties':
        return this.#named(word, value, false);
      case 'items':
      case 'additionalProperties':
        return this.visit(value, false);
      case 'prefixItems':
        return readList(word, value).map((each) => this.visit(each, false));
      case 'anyOf':
      case 'oneOf':
      case 'allOf':
        return readList(word, value).map((each) => this.visit(each, opening));
      case '$ref':
        if (!opening) return readReference(value);
        throw new Refusal('a definition must not be a mere reference to another');
      case 'enum':
        this.#count(readList(word, value).length);
        return value;
      default:
        throw new Refusal(`"${word.slice(0, 50)}" is not supported by this model`);
    }
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > partsMax) throw new Refusal(`it has more than ${partsMax} parts`);
  }

  #named(word: string, value: unknown, opening: boolean): Schema {
    if (!isObject(value)) throw new Refusal(`"${word}" must be an object`);
    if (Object.keys(value).length > namesMax) throw new Refusal(`"${word}" has more than ${namesMax} names`);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.visit(each, opening)]));
  }
}

function readTypes(value: unknown): unknown {
  if (types.has(value)) return value;
  if (Array.isArray(value) && value.length > 0 && value.every((each) => types.has(each))) return value;
  throw new Refusal('"type" is not the name of a type');
}

function readList(word: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= choicesMax) return value;
  throw new Refusal(`"${word}" must be a list of 1 to ${choicesMax} items`);
}

function readNames(word: string, value: unknown): unknown {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw new Refusal(`"${word}" must be a list of names`);
}

function readText(word: string, value: unknown): string {
  if (typeof value !== 'string') throw new Refusal(`"${word}" must be a string`);
  return value;
}

function readReference(value: unknown): string {
  if (typeof value === 'string' && reference.test(value)) return value;
  throw new Refusal('"$ref" must name a definition of the schema itself');
}

function readSize(word: string, value: unknown): number {
  return readWhole(word, value, 0, repetitionMax);
}

function readBound(word: string, value: unknown): number {
  return readWhole(word, value, -boundMax, boundMax);
}

function readWhole(word: string, value: unknown, low: number, high: number): number {
  const whole = typeof value === 'number' && Number.isSafeInteger(value) ? value : Number.NaN;
  if (whole >= low && whole <= high) return whole;
  throw new Refusal(`"${word}" must be a whole number from ${low} to ${high}`);
}

/** Words whose value holds no other schema. */
const plainWords: ReadonlyMap<string, (word: string, value: unknown) => unknown> = new Map([
  ['type', (_word: string, value: unknown) => readTypes(value)],
  ['required', readNames],
  ['const', (_word: string, value: unknown) => value],
  ['format', readText],
  ...['minLength', 'maxLength', 'minItems', 'maxItems'].map((word) => [word, readSize] as const),
  ...bounds.map((word) => [word, readBound] as const),
]);

function mustBeOrdered(schema: Schema, low: string, high: string): void {
  const [from, to] = [schema[low], schema[high]];
  if (typeof from === 'number' && typeof to === 'number' && from > to) {
    throw new Refusal(`"${low}" must not be above "${high}"`);
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
