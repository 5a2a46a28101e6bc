// A schema's complaints as places and reasons: one for each field that is wrong, in the words that the schema has for it. Pure.
import type { z } from 'zod';
import { issuesMax } from './rule-bounds.ts';

/** Why a set is refused: where, as in `rules[3].match.model`, and what is wrong there. */
export interface RuleIssue {
  readonly path: string;
  readonly reason: string;
}

export type Path = readonly PropertyKey[];

interface Complaint extends RuleIssue {
  readonly at: Path;
  /** The value is not of this branch's kind at all: another branch has more to say. */
  readonly isMismatch: boolean;
}

export function describeRuleIssues(error: z.ZodError, root: Path): readonly RuleIssue[] {
  const complaints = error.issues.flatMap((issue) => complain(issue, root));
  return complaints.slice(0, issuesMax).map(({ path, reason }) => ({ path, reason }));
}

function complain(issue: z.core.$ZodIssue, base: Path): readonly Complaint[] {
  const at = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => complaint([...at, key], issue.message, false));
  if (issue.code !== 'invalid_union') {
    const isMismatch = issue.code === 'invalid_type' || issue.code === 'invalid_value';
    return [complaint(at, issue.message, isMismatch)];
  }
  for (const branch of issue.errors) {
    const complaints = branch.flatMap((each) => complain(each, at));
    if (complaints.some(({ isMismatch, at: where }) => !isMismatch || where.length > at.length))
      return complaints;
  }
  return [complaint(at, issue.message, true)];
}

function complaint(at: Path, reason: string, isMismatch: boolean): Complaint {
  return { at, path: renderPath(at), reason, isMismatch };
}

const echoCharsMax = 64;

/** `rules[3].match.labels.team`; a name that would be misread is quoted, one that is long is cut. Empty for the whole. */
export function renderPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else {
      const name = String(key).slice(0, echoCharsMax);
      const isPlain = /^[\w-]+$/.test(name);
      text += isPlain ? `${text === '' ? '' : '.'}${name}` : `[${JSON.stringify(name)}]`;
    }
  }
  return text;
}
