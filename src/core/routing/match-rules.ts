// Which rules fire for a request, and what they say together. Layers in their order: the key's rules, the tenant's, the platform's
// defaults; in each, rules in theirs. The first that fires ends the search, unless it says that it continues: then what it says stands,
// and later rules add only what has not been said. Pure.
import { must } from '../base/assert.ts';
import { listOf, type CompiledActs, type CompiledList, type CompiledRule } from './compile-rules.ts';
import { lookAt, mayFire } from './first-look.ts';
import { findUnmet, readFact } from './hold-condition.ts';
import { mergeOverrides } from './overrides.ts';
import { namesOf, resolveModel, type AliasScope } from './resolve-model.ts';
import type { Layer, RuleVerdict } from './route-plan.ts';
import type { Facts, RouteQuestion } from './route-question.ts';
import type { Overrides } from './rule-set.ts';

/** Something that a rule said, with who said it: names in it mean what they mean in that rule's set. */
export interface Said<T> {
  readonly value: T;
  readonly rule: string;
  readonly layer: Layer;
  readonly scope: AliasScope;
}

type Act = Exclude<keyof CompiledActs, 'overrides'>;

export interface Sayings {
  readonly choice: Said<NonNullable<CompiledActs['choice']>> | null;
  readonly fallback: Said<NonNullable<CompiledActs['fallback']>> | null;
  readonly spill: Said<NonNullable<CompiledActs['spill']>> | null;
  readonly hedge: Said<NonNullable<CompiledActs['hedge']>> | null;
  readonly shadow: Said<NonNullable<CompiledActs['shadow']>> | null;
  readonly midStream: Said<NonNullable<CompiledActs['midStream']>> | null;
  readonly cache: Said<NonNullable<CompiledActs['cache']>> | null;
}

export interface Match {
  /** Rule by rule, in the order of trying; worked out when it is asked for, from what was found. */
  verdicts(): readonly RuleVerdict[];
  /** More knowledge of pools might have changed which rules fired. */
  readonly readsPools: boolean;
  readonly deny: Said<string> | null;
  readonly sayings: Sayings;
  readonly overrides: Overrides | null;
}

interface Trial {
  readonly layer: Layer;
  readonly list: CompiledList;
  readonly facts: Facts;
  /** Indexes of the rules that fired. */
  readonly fired: number[];
  /** Rules that were looked at; those behind were not reached. */
  tried: number;
}

const acts = [
  'choice',
  'fallback',
  'spill',
  'hedge',
  'shadow',
  'midStream',
  'cache',
] as const satisfies readonly Act[];

export function matchRules(facts: Facts): Match {
  const sayings: { -readonly [K in keyof Sayings]: Sayings[K] } = {
    choice: null,
    fallback: null,
    spill: null,
    hedge: null,
    shadow: null,
    midStream: null,
    cache: null,
  };
  let overrides: Overrides | null = null;
  let deny: Said<string> | null = null;
  let readsPools = false;
  const trials = trialsOf(facts);
  for (const trial of trials) {
    const firing = tryRules(trial);
    readsPools ||= firing.readsPools;
    for (const rule of firing.rules) {
      const { layer, facts: known } = trial;
      const say = <T>(value: T): Said<T> => ({ value, rule: rule.id, layer, scope: known.scope });
      if (rule.deny !== null) deny = say(rule.deny);
      for (const act of acts) {
        const value = rule.acts[act];
        // The compiler cannot see that the act on both sides is the same.
        if (value !== null && sayings[act] === null) sayings[act] = say(value) as never;
      }
      if (rule.acts.overrides !== null) overrides = mergeOverrides(overrides, rule.acts.overrides);
    }
    if (firing.isOver) break;
  }
  return { verdicts: () => trials.flatMap(judge), readsPools, deny, sayings, overrides };
}

interface Firing {
  readonly rules: readonly CompiledRule[];
  readonly readsPools: boolean;
  /** One of them ends the search. */
  readonly isOver: boolean;
}

/** Tries one list, and notes in the trial how far that went. */
function tryRules(trial: Trial): Firing {
  const { list, facts } = trial;
  const rules: CompiledRule[] = [];
  const seen = lookAt(list.look, facts);
  let readsPools = false;
  for (let index = 0; index < list.rules.length; index += 1) {
    trial.tried = index + 1;
    if (!mayFire(list.look, seen, index, facts)) continue;
    const rule = must(list.rules[index], 'a rule of its list');
    if (!rule.enabled) continue;
    readsPools ||= rule.readsPools;
    if (rule.match !== null && findUnmet(rule.match, facts) !== null) continue;
    trial.fired.push(index);
    rules.push(rule);
    if (!rule.continues) return { rules, readsPools, isOver: true };
  }
  return { rules, readsPools, isOver: false };
}

/** The facts of a request as its tenant sees them. */
export function factsOf(question: RouteQuestion): Facts {
  const scope = [question.rules.aliases, question.platform.aliases];
  const names = namesOf(scope, question.model);
  return { question, names, version: resolveModel(question.catalogue, scope, question.model), scope };
}

const emptyList = listOf([]);

function trialsOf(facts: Facts): readonly Trial[] {
  const { rules, platform, keyId } = facts.question;
  const trial = (layer: Layer, list: CompiledList, known: Facts): Trial => ({
    layer,
    list,
    facts: known,
    fired: [],
    tried: 0,
  });
  return [
    trial('key', rules.keys.get(keyId) ?? emptyList, facts),
    trial('tenant', rules.list, facts),
    // A tenant's aliases do not bend what the platform's rules mean.
    trial('platform', platform.list, { ...facts, scope: [platform.aliases] }),
  ];
}

function judge({ layer, list, facts, fired, tried }: Trial): readonly RuleVerdict[] {
  return list.rules.map(({ id, enabled, match }, index): RuleVerdict => {
    const plain = { layer, rule: id, on: null, got: null };
    if (index >= tried) return { ...plain, outcome: 'not-reached' };
    if (fired.includes(index)) return { ...plain, outcome: 'fired' };
    if (!enabled) return { ...plain, outcome: 'off' };
    const unmet = must(match === null ? null : findUnmet(match, facts), 'what kept a rule from firing');
    return { layer, rule: id, outcome: 'not-met', on: unmet.path, got: readFact(unmet, facts) };
  });
}
