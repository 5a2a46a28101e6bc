// One form for every set that means the same, to store, compare and compile. Applied twice it changes nothing more; what it gives may be
// written again as it is. Pure.
import { defined, normalizeCondition, sortedObject } from './normalize-condition.ts';
import {
  failureClasses,
  type Choice,
  type Fallback,
  type Overrides,
  type Rule,
  type RuleSet,
  type Spill,
  type Target,
} from './rule-set.ts';
import { spillTargets } from './walk-rules.ts';

export function normalizeRules({ aliases, rules, keys }: RuleSet): RuleSet {
  const lists = Object.entries(keys)
    .filter(([, list]) => list.length > 0)
    .map(([key, list]) => [key, list.map(normalizeRule)] as const);
  return {
    aliases: sortedObject(Object.entries(aliases)),
    rules: rules.map(normalizeRule),
    keys: sortedObject(lists),
  };
}

function normalizeRule(rule: Rule): Rule {
  const { match, target, choose, fallback, spill, overrides, shadow } = rule;
  const condition = match === undefined ? {} : normalizeCondition(match);
  return defined({
    id: rule.id,
    description: rule.description,
    enabled: rule.enabled === false ? false : undefined,
    match: Object.keys(condition).length === 0 ? undefined : condition,
    continue: rule.continue === true ? true : undefined,
    target: target === undefined ? undefined : normalizeTarget(target),
    choose: choose === undefined ? undefined : normalizeChoice(choose),
    fallback: fallback?.map(normalizeFallback),
    spill: spill === undefined || spill === 'never' ? spill : normalizeSpill(spill),
    overrides: overrides === undefined ? undefined : normalizeOverrides(overrides),
    deny: rule.deny,
    hedge: rule.hedge,
    shadow:
      shadow === undefined || shadow === 'never' ? shadow : { ...shadow, to: normalizeTarget(shadow.to) },
    midStream: rule.midStream,
    cache: rule.cache,
  });
}

function normalizeTarget(target: Target): Target {
  if (typeof target === 'string') return target;
  const { model, overrides } = target;
  return overrides === undefined ? model : { model, overrides: normalizeOverrides(overrides) };
}

function normalizeChoice({ by, from, sticky, rest }: Choice): Choice {
  const targets = from.map((each) => {
    const target = normalizeTarget(each);
    if (by !== 'weight') return target;
    const weight = typeof each === 'string' ? 1 : (each.weight ?? 1);
    return typeof target === 'string' ? { model: target, weight } : { ...target, weight };
  });
  return defined({ by, from: targets, sticky, rest: rest === 'never' ? rest : undefined });
}

function normalizeFallback(step: Fallback): Fallback {
  if (typeof step === 'string') return step;
  const { model, on, overrides } = step;
  const classes = on === undefined ? failureClasses : failureClasses.filter((each) => on.includes(each));
  if (classes.length === failureClasses.length) return normalizeTarget({ model, overrides });
  return defined({
    model,
    on: classes,
    overrides: overrides === undefined ? undefined : normalizeOverrides(overrides),
  });
}

function normalizeSpill({ to, afterWaitMs }: Spill): Spill {
  const targets = spillTargets(to).map(normalizeTarget);
  const [only] = targets;
  return { to: only !== undefined && targets.length === 1 ? only : targets, afterWaitMs };
}

function normalizeOverrides({ parameters, defaults, timeouts, systemPrompt }: Overrides): Overrides {
  return defined({
    parameters: parameters === undefined ? undefined : defined(parameters),
    defaults: defaults === undefined ? undefined : defined(defaults),
    timeouts: timeouts === undefined ? undefined : defined(timeouts),
    systemPrompt:
      typeof systemPrompt === 'string'
        ? { prepend: systemPrompt }
        : systemPrompt === undefined
          ? undefined
          : defined(systemPrompt),
  });
}
