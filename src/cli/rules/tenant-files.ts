// Files as the commands take them: tenants with their rules, and JSON that is given on the command line or in a file.
import { err, ok, type Result } from '../../core/base/result.ts';
import { parseRules } from '../../core/routing/parse-rules.ts';
import type { RuleSet } from '../../core/routing/rule-set.ts';
import { parseTenant } from '../../core/tenant/tenant.ts';
import { readText } from '../sim/read-text.ts';

export interface TenantFile {
  readonly file: string;
  readonly tenant: string;
  readonly ruleSet: RuleSet;
}

/** All of the files, or everything that is wrong with any of them. */
export function readTenantFiles(files: readonly string[]): Result<readonly TenantFile[], readonly string[]> {
  const read: TenantFile[] = [];
  const wrong: string[] = [];
  for (const file of files) {
    const found = readTenantFile(file);
    const before = found.ok ? read.find(({ tenant }) => tenant === found.value.tenant) : undefined;
    if (!found.ok) wrong.push(found.error);
    else if (before !== undefined)
      wrong.push(`${file}: is of the same tenant as ${before.file}: ${before.tenant}`);
    else read.push(found.value);
  }
  return wrong.length === 0 ? ok(read) : err(wrong);
}

function readTenantFile(file: string): Result<TenantFile, string> {
  const json = readJsonFile(file);
  if (!json.ok) return json;
  const parsed = parseTenant(json.value);
  if (!parsed.ok) return err(`${file}: is not valid:\n  ${parsed.error.replaceAll('\n', '\n  ')}`);
  return ok({ file, tenant: parsed.value.id, ruleSet: parsed.value.ruleSet });
}

/** Rules to try: those of a tenant file, or a file with rules alone. */
export function readRulesFile(file: string): Result<RuleSet, string> {
  const json = readJsonFile(file);
  if (!json.ok) return json;
  const tenant = parseTenant(json.value);
  if (tenant.ok) return ok(tenant.value.ruleSet);
  const parsed = parseRules(json.value);
  if (parsed.ok) return ok(parsed.value);
  const issues = parsed.error.map(({ path, reason }) => `\n  ${path === '' ? 'the whole' : path}: ${reason}`);
  return err(`${file}: holds neither a tenant nor rules:${issues.join('')}`);
}

/** JSON as an argument: itself, or the name of its file. */
export function readJsonArgument(given: string): Result<unknown, string> {
  if (!given.trimStart().startsWith('{')) return readJsonFile(given);
  const parsed = parseJson(given);
  return parsed.ok ? parsed : err(`the question ${parsed.error}`);
}

function readJsonFile(file: string): Result<unknown, string> {
  const text = readText(file);
  if (!text.ok) return text;
  const parsed = parseJson(text.value);
  return parsed.ok ? parsed : err(`${file}: ${parsed.error}`);
}

function parseJson(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch (cause) {
    return err(`is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}
