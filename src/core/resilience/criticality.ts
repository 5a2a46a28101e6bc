// How much it matters that a request is served when not all can be. Owns the order of the classes and who may choose one. Pure.

import type { Failure } from '../api/failure.ts';
import { err, ok, type Result } from '../base/result.ts';

/** By which a request asks to count for less than its key allows. */
export const criticalityHeader = 'x-pilotlight-criticality';

/** In the order in which they are served. */
export const criticalities = ['critical', 'default', 'sheddable'] as const;

export type Criticality = (typeof criticalities)[number];

/** 0 is served first. */
export function criticalityRank(criticality: Criticality): number {
  return criticalities.indexOf(criticality);
}

/** A class as somebody wrote it; null when it is none. */
export function parseCriticality(value: unknown): Criticality | null {
  return criticalities.find((each) => each === value) ?? null;
}

/** The header's class; null without one. A class that is none is refused: its sender would believe in it. */
export function readCriticality(header: string | null): Result<Criticality | null, Failure> {
  if (header === null) return ok(null);
  const parsed = parseCriticality(header);
  if (parsed !== null) return ok(parsed);
  const message = `${criticalityHeader} must be one of ${criticalities.join(', ')}.`;
  return err({ kind: 'invalid', message, param: criticalityHeader });
}

/** What a request counts as: what its key's policy says (`default` without one), unless the request itself asks for less. */
export function criticalityOf(asked: {
  readonly key: Criticality | null;
  readonly requested: Criticality | null;
}): Criticality {
  const key = asked.key ?? 'default';
  return lowerOf(key, asked.requested ?? key);
}

export function lowerOf(a: Criticality, b: Criticality): Criticality {
  return criticalityRank(a) >= criticalityRank(b) ? a : b;
}
