// The model names that a tenant may ask for: those of its rules, those of the catalogue, and the version ids. Pure.
import type { Catalogue } from '../registry/model.ts';
import type { Rule } from './rule.ts';

/** Each name once, in the order in which a person would look for them. */
export function listNames(catalogue: Catalogue, rules: readonly Rule[]): readonly string[] {
  const ruled = rules.map(({ match }) => match.model);
  const versions = catalogue.versions.map(({ id }) => id);
  return [...new Set([...Object.keys(catalogue.aliases), ...ruled, ...versions])];
}
