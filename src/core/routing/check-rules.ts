// What a schema cannot say of a set: totals, ids that are taken, names that lead in a circle, zones that do not exist, targets that the
// catalogue does not have. Everything here is refused when the set is written, so that no request meets it. Pure.
import type { Catalogue, ModelVersion } from '../registry/model.ts';
import { renderPath, type Path, type RuleIssue } from './describe-rule-issues.ts';
import { resolveAlias, findVersion } from './resolve-model.ts';
import {
  aliasHopsMax,
  conditionsMax,
  conditionsPerSetMax,
  globsPerSetMax,
  nestingMax,
  rulesPerSetMax,
  targetsMax,
  zonesMax,
} from './rule-bounds.ts';
import type { RuleSet } from './rule-set.ts';
import { isZone } from './zone-clock.ts';
import {
  conditionsOf,
  countComparisons,
  countGlobs,
  listsOf,
  targetsOf,
  type PlacedRule,
  type RuleList,
} from './walk-rules.ts';

type Blame = (at: Path, reason: string) => void;

/** `catalogue` null: the names of models are not looked up. */
export function checkRules(set: RuleSet, catalogue: Catalogue | null): readonly RuleIssue[] {
  const issues: RuleIssue[] = [];
  const blame: Blame = (at, reason) => void issues.push({ path: renderPath(at), reason });
  const lists = listsOf(set);
  const rules = lists.flatMap((list) => list.rules);
  if (rules.length > rulesPerSetMax)
    blame(['keys'], `brings the set to ${rules.length} rules; at most ${rulesPerSetMax}`);
  for (const list of lists) checkIds(list, blame);
  for (const rule of rules) checkRule(rule, blame);
  checkTotals(rules, blame);
  const hasLoop = !checkAliases(set, blame);
  if (catalogue !== null) checkAliasNames(set, catalogue, blame);
  if (catalogue !== null && !hasLoop) checkModels({ set, rules, catalogue }, blame);
  return issues;
}

function checkIds({ rules }: RuleList, blame: Blame): void {
  const seen = new Map<string, Path>();
  for (const { rule, at } of rules) {
    const before = seen.get(rule.id);
    if (before !== undefined) blame([...at, 'id'], `is the id of ${renderPath(before)} as well`);
    else seen.set(rule.id, at);
  }
}

function checkRule(placed: PlacedRule, blame: Blame): void {
  const conditions = conditionsOf(placed);
  const deep = conditions.find(({ level }) => level > nestingMax);
  if (deep !== undefined) blame(deep.at, `is nested deeper than ${nestingMax} levels`);
  const comparisons = sum(conditions.map(({ condition }) => countComparisons(condition)));
  if (comparisons > conditionsMax)
    blame([...placed.at, 'match'], `holds ${comparisons} conditions; at most ${conditionsMax}`);
  const targets = targetsOf(placed).length;
  if (targets > targetsMax) blame(placed.at, `names ${targets} targets; at most ${targetsMax}`);
  for (const { condition, at } of conditions) {
    if (condition.time !== undefined && !isZone(condition.time.zone))
      blame([...at, 'time', 'zone'], 'is not a time zone that is known; write it as in Europe/Berlin');
  }
}

function checkTotals(rules: readonly PlacedRule[], blame: Blame): void {
  const conditions = rules.flatMap(conditionsOf);
  const comparisons = sum(conditions.map(({ condition }) => countComparisons(condition)));
  if (comparisons > conditionsPerSetMax)
    blame([], `holds ${comparisons} conditions in all; at most ${conditionsPerSetMax}`);
  const globs = sum(conditions.map(({ condition }) => countGlobs(condition)));
  if (globs > globsPerSetMax) blame([], `holds ${globs} globs in all; at most ${globsPerSetMax}`);
  const zones = new Map<string, Path>();
  for (const { condition, at } of conditions) {
    if (condition.time === undefined) continue;
    if (!zones.has(condition.time.zone)) zones.set(condition.time.zone, [...at, 'time', 'zone']);
  }
  const over = [...zones.values()][zonesMax];
  if (over !== undefined) blame(over, `is time zone ${zonesMax + 1} of the set; at most ${zonesMax}`);
}

/** False when some name leads nowhere but in a circle or through too many others. */
function checkAliases({ aliases }: RuleSet, blame: Blame): boolean {
  let isFine = true;
  for (const name of Object.keys(aliases)) {
    const chain = [name];
    for (;;) {
      const last = chain[chain.length - 1] ?? '';
      const next = Object.hasOwn(aliases, last) ? aliases[last] : undefined;
      if (next === undefined) break;
      if (chain.includes(next)) {
        blame(['aliases', name], `leads in a circle: ${[...chain, next].join(' -> ')}`);
        isFine = false;
        break;
      }
      chain.push(next);
      if (chain.length - 1 <= aliasHopsMax) continue;
      blame(['aliases', name], `leads through more than ${aliasHopsMax} names: ${chain.join(' -> ')}`);
      isFine = false;
      break;
    }
  }
  return isFine;
}

/** A version that is hidden by an alias could be named by nobody. */
function checkAliasNames({ aliases }: RuleSet, { versions }: Catalogue, blame: Blame): void {
  for (const { id } of versions)
    if (Object.hasOwn(aliases, id))
      blame(['aliases', id], 'is the id of a version, which a rule may name as well: take another name');
}

interface Models {
  readonly set: RuleSet;
  readonly rules: readonly PlacedRule[];
  readonly catalogue: Catalogue;
}

function checkModels({ set, rules, catalogue }: Models, blame: Blame): void {
  const find = (name: string): ModelVersion | undefined =>
    findVersion(catalogue, resolveAlias(set.aliases, name));
  const missing = (name: string): string => `is no model that is served here: ${name.slice(0, 100)}`;
  for (const [name, to] of Object.entries(set.aliases))
    if (find(to) === undefined) blame(['aliases', name], missing(to));
  for (const placed of rules) {
    let task: ModelVersion['task'] | undefined = placed.rule.match?.task;
    for (const { name, at } of targetsOf(placed)) {
      const version = find(name);
      if (version === undefined) blame(at, missing(name));
      else if (task !== undefined && version.task !== task)
        blame(at, `is a model for ${version.task}, while the rule is for ${task}`);
      task ??= version?.task;
    }
    for (const { condition, at } of conditionsOf(placed)) {
      for (const field of ['warmth', 'predictedWaitMs'] as const) {
        const of = condition[field]?.of;
        if (of !== undefined && find(of) === undefined) blame([...at, field, 'of'], missing(of));
      }
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
