// Files to a deployment: all are checked, here and there, before the first is applied; each is applied only if nobody else has changed that
// tenant's rules since its difference was shown.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { Json } from '../../core/run/json.ts';
import { diffJson, type Difference } from '../../core/tenant/diff-json.ts';
import { callAdmin, type Refusal, type ToldVersion } from './admin-client.ts';
import { failed, type Outcome } from './outcome.ts';
import { renderDifference } from './render-rules.ts';
import type { RulesRequest } from './rules-options.ts';
import { readTenantFiles, type TenantFile } from './tenant-files.ts';

/** Reads the files and asks nobody: models are looked up by the deployment that the rules go to. */
export function performCheck({ arguments: files }: RulesRequest): Promise<Outcome> {
  const read = readTenantFiles(files);
  if (!read.ok) return Promise.resolve(failed('badInput', read.error));
  const checked = read.value.map(({ file, tenant, ruleSet }) => ({
    file,
    tenant,
    rules: ruleSet.rules.length,
  }));
  const lines = checked.map(({ file, tenant, rules }) => `${file}: tenant ${tenant}, ${rules} rules`);
  return Promise.resolve({ exit: 'done', lines, json: { files: checked }, complaints: [] });
}

interface Plan {
  readonly file: TenantFile;
  readonly current: ToldVersion;
  readonly difference: Difference;
}

export async function performApply(request: RulesRequest): Promise<Outcome> {
  const read = readTenantFiles(request.arguments);
  if (!read.ok) return failed('badInput', read.error);
  const plans: Plan[] = [];
  const wrong: string[] = [];
  for (const file of read.value) {
    const plan = await planFile(request, file);
    if (plan.ok) plans.push(plan.value);
    else wrong.push(`${file.tenant}: ${plan.error.message}`);
  }
  if (wrong.length > 0) return failed('refused', wrong);
  return request.isDry ? tellPlans(plans) : applyPlans(request, plans);
}

/** Asks the deployment what holds there, and whether it would take the file. */
async function planFile(request: RulesRequest, file: TenantFile): Promise<Result<Plan, Refusal>> {
  const path = `/tenants/${file.tenant}/rules`;
  const current = await callAdmin<ToldVersion>(request, { method: 'GET', path });
  if (!current.ok) return current;
  const body = { rules: file.ruleSet, question: {} };
  const taken = await callAdmin(request, { method: 'POST', path: `${path}/dry-run`, body });
  if (!taken.ok) return err(taken.error);
  const difference = diffJson(current.value.rules, file.ruleSet as unknown as Json);
  return ok({ file, current: current.value, difference });
}

function tellPlans(plans: readonly Plan[]): Outcome {
  const lines = plans.flatMap(({ file, current, difference }) =>
    renderDifference(`${file.tenant} (version ${current.version} -> ${file.file})`, difference),
  );
  const tenants = plans.map(({ file, current, difference }) => ({
    tenant: file.tenant,
    file: file.file,
    version: current.version,
    ...difference,
  }));
  const differs = plans.some(({ difference }) => difference.changes.length > 0);
  return { exit: differs ? 'differs' : 'done', lines, json: { applied: false, tenants }, complaints: [] };
}

async function applyPlans(request: RulesRequest, plans: readonly Plan[]): Promise<Outcome> {
  const lines: string[] = [];
  const tenants: object[] = [];
  const complaints: string[] = [];
  for (const { file, current, difference } of plans) {
    lines.push(
      ...renderDifference(`${file.tenant} (version ${current.version} -> ${file.file})`, difference),
    );
    const told = { tenant: file.tenant, file: file.file, ...difference };
    if (difference.changes.length === 0) {
      tenants.push({ ...told, version: current.version, isNew: false });
      continue;
    }
    const body = { rules: file.ruleSet, comment: request.comment, by: request.by };
    const path = `/tenants/${file.tenant}/rules`;
    const made = await callAdmin<ToldVersion>(request, { method: 'PUT', path, body, ifMatch: current.etag });
    if (made.ok) {
      lines.push(`  published as version ${made.value.version}`);
      tenants.push({ ...told, version: made.value.version, isNew: made.value.isNew === true });
    } else {
      complaints.push(`${file.tenant}: ${sayWhy(made.error)}`);
      tenants.push({ ...told, version: current.version, isNew: false, error: made.error });
    }
  }
  return {
    exit: complaints.length === 0 ? 'done' : 'refused',
    lines,
    json: { applied: true, tenants },
    complaints,
  };
}

function sayWhy({ code, message }: Refusal): string {
  return code === 'rules_changed'
    ? 'somebody else has changed the rules meanwhile; look at the difference again'
    : message;
}
