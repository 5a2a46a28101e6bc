// What a tenant's object takes from the deployment it runs in: the tenant's file.
import type { RuleVersion } from '../src/core/tenant/rule-versions.ts';
import { fileRules } from '../tenants/tenants.ts';

export interface TenantOutside {
  /** The tenant's file as version 0. Throws for who has none. */
  fileVersion(tenant: string): RuleVersion;
}

export const tenantOutside: TenantOutside = {
  fileVersion: (tenant) => fileRules(tenant).version,
};
