// From a policy's spelling on a command line (`fixed:600`, `histogram:99`, `mpc:40`) to the policy. Owns the words for what cannot be read. Pure.
import { must } from '../../core/base/assert.ts';
import { err, ok, type Result } from '../../core/base/result.ts';
import { policyFamilies } from './policy-families.ts';
import { readParameters, usageOf, type PolicyFactory } from './policy-family.ts';

/** A fresh policy comes from each call of the factory: a policy remembers what it saw and serves one run. */
export function parsePolicy(spec: string): Result<PolicyFactory, string> {
  const [name = '', ...texts] = spec.split(':');
  const family = policyFamilies.find((each) => each.name === name);
  if (family === undefined) {
    const known = policyFamilies.map(usageOf).join(', ');
    return err(`unknown policy "${name}"; known are ${known}`);
  }
  const values = readParameters(family, texts);
  if (!values.ok) return values;
  return ok(({ poolCount }) => family.make(spec, values.value, poolCount));
}

/** Usage and one line of help for each family, in the order of the registry. */
export function listPolicies(): readonly {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
}[] {
  return policyFamilies.map((family) => ({ name: family.name, usage: usageOf(family), help: family.help }));
}

/** Spellings that trace a family's whole curve; a family without parameters has one. `family` must be known. */
export function sweepOf(family: string): readonly string[] {
  return must(
    policyFamilies.find((each) => each.name === family),
    `a policy family called ${family}`,
  ).sweep;
}
