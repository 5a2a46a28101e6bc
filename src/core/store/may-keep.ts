// Which answers may be kept, and under whose key: the one of the target that the rules chose, and of nobody who stood in for it. Pure.
import type { JsonObject } from '../door/parse-body.ts';
import { applyOverrides } from '../routing/overrides.ts';
import type { PlannedAttempt, RoutePlan } from '../routing/route-plan.ts';

/** Whose answer is looked for, and kept. */
export interface KeepTarget {
  readonly version: string;
  /** As it goes to that version. */
  readonly body: JsonObject;
  readonly ttlMs: number;
}

/** Null: no rule keeps answers of this request, or nobody could tell whose answer it was. */
export function keepTargetOf(
  { attempts, cache }: Pick<RoutePlan, 'attempts' | 'cache'>,
  body: JsonObject,
): KeepTarget | null {
  if (cache === null) return null;
  const chosen = attempts.find(({ role }) => !standsIn(role));
  if (chosen === undefined) return null;
  // Of the same version under other overrides nobody sees in the end which of the two has answered.
  const isAlone = attempts.filter(({ target }) => target === chosen.target).length === 1;
  if (!isAlone) return null;
  return {
    version: chosen.target,
    body: { ...applyOverrides(body, chosen.overrides), model: chosen.target },
    ttlMs: cache.ttlMs,
  };
}

function standsIn(role: PlannedAttempt['role']): boolean {
  return role === 'fallback' || role === 'spill';
}

/** How a request ended, as far as it decides. */
export interface AnswerEnd {
  readonly failed: boolean;
  /** Who answered; null = nobody did. */
  readonly version: string | null;
  /** Said of one that stood in. */
  readonly label: string | null;
  /** Boundaries in the answer. */
  readonly segments: number;
  readonly finishReason: string | null;
}

/** Ends of a chat that the request itself brings about. A filter's verdict may change, and an end that nobody has named is none. */
const wholeEnds: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'function_call']);

/** Why the answer is not kept under the key of `version`; null = it is. */
export function whyNotKept(
  end: AnswerEnd,
  { version, task }: { readonly version: string; readonly task: 'chat' | 'embedding' },
): string | null {
  if (end.failed) return 'it is not whole';
  if (end.label !== null || end.version !== version) return 'another one stood in';
  if (end.segments > 0) return 'it was put together of several answers';
  if (task === 'chat' && !wholeEnds.has(end.finishReason ?? '')) return 'it did not end by itself';
  return null;
}
