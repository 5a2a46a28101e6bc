// Rules that are as dear as the bounds allow, and texts that make them so: each glob is almost met everywhere and nowhere met.
import { compileRules, type CompiledRules } from '../../../src/core/routing/compile-rules.ts';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import {
  conditionsMax,
  conditionsPerSetMax,
  globsPerSetMax,
  globTextCharsMax,
  partsMax,
  patternCharsMax,
  shapeNodesMax,
  textsMax,
} from '../../../src/core/routing/rule-bounds.ts';
import type { Condition, Rule, TextMatch } from '../../../src/core/routing/rule-set.ts';
import { question } from '../../unit/routing/sample-route.ts';

const text = 'a'.repeat(globTextCharsMax);
const nearMiss = `*${'a'.repeat(patternCharsMax - 3)}b*`;
const pieces = `*${'aaaaaaaaaaaaab*'.repeat(7)}`;
const texts = Array.from({ length: textsMax }, (_, at) => `${'a'.repeat(patternCharsMax - 2)}${at}`);
/** Of a set's values, shared by its conditions. */
const textsOfSet = Math.floor((shapeNodesMax * 0.8) / conditionsPerSetMax);

const matches: readonly (readonly [string, TextMatch, TextMatch])[] = [
  twice('one long piece', { glob: nearMiss }),
  twice('many short pieces', { glob: pieces }),
  twice('long prefixes', { prefix: `${'a'.repeat(patternCharsMax - 1)}b` }),
  ['long lists', { in: texts }, { in: texts.slice(0, textsOfSet) }],
];

function twice(name: string, match: TextMatch): readonly [string, TextMatch, TextMatch] {
  return [name, match, match];
}

export interface HostileCase {
  readonly name: string;
  readonly question: RouteQuestion;
}

/** One rule at its bound, and a set at its own, for each kind of comparison. */
export function hostileCases(): readonly { readonly rule: HostileCase; readonly set: HostileCase }[] {
  return matches.map(([name, inRule, inSet]) => {
    const rule = (at: number, match: TextMatch): Rule => ({
      id: `r-${at}`,
      match: { any: half(match, conditionsMax / 2), all: [{ any: half(match, conditionsMax / 2) }] },
      target: 'a@1',
    });
    const isGlob = typeof inSet === 'object' && inSet.glob !== undefined;
    const many = Math.floor((isGlob ? globsPerSetMax : conditionsPerSetMax) / conditionsMax);
    return {
      rule: { name, question: ask(compiled([rule(0, inRule)])) },
      set: {
        name,
        question: ask(compiled(Array.from({ length: many }, (_, at) => rule(at, inSet)))),
      },
    };
  });
}

function half(match: TextMatch, count: number): readonly Condition[] {
  const names = Math.ceil(count / partsMax);
  const each = Object.fromEntries(Array.from({ length: names }, (_, at) => [`m${at}`, match]));
  return Array.from({ length: count / names }, () => ({ metadata: each }));
}

function compiled(rules: readonly Rule[]): CompiledRules {
  const parsed = parseRules(rules);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return compileRules(parsed.value);
}

function ask(rules: CompiledRules): RouteQuestion {
  const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`m${at}`, text]));
  return { ...question, rules, metadata };
}
