// The commands that ask a deployment one thing and print the answer; `rollback`, which is as short, is among them.
import { must } from '../../core/base/assert.ts';
import type { Result } from '../../core/base/result.ts';
import type { Difference } from '../../core/tenant/diff-json.ts';
import { parseVersion } from '../../core/tenant/rule-requests.ts';
import { callAdmin, type Call, type Refusal, type ToldVersion } from './admin-client.ts';
import { failed, type Outcome } from './outcome.ts';
import { renderDifference, renderVersions } from './render-rules.ts';
import type { RulesRequest } from './rules-options.ts';
import { readJsonArgument, readRulesFile } from './tenant-files.ts';

type Listed = { readonly versions: readonly (ToldVersion & { readonly isCurrent: boolean })[] };
type Compared = Difference & { readonly from: ToldVersion; readonly to: ToldVersion };

export async function performRead(request: RulesRequest): Promise<Outcome> {
  const [tenant = '', second = '', third = ''] = request.arguments;
  const rules = `/tenants/${encodeURIComponent(tenant)}/rules`;
  switch (request.command) {
    case 'show': {
      const path = request.version === null ? rules : `${rules}/versions/${request.version}`;
      return told(await ask<ToldVersion>(request, path), (version) => [
        JSON.stringify(version.rules, null, 2),
      ]);
    }
    case 'list':
      return told(await ask<Listed>(request, `${rules}/versions`), ({ versions }) =>
        renderVersions(versions),
      );
    case 'rollback':
      return rollBack(request, rules, second);
    case 'explain':
      return question(request, {
        path: `/tenants/${encodeURIComponent(tenant)}/explain`,
        given: second,
        more: {},
      });
    case 'dry-run': {
      const read = readRulesFile(second);
      if (!read.ok) return failed('badInput', [read.error]);
      return question(request, { path: `${rules}/dry-run`, given: third, more: { rules: read.value } });
    }
    case 'status': {
      const path = tenant === '' ? '/rules-status' : `/rules-status?tenant=${encodeURIComponent(tenant)}`;
      return told(await ask<object>(request, path), (status) => [JSON.stringify(status, null, 2)]);
    }
    default:
      return compare(request, rules);
  }
}

async function rollBack(request: RulesRequest, rules: string, given: string): Promise<Outcome> {
  const version = parseVersion(given);
  if (version === null) return failed('badInput', [`"${given}" is not the number of a version`]);
  const body = { version, comment: request.comment, by: request.by };
  const answer = await callAdmin<ToldVersion>(request, { method: 'POST', path: `${rules}/rollback`, body });
  return told(answer, (made) => [
    made.isNew === true
      ? `${made.tenant}: version ${made.version} says what version ${version} said`
      : `${made.tenant}: version ${made.version} holds and says that already`,
  ]);
}

async function compare(request: RulesRequest, rules: string): Promise<Outcome> {
  const asked = new URLSearchParams();
  if (request.from !== null) asked.set('from', String(request.from));
  if (request.to !== null) asked.set('to', String(request.to));
  const answer = await ask<Compared>(request, `${rules}/diff?${asked.toString()}`);
  const outcome = told(answer, (found) =>
    renderDifference(`${found.to.tenant} (version ${found.from.version} -> ${found.to.version})`, found),
  );
  return answer.ok && answer.value.changes.length > 0 ? { ...outcome, exit: 'differs' } : outcome;
}

interface Asked {
  readonly path: string;
  readonly given: string;
  readonly more: object;
}

async function question(request: RulesRequest, { path, given, more }: Asked): Promise<Outcome> {
  const read = readJsonArgument(given);
  if (!read.ok) return failed('badInput', [read.error]);
  const call: Call = { method: 'POST', path, body: { ...more, question: read.value } };
  const answer = await callAdmin<{ readonly text: string }>(request, call);
  return told(answer, ({ text }) => [must(text, 'words of an explanation')]);
}

function ask<T>(request: RulesRequest, path: string): Promise<Result<T, Refusal>> {
  return callAdmin<T>(request, { method: 'GET', path });
}

function told<T>(answer: Result<T, Refusal>, render: (value: T) => readonly string[]): Outcome {
  if (!answer.ok) return failed('refused', [answer.error.message]);
  return { exit: 'done', lines: render(answer.value), json: answer.value, complaints: [] };
}
