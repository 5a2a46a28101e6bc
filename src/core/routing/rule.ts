// The schema of a rule and of a set: what may be written at all. It is what the published JSON Schema is made from; what it cannot say
// is in `check-rules.ts`. Pure.
import { z } from 'zod';
import { cache, choose, fallback, hedge, overrides, shadow, spill, target } from './act-schema.ts';
import { condition } from './condition-schema.ts';
import type { Rule, RuleSet } from './rule-set.ts';
import { aliasesMax, keyListsMax, reasonCharsMax, rulesMax } from './rule-bounds.ts';
import { closed, flag, isSome, modelName, must, oneOf, text } from './schema-parts.ts';

export type { Rule } from './rule-set.ts';

const id = z
  .string(must('be a name of a-z, 0-9 and - with at most 64 characters'))
  .regex(/^[a-z0-9-]{1,64}$/, must('be a name of a-z, 0-9 and - with at most 64 characters'));

export const rule: z.ZodType<Rule> = closed({
  id,
  description: text(reasonCharsMax).optional(),
  enabled: flag.optional(),
  match: condition.optional(),
  continue: flag.optional(),
  target: target.optional(),
  choose: choose.optional(),
  fallback: fallback.optional(),
  spill: spill.optional(),
  overrides: overrides.optional(),
  deny: closed({ reason: text(reasonCharsMax) }).optional(),
  hedge: hedge.optional(),
  shadow: shadow.optional(),
  midStream: oneOf(['error', 'continue']).optional(),
  cache: cache.optional(),
})
  .superRefine((each, context) => {
    const { deny, target, choose, fallback, spill, overrides, hedge, shadow, midStream, cache } = each;
    const others = { target, choose, fallback, spill, overrides, hedge, shadow, midStream, cache };
    const blame = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (deny === undefined && !isSome(others))
      blame(['target'], 'is missing: without it or another act the rule does nothing');
    if (target !== undefined && choose !== undefined) blame(['choose'], 'does not go together with target');
    if (deny === undefined) return;
    const beside = Object.entries(others).find(([, act]) => act !== undefined);
    if (beside !== undefined) blame([beside[0]], 'does not go together with deny');
    if (each.continue === true) blame(['continue'], 'does not go together with deny, which ends everything');
  })
  .meta({ id: 'rule' });

const rules = z
  .array(rule, must('be a list of rules'))
  .max(rulesMax, { error: `must hold at most ${rulesMax} rules` });

const aliases = z
  .record(z.string().regex(/^[^\s*]{1,100}$/), modelName, {
    error: (issue) =>
      issue.code === 'invalid_key'
        ? 'is not a name: 1 to 100 characters without spaces and stars'
        : 'must be an object of names and models',
  })
  .refine((value) => Object.keys(value).length <= aliasesMax, {
    error: `must hold at most ${aliasesMax} names`,
  });

const keys = z
  .record(z.string().regex(/^[a-z0-9-]{1,32}$/), rules, {
    error: (issue) =>
      issue.code === 'invalid_key'
        ? 'is not the id of a key: a-z, 0-9 and -, at most 32 characters'
        : 'must be an object of key ids and lists of rules',
  })
  .refine((value) => Object.keys(value).length <= keyListsMax, {
    error: `must hold at most ${keyListsMax} keys`,
  });

const whole = closed({ aliases: aliases.optional(), rules: rules.optional(), keys: keys.optional() });

/** A set as it may be written. */
export type WrittenRules = readonly Rule[] | { readonly [K in keyof RuleSet]?: RuleSet[K] | undefined };

export const writtenRules: z.ZodType<WrittenRules> = z.union(
  [rules, whole],
  must('be a list of rules, or an object with aliases, rules, keys'),
);
