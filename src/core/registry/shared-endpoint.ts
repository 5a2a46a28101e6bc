// Two versions on one endpoint of RunPod: `workersMin` and `workersMax` are the endpoint's, and the pool of each version holds them at its own
// figures, so that each would undo the other's at every look. Neither could be right: a worker serves one model, and the floors of two pools
// that know nothing of each other cannot be summed within what the endpoint may have. Owns the finding and the words. Pure.
import type { ModelVersion } from './model.ts';

export interface SharedEndpoint {
  /** Of the later version, among those that were given. */
  readonly index: number;
  readonly message: string;
}

/** The first version whose endpoint is an earlier one's; null where each has its own. */
export function findSharedEndpoint(
  versions: readonly Pick<ModelVersion, 'id' | 'launch'>[],
): SharedEndpoint | null {
  const ownerOf = new Map<string, string>();
  for (const [index, { id, launch }] of versions.entries()) {
    if (launch.kind !== 'runpod') continue;
    const { endpoint } = launch;
    const owner = ownerOf.get(endpoint);
    if (owner !== undefined) return { index, message: sayShared(endpoint, owner) };
    ownerOf.set(endpoint, id);
  }
  return null;
}

function sayShared(endpoint: string, owner: string): string {
  return `"${endpoint}" is the endpoint of "${owner}" already: workersMin and workersMax are the endpoint's, and the pools of two versions would undo each other's. Give each version an endpoint of its own, or leave one version and name it by aliases`;
}
