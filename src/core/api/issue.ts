// A schema's first complaint as the failure that clients know: which parameter, in OpenAI's spelling, and what is wrong with it. Pure.
import type { z } from 'zod';
import type { Failure } from './failure.ts';

/** `messages[0].role` for the path ['messages', 0, 'role']. */
export function describeIssue(error: z.ZodError): Failure {
  const [issue] = error.issues;
  const param = (issue?.path ?? []).reduce<string>(appendKey, '');
  const message = issue?.message ?? 'is not valid';
  return {
    kind: 'invalid',
    message: param === '' ? `The body ${message}.` : `"${param}" ${message}.`,
    param: param === '' ? null : param,
  };
}

function appendKey(path: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? String(key) : `${path}.${String(key)}`;
}
