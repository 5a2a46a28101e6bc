// The real agent program with models that the test cluster runs.
import { AgentProgram, fixture } from '../agent-program.ts';
import type { TestCluster } from './test-cluster.ts';
import type { WorkloadOptions } from './test-workload.ts';

/** A model server of the suite as a pod. */
export const serving: WorkloadOptions = {
  command: [process.execPath, fixture],
  env: { FIXTURE: 'good', PILOTLIGHT_SLOTS: '1' },
};

export interface ClusterVersion {
  readonly id: string;
  readonly shape: 'deployment' | 'knative' | 'kserve';
  readonly name: string;
  /** Left out: the one that the shape gives it. */
  readonly endpoint?: string;
  readonly buffer?: number;
  readonly shortageMs?: number;
}

export function makeClusterAgent(
  cluster: TestCluster,
  versions: readonly ClusterVersion[],
  { env = {}, from }: { readonly env?: Readonly<Record<string, string>>; readonly from?: string } = {},
): AgentProgram {
  const models = versions.map(({ id, ...launch }) => ({
    id,
    task: 'chat',
    startTimeoutMs: 5_000,
    launch: { kind: 'kubernetes', gpu: 'H100', shortageMs: 300, ...launch },
  }));
  const settings = {
    ...cluster.env,
    KUBERNETES_GPUS_MAX: '6',
    KUBERNETES_ON_END: 'stop',
    KUBERNETES_SWEEP_MS: '200',
    ...env,
  };
  return new AgentProgram(models, settings, from);
}
