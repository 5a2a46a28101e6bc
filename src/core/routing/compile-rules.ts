// A parsed set made ready for requests, once: conditions as trees of tests, acts with every default in its place. Rules that are off are
// kept, because an explanation names them. Pure.
import { compileCondition, readsPools, type Test } from './compile-condition.ts';
import { compileFirstLook, type FirstLook } from './first-look.ts';
import {
  failureClasses,
  type Choice,
  type Chooser,
  type Fallback,
  type FailureClass,
  type Overrides,
  type Rule,
  type RuleSet,
  type Sticky,
  type Target,
} from './rule-set.ts';
import { nameOf, spillTargets } from './walk-rules.ts';

export interface CompiledTarget {
  readonly name: string;
  readonly overrides: Overrides | null;
}

export interface CompiledChoice {
  /** `target`: there is only one. */
  readonly by: Chooser | 'target';
  readonly sticky: Sticky | null;
  readonly restFollows: boolean;
  readonly from: readonly (CompiledTarget & { readonly weight: number })[];
}

export type CompiledFallback = CompiledTarget & { readonly on: readonly FailureClass[] };

/** Null: the rule says nothing of it. */
export interface CompiledActs {
  readonly choice: CompiledChoice | null;
  readonly fallback: readonly CompiledFallback[] | null;
  readonly spill: { readonly to: readonly CompiledTarget[]; readonly afterWaitMs: number } | 'never' | null;
  readonly overrides: Overrides | null;
  readonly hedge: { readonly after: 'p95' | number } | 'never' | null;
  readonly shadow: (CompiledTarget & { readonly share: number }) | 'never' | null;
  readonly midStream: 'error' | 'continue' | null;
  readonly cache: { readonly ttlSeconds: number } | 'never' | null;
}

export interface CompiledRule {
  readonly id: string;
  readonly enabled: boolean;
  /** Null: always. */
  readonly match: Test | null;
  /** Its condition looks at pools: knowing more of them may change whether it fires. */
  readonly readsPools: boolean;
  readonly continues: boolean;
  readonly deny: string | null;
  readonly acts: CompiledActs;
}

/** Rules that are tried one after the other. */
export interface CompiledList {
  readonly rules: readonly CompiledRule[];
  readonly look: FirstLook;
}

export interface CompiledRules {
  readonly aliases: Readonly<Record<string, string>>;
  readonly list: CompiledList;
  readonly keys: ReadonlyMap<string, CompiledList>;
}

/** `set` has been parsed: what is in it is believed. */
export function compileRules({ aliases, rules, keys }: RuleSet): CompiledRules {
  return {
    aliases,
    list: listOf(rules.map(compileRule)),
    keys: new Map(Object.entries(keys).map(([key, each]) => [key, listOf(each.map(compileRule))])),
  };
}

export function listOf(rules: readonly CompiledRule[]): CompiledList {
  return { rules, look: compileFirstLook(rules.map(({ match }) => match)) };
}

export const noRules: CompiledRules = { aliases: {}, list: listOf([]), keys: new Map() };

function compileRule(rule: Rule): CompiledRule {
  const match = rule.match === undefined ? null : compileCondition(rule.match);
  return {
    id: rule.id,
    enabled: rule.enabled !== false,
    match,
    readsPools: match !== null && readsPools(match),
    continues: rule.continue === true,
    deny: rule.deny?.reason ?? null,
    acts: compileActs(rule),
  };
}

function compileActs(rule: Rule): CompiledActs {
  return {
    choice: compileChoice(rule),
    fallback: rule.fallback?.map(compileFallback) ?? null,
    spill: compileSpill(rule),
    overrides: rule.overrides ?? null,
    hedge: rule.hedge ?? null,
    shadow: compileShadow(rule),
    midStream: rule.midStream ?? null,
    cache: rule.cache ?? null,
  };
}

function compileFallback(step: Fallback): CompiledFallback {
  const on = typeof step === 'string' ? undefined : step.on;
  return { ...compileTarget(step), on: on ?? failureClasses };
}

function compileSpill({ spill }: Rule): CompiledActs['spill'] {
  if (spill === undefined || spill === 'never') return spill ?? null;
  return { to: spillTargets(spill.to).map(compileTarget), afterWaitMs: spill.afterWaitMs };
}

function compileShadow({ shadow }: Rule): CompiledActs['shadow'] {
  if (shadow === undefined || shadow === 'never') return shadow ?? null;
  return { ...compileTarget(shadow.to), share: shadow.share };
}

function compileChoice({ target, choose }: Rule): CompiledChoice | null {
  if (target !== undefined)
    return {
      by: 'target',
      sticky: null,
      restFollows: false,
      from: [{ ...compileTarget(target), weight: 1 }],
    };
  if (choose === undefined) return null;
  return {
    by: choose.by,
    sticky: choose.sticky ?? stickyOf(choose),
    restFollows: choose.rest !== 'never',
    from: choose.from.map((each) => ({
      ...compileTarget(each),
      weight: typeof each === 'string' ? 1 : (each.weight ?? 1),
    })),
  };
}

function stickyOf({ by }: Choice): Sticky | null {
  return by === 'session' ? 'session' : null;
}

function compileTarget(target: Target): CompiledTarget {
  return {
    name: nameOf(target),
    overrides: typeof target === 'string' ? null : (target.overrides ?? null),
  };
}
