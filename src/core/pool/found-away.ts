// A fixed endpoint while it is away: what shows that it is back, and how long it is looked for. Circuits cannot tell: they judge replicas that
// requests have met, and a pool whose endpoint is away has none to meet. One start goes on asking in their place (start-replica.ts,
// settle.ts): nothing is begun by it, and nothing is paid for. Pure.
import type { PoolCommand } from './pool-events.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { BackendHealth, PoolState } from './pool-state.ts';
import type { ReplicaSighting } from './sighting.ts';

/** Who asks once in so long had better wait for an answer of now than be refused for what was so then. */
export const lookForMs = 60_000;

/** Whether the pool's endpoint is one that is always there, and was not there when it was last asked. */
export function isFoundAway({
  settings,
  backend,
}: {
  readonly settings: Pick<PoolSettings, 'isFixed'>;
  readonly backend: BackendHealth;
}): boolean {
  return settings.isFixed && backend.downSinceMs !== null;
}

/** Whether the outcome of `command` tells that the place is there. A fixed endpoint is asked by a start alone: it is given up unheard. */
export function tellsOfPlace({ isFixed }: Pick<PoolSettings, 'isFixed'>, command: PoolCommand): boolean {
  return !isFixed || command === 'start';
}

/** The same of a list: where no right to a fixed endpoint is held, the endpoint was not asked. */
export function listTellsOfPlace(
  { isFixed }: Pick<PoolSettings, 'isFixed'>,
  sightings: readonly ReplicaSighting[],
): boolean {
  return !isFixed || sightings.some(({ condition }) => condition === 'ready');
}

/** Until when it is looked for, unless somebody asks before. */
export function lookUntilMs({ askedMs }: Pick<PoolState, 'askedMs'>): number {
  return askedMs + lookForMs;
}
