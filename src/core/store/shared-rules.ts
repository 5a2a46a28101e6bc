// A tenant's published rules as edges share them in a store beside the tenant's object: what is written there, how long it speaks for the object,
// and the check that what is read can be true. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import { fingerprint } from '../tenant/rule-versions.ts';

/** A tenant object's answer. `document` is null when the asker has these rules, and for generation 0, which is the tenant's file. */
export interface PublishedRules {
  readonly version: number;
  readonly generation: number;
  readonly hash: string;
  readonly document: string | null;
}

/** What is known of published rules without the rules. */
export interface RulesHead extends Omit<PublishedRules, 'document'> {
  readonly tenant: string;
  /** When the tenant's object was asked for it. */
  readonly checkedMs: number;
}

/** For so long nobody asks the object again. Added to what an isolate takes (src/hosts/rule-snapshots.ts), it stays below five seconds. */
export const sharedFreshMs = 500;
/** For so long the last good rules are there when the object is not. */
export const sharedKeepMs = 7 * 24 * 3_600_000;

const whole = z.int().min(0);
const head: z.ZodType<RulesHead> = z.strictObject({
  tenant: z.string(),
  version: whole,
  generation: whole,
  hash: z.string(),
  checkedMs: z.number(),
});

export function renderRulesHead(tenant: string, rules: PublishedRules, checkedMs: number): string {
  const { version, generation, hash } = rules;
  return JSON.stringify({ tenant, version, generation, hash, checkedMs } satisfies RulesHead);
}

export function readRulesHead(text: string, tenant: string): Result<RulesHead, string> {
  const parsed = head.safeParse(parseJson(text));
  if (!parsed.success) return err('is no head of rules');
  return parsed.data.tenant === tenant ? ok(parsed.data) : err('is of another tenant');
}

/** A clock that was set back must not make old rules fresh. */
export function isFresh({ checkedMs }: RulesHead, nowMs: number): boolean {
  return Math.abs(nowMs - checkedMs) <= sharedFreshMs;
}

/** Whether this is the text that the head speaks of. */
export function isTextOf({ hash }: RulesHead, document: string): boolean {
  return parseJson(document) !== null && fingerprint(document) === hash;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
