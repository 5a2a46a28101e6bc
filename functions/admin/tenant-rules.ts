// The rules of a tenant, in versions: /admin/v1/tenants/{t}/rules and what lies under it. The edge checks what came, the tenant's object keeps
// the versions; nothing here decides about a route.
import type { Context } from 'hono';
import type { Failure } from '../../src/core/api/failure.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import { parseRules } from '../../src/core/routing/parse-rules.ts';
import { exceedsBytes, type Json } from '../../src/core/run/json.ts';
import { diffJson } from '../../src/core/tenant/diff-json.ts';
import { parseIfMatch, type IfMatch } from '../../src/core/tenant/if-match.ts';
import { parsePublication, parseRollback } from '../../src/core/tenant/rule-requests.ts';
import {
  documentBytesMax,
  versionsMax,
  type RuleRefusal,
  type RuleVersion,
  type RuleVersionHead,
} from '../../src/core/tenant/rule-versions.ts';
import { learnRules, rulesStatus, tenantRulesStatus } from '../../durable-objects/tenant-call.ts';
import type { RuleOrderInput, RuleOutcome } from '../../durable-objects/tenant-object.ts';
import { findTenant } from '../../tenants/tenants.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import type { RouteEntry } from '../route-entry.ts';
import {
  answer,
  answerVersion,
  askTenant,
  currentOf,
  objectOf,
  orRefuse,
  renderHead,
  tenantOf,
  versionOf,
} from './ask-tenant.ts';
import { dryRunRules, explainRoute } from './explain-route.ts';

const base = '/admin/v1/tenants/:tenant';

export const tenantRuleRoutes: readonly RouteEntry[] = [
  { path: `${base}/rules`, handlers: { GET: showRules, PUT: publishRules } },
  { path: `${base}/rules/versions`, handlers: { GET: listVersions } },
  { path: `${base}/rules/versions/:version`, handlers: { GET: showVersion } },
  { path: `${base}/rules/rollback`, handlers: { POST: rollBackRules } },
  { path: `${base}/rules/diff`, handlers: { GET: showDifference } },
  { path: `${base}/rules/dry-run`, handlers: { POST: dryRunRules } },
  { path: `${base}/explain`, handlers: { POST: explainRoute } },
  { path: '/admin/v1/rules-status', handlers: { GET: showStatus } },
];

async function showRules(c: Context<AppEnv>): Promise<Response> {
  return answerVersion(c, await currentOf(c, tenantOf(c)));
}

async function publishRules(c: Context<AppEnv>): Promise<Response> {
  const tenant = tenantOf(c);
  const ifMatch = ifMatchOf(c);
  const { rules, by, comment } = orFail(parsePublication(await readBody(c)));
  const document = orFail(writeRules(c, rules));
  return change(c, { ifMatch, by, comment, requestId: c.get('requestId') }, (order) =>
    objectOf(c, tenant).publish(tenant, document, order),
  );
}

async function rollBackRules(c: Context<AppEnv>): Promise<Response> {
  const tenant = tenantOf(c);
  const ifMatch = ifMatchOf(c);
  const { version, by, comment } = orFail(parseRollback(await readBody(c)));
  return change(c, { ifMatch, by, comment, requestId: c.get('requestId') }, (order) =>
    objectOf(c, tenant).rollBack(tenant, version, order),
  );
}

async function listVersions(c: Context<AppEnv>): Promise<Response> {
  const tenant = tenantOf(c);
  const heads = await askTenant<readonly RuleVersionHead[]>(objectOf(c, tenant).list(tenant));
  const versions = heads.map((head, at) => renderHead(tenant, head, { isCurrent: at === 0 }));
  return answer(c, { tenant, versions, versionsMax });
}

async function showVersion(c: Context<AppEnv>): Promise<Response> {
  return answerVersion(c, await versionOf(c, tenantOf(c), c.req.param('version') ?? ''));
}

/** From the version before to the current one, where nothing else is asked for. */
async function showDifference(c: Context<AppEnv>): Promise<Response> {
  const tenant = tenantOf(c);
  const { from, to } = c.req.query();
  const newer = to === undefined ? await currentOf(c, tenant) : await versionOf(c, tenant, to);
  const older = await versionOf(c, tenant, from ?? String(Math.max(0, newer.version - 1)));
  const { changes, isCut } = diffJson(rulesOf(older), rulesOf(newer));
  const ends = { from: renderHead(tenant, older), to: renderHead(tenant, newer) };
  return answer(c, { tenant, ...ends, changes, isCut });
}

function showStatus(c: Context<AppEnv>): Response {
  const nowMs = c.get('deps').now();
  const tenant = c.req.query('tenant');
  if (tenant === undefined) return answer(c, { nowMs, ...rulesStatus(nowMs) });
  if (findTenant(tenant) === undefined) throw new RequestFailure({ kind: 'unknown-tenant', tenant });
  return answer(c, { nowMs, tenant, snapshot: tenantRulesStatus(tenant, nowMs) });
}

/** Sends an order to the object and answers with the version that holds now, which this isolate knows from here on. */
async function change(
  c: Context<AppEnv>,
  order: RuleOrderInput,
  send: (order: RuleOrderInput) => Promise<unknown>,
): Promise<Response> {
  const askedMs = c.get('deps').now();
  const { current, isNew } = orRefuse(await askTenant<Result<RuleOutcome, RuleRefusal>>(send(order)));
  learnRules(c.env, c.executionCtx, { tenant: tenantOf(c), current, askedMs });
  return answerVersion(c, current, { isNew });
}

/** Rules as they are kept: parsed, with targets that are there, within the bound. */
function writeRules(c: Context<AppEnv>, rules: unknown): Result<string, Failure> {
  const parsed = parseRules(rules, c.get('config').catalogue);
  if (!parsed.ok) return err({ kind: 'invalid-rules', issues: parsed.error });
  const document = JSON.stringify(parsed.value);
  if (!exceedsBytes(document, documentBytesMax)) return ok(document);
  const issue = { path: 'rules', reason: `take more than ${documentBytesMax} bytes` };
  return err({ kind: 'invalid-rules', issues: [issue] });
}

function ifMatchOf(c: Context<AppEnv>): IfMatch {
  const parsed = parseIfMatch(c.req.header('if-match') ?? null);
  if (parsed.ok) return parsed.value;
  throw new RequestFailure({ kind: 'invalid', message: `If-Match ${parsed.error}.`, param: 'If-Match' });
}

function readBody(c: Context<AppEnv>) {
  return readJsonBody(c.req.raw, c.get('config').bounds);
}

function rulesOf({ document }: RuleVersion): Json {
  return JSON.parse(document) as Json;
}
