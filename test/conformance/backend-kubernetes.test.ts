// The backend contract on Kubernetes, in the three shapes that can be scaled: a replica is a share of the floor. Real HTTP to the real agent
// program, TLS and a token from there to a server that follows the published API, real processes as pods.
import { afterAll, beforeAll, describe } from 'vitest';
import type { AgentProgram } from '../support/agent-program.ts';
import type { ApiFault } from '../support/kubernetes/api-faults.ts';
import { makeClusterAgent, serving, type ClusterVersion } from '../support/kubernetes/cluster-agent.ts';
import { TestCluster } from '../support/kubernetes/test-cluster.ts';
import type { Shape, TestWorkload } from '../support/kubernetes/test-workload.ts';
import { describeBackend } from './backend.suite.ts';

const noParking = 'a place that scales by itself parks nothing on command';
const noDeath = 'the place puts another pod in the place of one that died';

/** None of them keeps a command from being carried out in the end. */
const weather: readonly ApiFault[] = [
  { call: 'GET /pods', how: 'late', ms: 150, times: 40 },
  { call: 'PATCH /deployments', how: 'twice', times: 20 },
  { call: 'GET /deployments', how: 'late', ms: 60, times: 60 },
];

function describeShape(title: string, shape: Shape, faults: readonly ApiFault[] = []): void {
  const cluster = new TestCluster();
  let good: TestWorkload;
  let hanging: TestWorkload;
  let agent: AgentProgram;

  describe(title, () => {
    beforeAll(async () => {
      await cluster.open();
      good = await cluster.deploy(shape, 'good', serving);
      hanging = await cluster.deploy(shape, 'hang', { ...serving, env: { FIXTURE: 'hang' } });
      const versionOf = (name: string, workload: TestWorkload): ClusterVersion => {
        const version = { id: `${name}@1`, shape, name };
        return shape === 'deployment' ? { ...version, endpoint: workload.endpoint.url } : version;
      };
      agent = makeClusterAgent(cluster, [versionOf('good', good), versionOf('hang', hanging)]);
      for (const fault of faults) cluster.faults.add(fault);
    });
    afterAll(() => cluster.close());

    describeBackend(`agent with Kubernetes, ${title}`, {
      open: async () => void (await agent.start()),
      close: () => agent.dispose(),
      backend: () => agent.backend(),
      strangers: () => agent.backend('a-wrong-token'),
      // All have one address: which pod is whose is nobody's business.
      identify: ({ id, generation }) => `${id}:${generation}`,
      countLives: () => good.pods.count + hanging.pods.count,
      kill: () => undefined,
      replicasMax: 6,
      versions: {
        good: 'good@1',
        hangs: 'hang@1',
        cannotStart: 'good@1',
        noParking: 'good@1',
        busy: 'good@1',
      },
      cannotStartReason: /./,
      skips: {
        'of a newer generation ends the old life before the new one begins':
          'pods carry no generation, so that they cannot be counted by it',
        'of a replica that cannot start is a failed replica with its reason, begun once': noDeath,
        'a replica is parked and woken again in the same life, any number of times': noParking,
        'a draining replica is reported as such': 'no pod can be told to refuse requests',
        'parking under a request is refused as busy, and the replica stays ready': noParking,
        'a replica that died is failed, with a reason, until it is deleted, and is not begun again': noDeath,
      },
    });
  });
}

describeShape('a Deployment', 'deployment');
describeShape('a Knative Service', 'knative');
describeShape('a KServe InferenceService', 'kserve');
describeShape('a Deployment whose API server is slow and hears things twice', 'deployment', weather);
