// The tenants of this deployment, parsed when the isolate starts: a broken file stops the deployment, not a request. A new tenant is a
// file and a line here.
import { must } from '../src/core/base/assert.ts';
import { indexKeys, parseTenant, type Tenant } from '../src/core/tenant/tenant.ts';
import acme from './acme.json' with { type: 'json' };
import demo from './demo.json' with { type: 'json' };

const tenants: readonly Tenant[] = [demo, acme].map((file) => {
  const tenant = parseTenant(file);
  if (!tenant.ok) throw new Error(`a tenant's file is not valid: ${tenant.error}`);
  return tenant.value;
});

const indexes = new Map<string, ReadonlyMap<string, Tenant>>();

export function findTenant(id: string): Tenant | undefined {
  return tenants.find((each) => each.id === id);
}

/** Whose key has this SHA-256 in this environment. */
export function findByKey(sha256: string, environment: string): Tenant | undefined {
  let index = indexes.get(environment);
  if (index === undefined) {
    const made = indexKeys(tenants, environment);
    if (!made.ok) throw new Error(made.error);
    index = must(made.value, 'an index of keys');
    indexes.set(environment, index);
  }
  return index.get(sha256);
}
