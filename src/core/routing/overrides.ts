// What a rule changes about a request on its way to one target: how overrides of several rules become one, and what a body is under
// them. Pure.
import type { JsonObject } from '../door/parse-body.ts';
import type { Overrides, Parameters } from './rule-set.ts';

export const noOverrides: Overrides = {};

/** Value by value, what `first` says stands. */
export function mergeOverrides(first: Overrides | null, then: Overrides | null): Overrides {
  if (first === null || then === null) return first ?? then ?? noOverrides;
  const merged: Record<string, unknown> = { ...then, ...first };
  for (const field of ['parameters', 'defaults', 'timeouts'] as const)
    if (first[field] !== undefined && then[field] !== undefined)
      merged[field] = { ...then[field], ...first[field] };
  return merged;
}

/** The body that goes to the target; the model's name in it is the caller's affair. */
export function applyOverrides(body: JsonObject, overrides: Overrides): JsonObject {
  const { parameters, defaults, systemPrompt } = overrides;
  if (parameters === undefined && defaults === undefined && systemPrompt === undefined) return body;
  const changed: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(defaults ?? {}))
    if (!isGiven(changed, name)) changed[name] = value;
  for (const [name, value] of Object.entries(parameters ?? {})) changed[name] = value;
  if (isSet(parameters, 'max_tokens') || isSet(defaults, 'max_tokens')) onlyOneLimit(changed, parameters);
  if (systemPrompt !== undefined && Array.isArray(body['messages'])) {
    changed['messages'] = prompted(body['messages'], systemPrompt);
  }
  return changed;
}

function isSet(parameters: Parameters | undefined, name: keyof Parameters): boolean {
  return parameters?.[name] !== undefined;
}

/** `max_completion_tokens` is the newer name of `max_tokens`: a client that gave one has given both. */
function isGiven(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const given = (key: string): boolean => (body[key] ?? null) !== null;
  return given(name) || (name === 'max_tokens' && given('max_completion_tokens'));
}

function onlyOneLimit(changed: Record<string, unknown>, parameters: Parameters | undefined): void {
  if (isSet(parameters, 'max_tokens')) delete changed['max_completion_tokens'];
}

function prompted(
  messages: readonly unknown[],
  prompt: NonNullable<Overrides['systemPrompt']>,
): readonly unknown[] {
  const { prepend, replace } = typeof prompt === 'string' ? { prepend: prompt } : prompt;
  const ours = { role: 'system', content: replace ?? prepend ?? '' };
  return [ours, ...(replace === undefined ? messages : messages.filter((each) => !isSystem(each)))];
}

function isSystem(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || !('role' in message)) return false;
  return message.role === 'system' || message.role === 'developer';
}
