// What the admin routes of a tenant share: which tenant is meant, how its object is asked, and how an answer looks.
import type { Context } from 'hono';
import { etagOf } from '../../src/core/tenant/if-match.ts';
import { parseVersion } from '../../src/core/tenant/rule-requests.ts';
import type { RuleRefusal, RuleVersion, RuleVersionHead } from '../../src/core/tenant/rule-versions.ts';
import type { Failure } from '../../src/core/api/failure.ts';
import type { Result } from '../../src/core/base/result.ts';
import { findTenant } from '../../tenants/tenants.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { withinAnswerTime } from './within-answer-time.ts';

/** The tenant of the path; tenants are those of the deployment's files. */
export function tenantOf(c: Context<AppEnv>): string {
  const tenant = c.req.param('tenant') ?? '';
  if (findTenant(tenant) === undefined) throw new RequestFailure({ kind: 'unknown-tenant', tenant });
  return tenant;
}

/** A new stub for each call: one that has seen an error stays broken. */
export function objectOf(c: Context<AppEnv>, tenant: string) {
  return c.env.TENANT.getByName(tenant);
}

/** What the object says, or the end of the request. Types that cross to an object and back are told by the caller. */
export async function askTenant<T>(answer: Promise<unknown>): Promise<T> {
  // An answer is never null, so that null is silence.
  const said = await withinAnswerTime(answer);
  if (said === null) throw new RequestFailure({ kind: 'tenant-silent' });
  return said as T;
}

export function currentOf(c: Context<AppEnv>, tenant: string): Promise<RuleVersion> {
  return askTenant(objectOf(c, tenant).current(tenant));
}

/** The version that a path or a query names. */
export async function versionOf(c: Context<AppEnv>, tenant: string, text: string): Promise<RuleVersion> {
  const version = parseVersion(text);
  if (version === null) throw new RequestFailure({ kind: 'unknown-rule-version', version: text });
  return orRefuse(
    await askTenant<Result<RuleVersion, RuleRefusal>>(objectOf(c, tenant).read(tenant, version)),
  );
}

/** The value, or the object's refusal as the end of the request. */
export function orRefuse<T>(result: Result<T, RuleRefusal>): T {
  if (!result.ok) throw new RequestFailure(failureOf(result.error));
  return result.value;
}

/** A version without its rules; `more` is what else there is to say. */
export function renderHead(tenant: string, head: RuleVersionHead, more: object = {}): object {
  const { version, generation, hash, createdMs, by, comment, copyOf, requestId } = head;
  return {
    tenant,
    version,
    etag: etagOf(head),
    generation,
    hash,
    createdMs,
    by,
    comment,
    copyOf,
    requestId,
    ...more,
  };
}

export function answer(
  c: Context<AppEnv>,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return c.json(body, 200, { ...headers, 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}

/** A version with its rules; `more` is what else there is to say. */
export function answerVersion(c: Context<AppEnv>, version: RuleVersion, more: object = {}): Response {
  const tenant = c.req.param('tenant') ?? '';
  const body = { ...renderHead(tenant, version), ...more, rules: JSON.parse(version.document) as unknown };
  return answer(c, body, { etag: etagOf(version) });
}

function failureOf(refusal: RuleRefusal): Failure {
  if (refusal.kind === 'rules-changed') return refusal;
  return { kind: 'unknown-rule-version', version: String(refusal.version) };
}
