// What methods of one file cost through those that they call, and the loops that call costly ones. Pure.
import type { HitList } from '../hit-list.ts';
import { loopRules, type ApexMember, type Costly } from './apex-member.ts';

/** Rounds in which what a called method does is passed on to its callers; chains of calls in one file are rarely longer. */
const CALL_ROUNDS_MAX = 8;

/** What each method does, itself or through those that it calls. */
export function passOnCosts(members: readonly ApexMember[]): ReadonlyMap<string, ReadonlySet<Costly>> {
  const reached = new Map<string, Set<Costly>>();
  for (const { key, does } of members) reached.set(key, new Set([...(reached.get(key) ?? []), ...does]));
  for (let round = 0; round < CALL_ROUNDS_MAX; round += 1) {
    let hasGrown = false;
    for (const { key, calls } of members) {
      const own = reached.get(key);
      const sizeBefore = own?.size ?? 0;
      for (const called of calls) for (const cost of reached.get(called.key) ?? []) own?.add(cost);
      hasGrown ||= (own?.size ?? 0) > sizeBefore;
    }
    if (!hasGrown) break;
  }
  return reached;
}

/** A costly method that is called in a loop is a costly loop. */
export function addCalls(
  hits: HitList,
  member: ApexMember,
  known: {
    readonly reached: ReadonlyMap<string, ReadonlySet<Costly>>;
    readonly names: ReadonlyMap<string, string>;
  },
): void {
  for (const { key, line, loopDepth } of member.calls) {
    if (loopDepth === 0 || key === member.key) continue;
    for (const cost of known.reached.get(key) ?? []) {
      const { rule, words } = loopRules[cost];
      const detail = `each pass calls ${known.names.get(key) ?? key}(), which ${words}`;
      hits.add(rule, { line, loopDepth, confidence: 0.85, detail });
    }
  }
}
