// The tenants of this deployment, parsed when the isolate starts: a broken file stops the deployment, not a request. A new tenant is a
// file and a line here. A key is looked up by its full SHA-256 in a map that holds every key there is: known and unknown keys cost the
// same, and no guess is kept.
import { indexKeys, parseTenants, type KeyHolder, type Tenant } from '../src/core/tenant/tenant.ts';
import acme from './acme.json' with { type: 'json' };
import demo from './demo.json' with { type: 'json' };

const parsed = parseTenants([demo, acme]);
if (!parsed.ok) throw new Error(parsed.error);

export const tenants: readonly Tenant[] = parsed.value;

/** One per environment asked for; an isolate serves one. */
const indexes = new Map<string, ReadonlyMap<string, KeyHolder>>();

export function findTenant(id: string): Tenant | undefined {
  return tenants.find((each) => each.id === id);
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
