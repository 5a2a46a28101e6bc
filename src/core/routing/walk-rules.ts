// Ways through a set that checks and counts share: its lists, the parts of a condition, the targets of a rule. Pure.
import type { Path } from './describe-rule-issues.ts';
import type { Condition, Rule, RuleSet, Target } from './rule-set.ts';

export interface PlacedRule {
  readonly rule: Rule;
  readonly at: Path;
}

export interface RuleList {
  readonly at: Path;
  readonly rules: readonly PlacedRule[];
}

/** The tenant's list and those of its keys. */
export function listsOf({ rules, keys }: RuleSet): readonly RuleList[] {
  const place = (at: Path, list: readonly Rule[]): RuleList => ({
    at,
    rules: list.map((rule, index) => ({ rule, at: [...at, index] })),
  });
  return [place(['rules'], rules), ...Object.entries(keys).map(([key, list]) => place(['keys', key], list))];
}

export interface PlacedCondition {
  readonly condition: Condition;
  readonly at: Path;
  /** 0 for a rule's own match. */
  readonly level: number;
}

/** A rule's match and every part in it, from the outside inwards. */
export function conditionsOf({ rule, at }: PlacedRule): readonly PlacedCondition[] {
  if (rule.match === undefined) return [];
  const found: PlacedCondition[] = [{ condition: rule.match, at: [...at, 'match'], level: 0 }];
  // Grows while it is walked; its length is bounded by that of the set's text.
  for (const { condition, at, level } of found) {
    const deeper = level + 1;
    const { all, any, not } = condition;
    for (const [index, part] of (all ?? []).entries())
      found.push({ condition: part, at: [...at, 'all', index], level: deeper });
    for (const [index, part] of (any ?? []).entries())
      found.push({ condition: part, at: [...at, 'any', index], level: deeper });
    if (not !== undefined) found.push({ condition: not, at: [...at, 'not'], level: deeper });
  }
  return found;
}

const namedFields = ['labels', 'metadata', 'headers'] as const;
const nests = new Set(['all', 'any', 'not']);

/** Single comparisons in one condition, its nested parts apart. */
export function countComparisons(condition: Condition): number {
  const names = namedFields.map((field) => Object.keys(condition[field] ?? {}).length);
  const fields = Object.entries(condition).filter(
    ([field, value]) =>
      value !== undefined && !nests.has(field) && !namedFields.some((each) => each === field),
  );
  return names.reduce((total, each) => total + each, fields.length);
}

const textFields = ['model', 'tenant', 'key', 'country', 'region', 'colo'] as const;

/** Globs in one condition, its nested parts apart. */
export function countGlobs(condition: Condition): number {
  const texts = [
    ...textFields.map((field) => condition[field]),
    ...namedFields.flatMap((field) => Object.values(condition[field] ?? {})),
  ];
  return texts.filter((text) => typeof text === 'object' && text.glob !== undefined).length;
}

export interface PlacedName {
  readonly name: string;
  readonly at: Path;
}

export function nameOf(target: Target): string {
  return typeof target === 'string' ? target : target.model;
}

/** The models that a rule may send a request to. */
export function targetsOf({ rule, at }: PlacedRule): readonly PlacedName[] {
  const { target, choose, fallback, spill, shadow } = rule;
  const one = (value: Target, path: Path): PlacedName => ({
    name: nameOf(value),
    at: [...at, ...path, ...(typeof value === 'string' ? [] : ['model'])],
  });
  const found: PlacedName[] = target === undefined ? [] : [one(target, ['target'])];
  for (const [index, each] of (choose?.from ?? []).entries())
    found.push(one(each, ['choose', 'from', index]));
  for (const [index, each] of (fallback ?? []).entries()) found.push(one(each, ['fallback', index]));
  if (spill !== undefined && spill !== 'never') {
    const isList = Array.isArray(spill.to);
    for (const [index, each] of spillTargets(spill.to).entries())
      found.push(one(each, ['spill', 'to', ...(isList ? [index] : [])]));
  }
  if (shadow !== undefined && shadow !== 'never') found.push(one(shadow.to, ['shadow', 'to']));
  return found;
}

export function spillTargets(to: Target | readonly Target[]): readonly Target[] {
  return isTargets(to) ? to : [to];
}

/** `Array.isArray` does not narrow a readonly array away. */
function isTargets(to: Target | readonly Target[]): to is readonly Target[] {
  return Array.isArray(to);
}
