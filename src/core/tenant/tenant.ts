// A tenant as its file describes it: who may speak for it, and its routing rules. Keys are stored as SHA-256 alone. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import { rule, type Rule } from '../routing/rule.ts';

const key = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where the key is good; anywhere else it is as unknown as any other. */
  environments: z.array(z.enum(['dev', 'staging', 'production'])).min(1),
});

const tenant = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  name: z.string().max(200),
  keys: z.array(key).max(100),
  rules: z.array(rule).max(100),
});

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly keys: readonly {
    readonly id: string;
    readonly sha256: string;
    readonly environments: readonly string[];
  }[];
  readonly rules: readonly Rule[];
}

/** Parses one tenant's file; the error says what is wrong where. */
export function parseTenant(file: unknown): Result<Tenant, string> {
  const parsed = tenant.safeParse(file);
  return parsed.success ? ok(parsed.data) : err(z.prettifyError(parsed.error));
}

/** Which tenant a key speaks for, by the key's full SHA-256; only keys of `environment` are in it. Two tenants never share one. */
export function indexKeys(
  tenants: readonly Tenant[],
  environment: string,
): Result<ReadonlyMap<string, Tenant>, string> {
  const index = new Map<string, Tenant>();
  for (const each of tenants) {
    for (const { sha256, environments } of each.keys) {
      if (!environments.includes(environment)) continue;
      if (index.has(sha256)) return err(`tenant ${each.id} has a key that another tenant has too`);
      index.set(sha256, each);
    }
  }
  return ok(index);
}
