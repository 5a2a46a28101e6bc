// What the place of a version can do, by how the version is launched. Pure.
import type { Launch } from '../core/registry/model.ts';
import type { BackendCapabilities } from './backend.ts';

export const localProcesses: BackendCapabilities = {
  kind: 'direct-replicas',
  parking: true,
  floor: false,
  stats: true,
  regions: [],
};

export function capabilitiesOf(launch: Launch): BackendCapabilities {
  switch (launch.kind) {
    case 'llama':
    case 'embedder':
    case 'paced':
      return localProcesses;
    case 'command':
      // Whether a program of others can be parked is found out when it is asked: 'unsupported' is then the answer.
      return localProcesses;
    case 'modal-sandbox':
      return { ...localProcesses, regions: launch.regions };
    case 'modal-function':
    case 'runpod':
    case 'kubernetes':
      return { kind: 'managed-autoscaler', parking: false, floor: true, stats: true, regions: [] };
    case 'openai':
    case 'workers-ai':
      return { kind: 'fixed-endpoint', parking: false, floor: false, stats: false, regions: [] };
  }
}
