// Which scenarios bear company when each runs for seconds. Two cores are enough for two stacks whose load is light; what is held to milliseconds,
// or to what a core can do, would measure its neighbour.
import { scenarios } from './scenarios.ts';

/** Lanes that run beside each other; each a list of scenarios, one after the other. */
export type Stage = readonly (readonly string[])[];

const stages: readonly Stage[] = [[['outage'], ['faults'], ['breaker', 'spill', 'static']]];

/** Whatever has no neighbour by name runs alone. */
export function readStages(): readonly Stage[] {
  const placed = new Set(stages.flat(2));
  const alone = scenarios.filter(({ name }) => !placed.has(name)).map(({ name }): Stage => [[name]]);
  return [...stages, ...alone];
}
