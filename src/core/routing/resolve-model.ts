// From a name to a version: aliases of a rule set first, then the catalogue's names, then a version's id. Pure; the index of a catalogue
// is remembered for as long as the catalogue lives.
import type { Catalogue, ModelVersion } from '../registry/model.ts';
import { aliasHopsMax } from './rule-bounds.ts';

/** Where the aliases of a set lead from `name`; `name` itself when it is none. */
export function resolveAlias(aliases: Readonly<Record<string, string>>, name: string): string {
  let last = name;
  for (let hop = 0; hop < aliasHopsMax; hop += 1) {
    const next = Object.hasOwn(aliases, last) ? aliases[last] : undefined;
    if (next === undefined) break;
    last = next;
  }
  return last;
}

/** Aliases of the sets that have a say, in their order: a tenant's before the platform's, for the platform's rules its own alone. */
export type AliasScope = readonly Readonly<Record<string, string>>[];

/** `name` and all that it is on its way to a name of the catalogue. */
export function namesOf(scope: AliasScope, name: string): readonly string[] {
  const names = [name];
  for (const aliases of scope) {
    const last = names[names.length - 1] ?? name;
    const next = resolveAlias(aliases, last);
    if (next !== last) names.push(next);
  }
  return names;
}

/** Null when no such model is served. */
export function resolveModel(catalogue: Catalogue, scope: AliasScope, name: string): ModelVersion | null {
  let last = name;
  for (const aliases of scope) last = resolveAlias(aliases, last);
  return findVersion(catalogue, last) ?? null;
}

const indexes = new WeakMap<Catalogue, ReadonlyMap<string, ModelVersion>>();

/** The version that the catalogue means by `name`: one of its own names, or a version id. */
export function findVersion(catalogue: Catalogue, name: string): ModelVersion | undefined {
  let index = indexes.get(catalogue);
  if (index === undefined) {
    index = new Map(catalogue.versions.map((version) => [version.id, version]));
    indexes.set(catalogue, index);
  }
  const alias = Object.hasOwn(catalogue.aliases, name) ? catalogue.aliases[name] : undefined;
  return index.get(alias ?? name);
}
