// A first look at all rules of a list at once: most rules ask for certain texts (a model, a team, a key) or for numbers in a range, and most
// requests bring others. Which rules that leaves is found in a few small arrays, without touching the rules themselves, whose memory is
// cold. It only ever leaves out rules whose condition does not hold; what a condition says is decided by `hold-condition.ts`. Pure.
import type { NumberFact, Test, TextTest } from './compile-condition.ts';
import { readNamed, readText } from './hold-condition.ts';
import type { Facts } from './route-question.ts';

/** Something that rules ask for by equality. */
type Asked = Extract<Test, { readonly kind: 'model' | 'text' | 'named' }>;

export interface FirstLook {
  /** One test for each fact that rules of the list ask for. */
  readonly asked: readonly Asked[];
  /** Numbers of the texts that they ask for. */
  readonly texts: ReadonlyMap<string, number>;
  /** `looksEach` entries a rule: a fact's place in `asked` (or `anything`) and a text's number, in turn. */
  readonly wanted: Uint16Array;
  /** Two entries a rule, the ends of a range of prompt tokens: the number that is asked for most. */
  readonly ranges: Float64Array;
}

/** Texts that are looked at for one rule; further ones are left to its condition. */
const looksEach = 2;
const anything = 65_535;
/** The number of a text that no rule asks for. */
const unknown = 65_534;
/** In place of a number, where a fact has several texts: nothing is left out by it. */
const several = 65_533;
const rangeFact: NumberFact = 'promptTokens';

/** `matches`: the conditions of a list's rules in their order, null where one always holds. */
export function compileFirstLook(matches: readonly (Test | null)[]): FirstLook {
  const asked = new Map<string, { readonly at: number; readonly test: Asked }>();
  const texts = new Map<string, number>();
  const wanted = new Uint16Array(2 * looksEach * matches.length).fill(anything);
  const ranges = new Float64Array(2 * matches.length);
  for (const [index, match] of matches.entries()) {
    const parts = match === null ? [] : match.kind === 'all' ? match.parts : [match];
    for (const [look, { test, text }] of findTexts(parts).entries()) {
      const key = JSON.stringify([test.kind, 'fact' in test && test.fact, 'name' in test && test.name]);
      const { at } = asked.get(key) ?? { at: asked.size };
      if (at === asked.size) asked.set(key, { at, test });
      const number = texts.get(text) ?? texts.size;
      texts.set(text, number);
      const place = 2 * (looksEach * index + look);
      wanted[place] = at;
      wanted[place + 1] = number;
    }
    const range = parts.find((part) => part.kind === 'number' && part.fact === rangeFact);
    const [min, max] = range?.kind === 'number' ? [range.min, range.max] : [-Infinity, Infinity];
    ranges[2 * index] = min;
    ranges[2 * index + 1] = max;
  }
  return { asked: [...asked.values()].map(({ test }) => test), texts, wanted, ranges };
}

/** Texts without which a condition of these parts cannot hold. */
function findTexts(parts: readonly Test[]): readonly { readonly test: Asked; readonly text: string }[] {
  const found = [];
  for (const test of parts) {
    if (test.kind !== 'model' && test.kind !== 'text' && test.kind !== 'named') continue;
    const text = equalsOf(test.test);
    if (text !== null) found.push({ test, text });
    if (found.length === looksEach) break;
  }
  return found;
}

function equalsOf(test: TextTest): string | null {
  return test.kind === 'equals' ? test.text : null;
}

/** The numbers of this request's texts, in the order of `asked`. */
export function lookAt({ asked, texts }: FirstLook, facts: Facts): readonly number[] {
  return asked.map((test) => {
    if (test.kind === 'model' && facts.names.length > 1) return several;
    const text = textIn(test, facts);
    return text === null ? unknown : (texts.get(text) ?? unknown);
  });
}

function textIn(test: Asked, facts: Facts): string | null {
  if (test.kind === 'model') return facts.names[0] ?? null;
  return test.kind === 'text' ? readText(test, facts) : readNamed(test, facts);
}

/** Whether rule `index` may fire; `seen` is from `lookAt`. */
export function mayFire(
  { wanted, ranges }: FirstLook,
  seen: readonly number[],
  index: number,
  facts: Facts,
): boolean {
  for (let look = 0; look < looksEach; look += 1) {
    const place = 2 * (looksEach * index + look);
    const fact = wanted[place] ?? anything;
    if (fact === anything) break;
    const text = seen[fact] ?? unknown;
    if (text !== several && text !== wanted[place + 1]) return false;
  }
  const number = facts.question[rangeFact];
  // What is not known is looked at in full.
  if (number === null) return true;
  return !(number < (ranges[2 * index] ?? 0) || number > (ranges[2 * index + 1] ?? 0));
}
