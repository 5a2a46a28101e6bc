// One form for every condition that means the same: fields in one order, texts in the simplest comparison, no nesting that says nothing.
// Applied twice it changes nothing more. Pure.
import { partsMax } from './rule-bounds.ts';
import { warmths, weekdays, type Condition, type TextMatch, type TimeWindow } from './rule-set.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function normalizeCondition(condition: Condition): Condition {
  const fields = normalizeFields(condition);
  const { all, any, not } = normalizeNested(condition);
  const [alone] = all;
  const isWrapped = all.length === 1 && any.length === 0 && not === undefined && isEmpty(fields);
  if (alone !== undefined && isWrapped) return alone;
  if (all.length > 0) fields.all = all;
  if (any.length > 0) fields.any = any;
  if (not !== undefined) fields.not = not;
  return fields;
}

interface Nested {
  readonly all: readonly Condition[];
  readonly any: readonly Condition[];
  readonly not: Condition | undefined;
}

/** One alternative is none, twice not is yes; both are parts that must hold. */
function normalizeNested({ all = [], any = [], not }: Condition): Nested {
  const parts = all.map(normalizeCondition);
  let alternatives = splice(any.map(normalizeCondition), onlyAny);
  const [only] = alternatives;
  if (only !== undefined && alternatives.length === 1 && parts.length < partsMax) {
    parts.push(only);
    alternatives = [];
  }
  let opposite = not === undefined ? undefined : normalizeCondition(not);
  const twice = opposite === undefined ? undefined : onlyNot(opposite);
  if (twice !== undefined && parts.length < partsMax) {
    parts.push(twice);
    opposite = undefined;
  }
  return { all: splice(parts, onlyAll), any: alternatives, not: opposite };
}

/** Puts the parts of a part in its place where `inner` finds some and the list does not grow beyond its bound. */
function splice(
  parts: readonly Condition[],
  inner: (part: Condition) => readonly Condition[] | undefined,
): Condition[] {
  let total = parts.length;
  return parts.flatMap((part) => {
    const within = inner(part);
    if (within === undefined || total - 1 + within.length > partsMax) return [part];
    total += within.length - 1;
    return within;
  });
}

function isAlone(part: Condition): boolean {
  return Object.keys(part).length === 1;
}

const onlyAll = (part: Condition): readonly Condition[] | undefined => (isAlone(part) ? part.all : undefined);
const onlyAny = (part: Condition): readonly Condition[] | undefined => (isAlone(part) ? part.any : undefined);
const onlyNot = (part: Condition): Condition | undefined => (isAlone(part) ? part.not : undefined);

function isEmpty(condition: Condition): boolean {
  return Object.keys(condition).length === 0;
}

/** What costs least to look at comes first; the order is also that in which a rule is found not to hold. */
function normalizeFields(condition: Condition): Mutable<Condition> {
  const normal: Mutable<Condition> = {};
  if (condition.model !== undefined) normal.model = normalizeText(condition.model);
  if (condition.task !== undefined) normal.task = condition.task;
  if (condition.tenant !== undefined) normal.tenant = normalizeText(condition.tenant);
  if (condition.key !== undefined) normal.key = normalizeText(condition.key);
  if (condition.tools !== undefined) normal.tools = condition.tools;
  if (condition.json !== undefined) normal.json = condition.json;
  if (condition.stream !== undefined) normal.stream = condition.stream;
  normalizePlace(condition, normal);
  if (condition.promptTokens !== undefined) normal.promptTokens = defined(condition.promptTokens);
  if (condition.budgetLeftMicros !== undefined) normal.budgetLeftMicros = defined(condition.budgetLeftMicros);
  for (const field of ['labels', 'metadata', 'headers'] as const)
    if (condition[field] !== undefined) normal[field] = normalizeNamed(condition[field]);
  if (condition.warmth !== undefined) {
    const { is, of } = condition.warmth;
    normal.warmth = defined({ is: warmths.filter((each) => is.includes(each)), of });
  }
  if (condition.predictedWaitMs !== undefined) normal.predictedWaitMs = defined(condition.predictedWaitMs);
  if (condition.time !== undefined) normal.time = normalizeTime(condition.time);
  return normal;
}

function normalizePlace(condition: Condition, normal: Mutable<Condition>): void {
  if (condition.country !== undefined) normal.country = normalizeText(upper(condition.country));
  if (condition.region !== undefined) normal.region = normalizeText(condition.region);
  if (condition.colo !== undefined) normal.colo = normalizeText(upper(condition.colo));
}

/** Countries and colos are written in capitals wherever they come from. */
function upper(match: TextMatch): TextMatch {
  if (typeof match === 'string') return inCapitals(match);
  const { equals, in: list, prefix, glob, exists } = match;
  return {
    equals: equals === undefined ? undefined : inCapitals(equals),
    in: list?.map(inCapitals),
    prefix: prefix === undefined ? undefined : inCapitals(prefix),
    glob: glob === undefined ? undefined : inCapitals(glob),
    exists,
  };
}

/** Latin letters alone: other alphabets have capitals that are longer than the letter. */
function inCapitals(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
}

function normalizeText(match: TextMatch): TextMatch {
  if (typeof match === 'string') return match;
  const { equals, in: list, prefix, glob } = match;
  if (equals !== undefined) return equals;
  if (list !== undefined) {
    const texts = [...new Set(list)].sort();
    const [only] = texts;
    return only !== undefined && texts.length === 1 ? only : { in: texts };
  }
  if (prefix !== undefined) return { prefix };
  if (glob !== undefined) return normalizeGlob(glob.replaceAll(/\*+/g, '*'));
  return { exists: match.exists ?? true };
}

function normalizeGlob(glob: string): TextMatch {
  const star = glob.indexOf('*');
  if (star === -1) return glob;
  if (glob === '*') return { exists: true };
  return star === glob.length - 1 ? { prefix: glob.slice(0, -1) } : { glob };
}

function normalizeNamed(named: Readonly<Record<string, TextMatch>>): Readonly<Record<string, TextMatch>> {
  const entries = Object.entries(named).map(([name, match]) => [name, normalizeText(match)] as const);
  return sortedObject(entries);
}

export function sortedObject<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function normalizeTime({ zone, days, from = '00:00', to = '24:00' }: TimeWindow): TimeWindow {
  const sorted = days === undefined ? undefined : weekdays.filter((each) => days.includes(each));
  return defined({ zone, days: sorted, from, to });
}

/** Without the fields that are there and say nothing. */
export function defined<T extends object>(value: T): T {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as T;
}
