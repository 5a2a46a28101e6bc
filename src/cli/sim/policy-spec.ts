// A policy's spelling, checked before anything runs: ours or a rival, with what the commands need to know of it. Owns the words for a
// spelling that cannot be, and the bound on what a policy may hold from the start.
import { err, ok, type Result } from '../../core/base/result.ts';
import { parseOwnSpec, type OwnSpec } from '../../sim/replay/own-spec.ts';
import { listPolicies, parsePolicy, sweepOf } from '../../sim/rivals/policy-of.ts';
import type { PolicyFactory } from '../../sim/rivals/policy-family.ts';

export interface PolicySpec {
  readonly spec: string;
  readonly family: string;
  /** What the policy decides by, when its spelling says so. */
  readonly gamma: number | null;
  readonly how:
    | { readonly kind: 'ours'; readonly own: OwnSpec }
    | { readonly kind: 'rival'; readonly make: PolicyFactory };
}

/** More replicas from the start than any fleet has; a slip of a digit, and the simulator would hold them all. */
const heldReplicasMax = 10_000;

export const ownUsage = 'ours[:GAMMA[:without=PART+PART][:with=trust]]';

/** `gamma` stands in where a spelling of ours leaves it out. */
export function readPolicySpec(spec: string, gamma: number): Result<PolicySpec, string> {
  const family = spec.split(':')[0] ?? '';
  if (family === 'ours') {
    const own = parseOwnSpec(spec === 'ours' ? `ours:${gamma}` : spec);
    if (!own.ok) return err(`--policy ${own.error}`);
    return ok({
      spec: spec === 'ours' ? `ours:${gamma}` : spec,
      family,
      gamma: own.value.gamma,
      how: { kind: 'ours', own: own.value },
    });
  }
  if (!familyNames().includes(family))
    return err(`--policy ${spec}: unknown policy "${family}"; known are ${familyNames().join(', ')}`);
  const make = parsePolicy(spec);
  if (!make.ok) return err(`--policy ${spec}: ${make.error}`);
  return ok({ spec, family, gamma: gammaIn(spec, family), how: { kind: 'rival', make: make.value } });
}

/** All that `--policy` and `--families` may name. */
export function familyNames(): readonly string[] {
  return [
    'ours',
    ...listPolicies()
      .map(({ name }) => name)
      .filter((name) => name !== 'ours'),
  ];
}

function gammaIn(spec: string, family: string): number | null {
  const decides = listPolicies().some(({ name, usage }) => name === family && /:GAMMA\b/.test(usage));
  const given = spec.split(':')[1];
  return decides && given !== undefined ? Number(given) : null;
}

/** All spellings of a family from cheap to warm. */
export function readSweep(family: string, gammas: readonly number[]): Result<readonly string[], string> {
  if (family.includes(':'))
    return err(`--policy ${family}: --sweep chooses the parameters, write ${family.split(':')[0] ?? ''}`);
  if (family === 'ours') return ok(gammas.map((gamma) => `ours:${gamma}`));
  if (!familyNames().includes(family))
    return err(`--policy ${family}: unknown policy; known are ${familyNames().join(', ')}`);
  return ok(sweepOf(family));
}

/** A complaint about a policy that holds an absurd number of replicas from the start; null when all is well. */
export function checkHeld({ spec, family }: PolicySpec, poolCount: number): string | null {
  const each = family === 'always-on' ? 1 : family === 'static' ? Number(spec.split(':')[1]) : 0;
  if (!(each * poolCount > heldReplicasMax)) return null;
  return `--policy ${spec}: holds ${each} replicas in each of ${poolCount} pools, ${each * poolCount} in all; at most ${heldReplicasMax} are taken`;
}
