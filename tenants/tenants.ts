// The tenants of this deployment, parsed when the isolate starts: a broken file stops the deployment, not a request. A new tenant is a
// file and a line here. A key is looked up by its full SHA-256 in a map that holds every key there is: known and unknown keys cost the
// same, and no guess is kept.
import { must } from '../src/core/base/assert.ts';
import { compileRules, noRules, type CompiledRules } from '../src/core/routing/compile-rules.ts';
import { fileVersion, type RuleVersion } from '../src/core/tenant/rule-versions.ts';
import { indexKeys, parseTenants, type KeyHolder, type Tenant } from '../src/core/tenant/tenant.ts';
import acme from './acme.json' with { type: 'json' };
import demo from './demo.json' with { type: 'json' };

const parsed = parseTenants([demo, acme]);
if (!parsed.ok) throw new Error(parsed.error);

export const tenants: readonly Tenant[] = parsed.value;

/** What every tenant's rules are followed by. None: a name means what the catalogue says. */
export const platformRules: CompiledRules = noRules;

/** One per environment asked for; an isolate serves one. */
const indexes = new Map<string, ReadonlyMap<string, KeyHolder>>();

export function findTenant(id: string): Tenant | undefined {
  return tenants.find((each) => each.id === id);
}

/** How much a tenant counts beside others; one that has no file counts once. */
export function weightOf(id: string): number {
  return findTenant(id)?.weight ?? 1;
}

/** What a tenant's file says of routes. */
export interface FileRules {
  readonly version: RuleVersion;
  readonly rules: CompiledRules;
}

/** By tenant; made when they are first asked for, and as many as there are files. */
const filed = new Map<string, FileRules>();

export function fileRules(id: string): FileRules {
  const known = filed.get(id);
  if (known !== undefined) return known;
  const { ruleSet } = must(findTenant(id), 'the file of a tenant whose rules are asked for');
  const made = { version: fileVersion(JSON.stringify(ruleSet)), rules: compileRules(ruleSet) };
  filed.set(id, made);
  return made;
}

/** Whose key has this SHA-256 in this environment. */
export function findByKey(sha256: string, environment: string): KeyHolder | undefined {
  return indexOf(environment).get(sha256);
}

function indexOf(environment: string): ReadonlyMap<string, KeyHolder> {
  const known = indexes.get(environment);
  if (known !== undefined) return known;
  const made = indexKeys(tenants, environment);
  if (!made.ok) throw new Error(made.error);
  indexes.set(environment, made.value);
  return made.value;
}
