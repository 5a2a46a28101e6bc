// A tenant as its file describes it: who may speak for it, how much its requests count beside others', and its routing rules. Keys are
// stored as SHA-256 alone. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import { criticalities, type Criticality } from '../resilience/criticality.ts';
import { parseRules } from '../routing/parse-rules.ts';
import type { Rule, RuleSet } from '../routing/rule-set.ts';

/** Enough to rotate keys and to have one per service; each is held in every isolate. */
const keysMax = 100;
/** What rules may tell keys apart by. */
const labelsMax = 16;
/** A thousand to one at the extremes: beyond that a tenant would have the pool for itself, which is what pools of its own are for. */
const weightMin = 0.1;
const weightMax = 100;
const weightWords = `must be a number from ${weightMin} to ${weightMax}`;
/** Above what a deployment serves: a typing error, not a limit. */
const requestsPerMinuteMax = 10_000_000;
const rateWords = `must be a whole number from 1 to ${requestsPerMinuteMax}`;
const labelText = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

const key = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where the key is good; anywhere else it is as unknown as any other. */
  environments: z.array(z.enum(['dev', 'staging', 'production'])).min(1),
  labels: z
    .record(labelText, labelText)
    .refine((labels) => Object.keys(labels).length <= labelsMax, {
      error: `may have at most ${labelsMax} labels`,
    })
    .default({}),
  criticality: z
    .enum(criticalities, { error: `must be one of ${criticalities.join(', ')}` })
    .default('default'),
});

const tenant = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  name: z.string().max(200),
  weight: z
    .number({ error: weightWords })
    .min(weightMin, { error: weightWords })
    .max(weightMax, { error: weightWords })
    .default(1),
  rate: z
    .strictObject({
      requestsPerMinute: z
        .int({ error: rateWords })
        .min(1, { error: rateWords })
        .max(requestsPerMinuteMax, { error: rateWords }),
    })
    .nullable()
    .default(null),
  keys: z.array(key).max(keysMax),
  /** The parser of rules says what may stand here. */
  rules: z.unknown(),
});

export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** Its share of the slots of a pool beside the other tenants' that wait there. */
  readonly weight: number;
  /** What all its keys together may ask for; null = as much as is free. Held by docs/store.md. */
  readonly rate: { readonly requestsPerMinute: number } | null;
  readonly keys: readonly {
    readonly id: string;
    readonly sha256: string;
    readonly environments: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly criticality: Criticality;
  }[];
  /** What holds until rules are published. */
  readonly ruleSet: RuleSet;
  /** The set's rules for all keys. */
  readonly rules: readonly Rule[];
}

/** Parses one tenant's file; the error says what is wrong where. */
export function parseTenant(file: unknown): Result<Tenant, string> {
  const parsed = tenant.safeParse(file);
  if (!parsed.success) return err(z.prettifyError(parsed.error));
  const ruleSet = parseRules(parsed.data.rules);
  if (!ruleSet.ok)
    return err(
      ruleSet.error.map(({ path, reason }) => `${path === '' ? 'rules' : path} ${reason}`).join('\n'),
    );
  return ok({ ...parsed.data, ruleSet: ruleSet.value, rules: ruleSet.value.rules });
}

/** Who a key speaks for. */
export interface KeyHolder {
  readonly tenant: Tenant;
  readonly keyId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The most that its requests may count as. */
  readonly criticality: Criticality;
}

/** Holders by their key's full SHA-256; only keys of `environment` are in it. Two tenants never share one. */
export function indexKeys(
  tenants: readonly Tenant[],
  environment: string,
): Result<ReadonlyMap<string, KeyHolder>, string> {
  const index = new Map<string, KeyHolder>();
  for (const tenant of tenants) {
    for (const { id, sha256, environments, labels, criticality } of tenant.keys) {
      if (!environments.includes(environment)) continue;
      const other = index.get(sha256);
      if (other !== undefined)
        return err(`key ${id} of tenant ${tenant.id} is also key ${other.keyId} of ${other.tenant.id}`);
      index.set(sha256, { tenant, keyId: id, labels, criticality });
    }
  }
  return ok(index);
}

/** All tenants of a deployment; ids are names of objects and rows, so that two tenants may never have one. */
export function parseTenants(files: readonly unknown[]): Result<readonly Tenant[], string> {
  const tenants: Tenant[] = [];
  for (const [at, file] of files.entries()) {
    const tenant = parseTenant(file);
    if (!tenant.ok) return err(`tenant file ${at + 1} is not valid: ${tenant.error}`);
    if (tenants.some(({ id }) => id === tenant.value.id))
      return err(`two tenants are called ${tenant.value.id}`);
    tenants.push(tenant.value);
  }
  return ok(tenants);
}
