// What runs, may be asked, and cannot be begun, read from pods and from the Deployments above them. Pure.
import type { PlaceShortage, PlaceSight } from '../../../src/backends/managed/managed-place.ts';
import { isQuota } from './api-failure.ts';
import type { Deployments, Pods } from './cluster-objects.ts';

export type PodSight = Required<Pick<PlaceSight, 'containers' | 'ready' | 'shortage'>>;

export function countPods(pods: Pods, deployments: Deployments): PodSight {
  const alive = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  // One that is told to end holds its GPUs until it is gone, but may not be asked.
  const staying = alive.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return {
    containers: alive.length,
    ready: staying.filter((pod) => find(pod, 'Ready')?.status === 'True').length,
    shortage: findQuota(deployments) ?? findUnschedulable(staying),
  };
}

function findUnschedulable(pods: Pods): PlaceShortage | null {
  for (const pod of pods) {
    const scheduled = find(pod, 'PodScheduled');
    if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable')
      return { kind: 'no-capacity', message: `no node has room: ${scheduled.message ?? ''}` };
  }
  return null;
}

/** Pods that a ResourceQuota does not admit never exist: their Deployment alone tells of them. */
function findQuota(deployments: Deployments): PlaceShortage | null {
  for (const { status } of deployments) {
    const failed = status?.conditions.find(({ type }) => type === 'ReplicaFailure');
    if (failed?.status === 'True' && isQuota(failed.message ?? ''))
      return { kind: 'quota', message: failed.message ?? '' };
  }
  return null;
}

function find({ status }: Pods[number], type: string) {
  return status?.conditions.find((each) => each.type === type);
}
