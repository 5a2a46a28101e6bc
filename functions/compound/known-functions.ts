// Which functions this deployment knows: those of the registry, and in development, when asked for, the probes that benchmarks and chaos
// tests run. Looked up by name, newest version first, or by the version that a run began with.
import type { CompoundFunction } from '../../src/core/run/define-function.ts';
import { probes } from './probes/probes.ts';
import { functions } from './registry.ts';

export interface FunctionWishes {
  /** Whether the probes are served too. */
  readonly probes: boolean;
}

/** The newest version of each, in the registry's order. */
export function listFunctions(wishes: FunctionWishes): readonly CompoundFunction[] {
  return known(wishes).filter((fn) => findFunction(wishes, fn.name) === fn);
}

/** The function in this version, or in its newest; null when there is none. */
export function findFunction(
  wishes: FunctionWishes,
  name: string,
  version?: number,
): CompoundFunction | null {
  const named = known(wishes).filter((fn) => fn.name === name);
  const wanted = version === undefined ? named : named.filter((fn) => fn.version === version);
  return wanted.toSorted((a, b) => b.version - a.version)[0] ?? null;
}

function known(wishes: FunctionWishes): readonly CompoundFunction[] {
  return wishes.probes ? [...functions, ...probes] : functions;
}
