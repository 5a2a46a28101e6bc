// The one way in for rules: anything to a set in normal form, or the places and reasons for which it is refused. Runs when rules are
// written, never when a request comes. Never throws. Pure.
import { err, ok, type Result } from '../base/result.ts';
import type { Catalogue } from '../registry/model.ts';
import { checkRules } from './check-rules.ts';
import { checkShape } from './check-shape.ts';
import { describeRuleIssues, renderPath, type RuleIssue } from './describe-rule-issues.ts';
import { normalizeRules } from './normalize-rules.ts';
import { writtenRules, type WrittenRules } from './rule.ts';
import { issuesMax } from './rule-bounds.ts';
import { emptyRules, type Rule, type RuleSet } from './rule-set.ts';

/**
 * `value`: a list of rules, or `{aliases, rules, keys}`. With `known`, every model that the set names must be served there. The set that
 * comes back may be stored, compared, compiled, and parsed again to itself.
 */
export function parseRules(
  value: unknown,
  known: Catalogue | null = null,
): Result<RuleSet, readonly RuleIssue[]> {
  const root = Array.isArray(value) ? ['rules'] : [];
  const shape = checkShape(value);
  if (shape !== null) return err([placed(renderPath([...root, ...shape.at]), shape.reason)]);
  const parsed = writtenRules.safeParse(value);
  if (!parsed.success)
    return err(describeRuleIssues(parsed.error, root).map(({ path, reason }) => placed(path, reason)));
  const set = inFull(parsed.data);
  const issues = checkRules(set, known);
  return issues.length === 0 ? ok(normalizeRules(set)) : err(issues.slice(0, issuesMax));
}

/** What is no set at all is named by the field that sets are written in, in files and in requests. */
function placed(path: string, reason: string): RuleIssue {
  return { path: path === '' ? 'rules' : path, reason };
}

function inFull(written: WrittenRules): RuleSet {
  if (isList(written)) return { ...emptyRules, rules: written };
  const { aliases = {}, rules = [], keys = {} } = written;
  return { aliases, rules, keys };
}

/** `Array.isArray` does not narrow a readonly array away. */
function isList(written: WrittenRules): written is readonly Rule[] {
  return Array.isArray(written);
}
