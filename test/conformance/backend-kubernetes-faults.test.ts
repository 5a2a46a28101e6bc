// The backend contract on Kubernetes when the way to the agent is slow, fails, repeats itself or loses answers: the real agent program behind a
// front, over a server that follows the published API, with real processes as pods. What goes wrong between the agent and the API server is
// in kubernetes-faults.test.ts.
import { afterAll, vi } from 'vitest';
import { agentFaults } from '../support/agent-faults.ts';
import { makeClusterAgent, serving } from '../support/kubernetes/cluster-agent.ts';
import { TestCluster } from '../support/kubernetes/test-cluster.ts';
import { describeBackendFaults } from './backend-faults.suite.ts';

const cluster = new TestCluster();
await cluster.open();
const { pods, endpoint } = await cluster.deploy('deployment', 'good', serving);
const version = { id: 'good@1', shape: 'deployment', name: 'good', endpoint: endpoint.url } as const;
const harness = agentFaults({
  agent: makeClusterAgent(cluster, [version], { env: { KUBERNETES_GPUS_MAX: '2' } }),
  version: version.id,
  countLives: (_id, _generation, filling) => pods.count - filling,
});

afterAll(() => cluster.close());

describeBackendFaults('agent with Kubernetes, a Deployment', {
  ...harness,
  open: async () => {
    await harness.open();
    // The one that a Deployment begins with is gone once the agent has told it that none is wanted.
    await vi.waitUntil(() => pods.count === 0, { timeout: 10_000, interval: 20 });
  },
});
