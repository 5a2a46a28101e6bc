// The model names that a tenant may ask for: those of its rules, those of the catalogue, and the version ids. Pure.
import type { Catalogue } from '../registry/model.ts';
import type { Rule, TextMatch } from './rule-set.ts';

/** Each name once, in the order in which a person would look for them. `aliases`: those of the tenant's own set. */
export function listNames(
  catalogue: Catalogue,
  rules: readonly Rule[],
  aliases: Readonly<Record<string, string>> = {},
): readonly string[] {
  const ruled = rules.filter(isRoute).flatMap(({ match }) => literalNames(match?.model));
  const versions = catalogue.versions.map(({ id }) => id);
  return [...new Set([...Object.keys(catalogue.aliases), ...Object.keys(aliases), ...ruled, ...versions])];
}

/** A rule that only adds to what others decide gives no name a meaning. */
function isRoute({ enabled, target, choose }: Rule): boolean {
  return enabled !== false && (target !== undefined || choose !== undefined);
}

/** A pattern names nothing that could be listed. */
function literalNames(match: TextMatch | undefined): readonly string[] {
  if (match === undefined) return [];
  if (typeof match === 'string') return [match];
  return match.in ?? (match.equals === undefined ? [] : [match.equals]);
}
