// The edge and the agent while a place behind the agent is away, as the table of docs/operations.md says: the bundled Worker in the bare
// runtime, the real agent with the real `modal` package, Modal's wire protocol and the Kubernetes API as test servers that fail, and real
// (emulated) model servers as sandboxes, containers and pods.
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  awake,
  expectAdmin,
  expectBack,
  expectOwn,
  expectRefusal,
  expectSubstitute,
  pace,
  patience,
} from '../support/edge-alone.ts';
import { TestCluster } from '../support/kubernetes/test-cluster.ts';
import type { TestWorkload } from '../support/kubernetes/test-workload.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { replicaKey } from '../support/modal/sandbox-agent.ts';
import { pacedServer } from '../support/paced-process.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';

// Each request to a place that is away takes the seconds after which nobody is kept waiting for it.
vi.setConfig({ testTimeout: 300_000 });

/** All that the agent asks of Modal. */
const rpcs = [
  'AppGetOrCreate',
  'ImageGetOrCreate',
  'SecretGetOrCreate',
  'SandboxCreate',
  'SandboxGetTaskId',
  'SandboxGetTunnels',
  'SandboxWait',
  'SandboxTerminate',
  'SandboxListV2',
  'SandboxTagsGet',
  'FunctionGet',
  'FunctionUpdateSchedulingParams',
  'FunctionGetCurrentStats',
];
const proxyToken = { id: 'wk-alone', secret: 'ws-alone-secret' };
const command = [process.execPath, pacedServer];
const env = { PILOTLIGHT_PACE: JSON.stringify(pace), PILOTLIGHT_PARENT_WATCH: '1' };
const modal = new ModalServer();
const cluster = new TestCluster();
let brief: TestWorkload;
let stack: RawStack;

/** A function that is deployed on Modal, as a launch. */
async function deployFunction(name: string): Promise<object> {
  await modal.deploy({
    app: 'pilotlight-alone',
    name,
    command,
    env: { ...env, PILOTLIGHT_SLOTS: '4' },
    concurrency: 4,
    figures: { min_containers: 0, max_containers: 10, scaledown_window: 60 },
  });
  return { kind: 'modal-function', app: 'pilotlight-alone', function: name, gpu: 'H100', idleMs: 2_000 };
}

function deployPods(name: string): Promise<TestWorkload> {
  return cluster.deploy('deployment', name, { command, env: { ...env, PILOTLIGHT_SLOTS: '4' } });
}

function launchOf(name: string, { endpoint }: TestWorkload): object {
  return { kind: 'kubernetes', shape: 'deployment', name, endpoint: endpoint.url, gpu: 'H100' };
}

beforeAll(async () => {
  await Promise.all([modal.open(), cluster.open()]);
  modal.web.proxyToken = proxyToken;
  const boxed = {
    kind: 'modal-sandbox',
    app: 'pilotlight-alone',
    image: 'node:22',
    gpu: 'H100',
    command,
    env,
  };
  const elsewhere = ['spare@1'];
  brief = await deployPods('brief');
  const versions = [
    { ...awake, id: 'spare@1', launch: { kind: 'paced', pace } },
    { ...awake, id: 'boxed@1', launch: boxed },
    { ...awake, id: 'boxed-cold@1', launch: boxed, elsewhere },
    { ...awake, id: 'boxed-bare@1', launch: boxed },
    { ...awake, id: 'deployed@1', launch: await deployFunction('serve') },
    { ...awake, id: 'deployed-cold@1', launch: await deployFunction('serve_cold'), elsewhere },
    { ...awake, id: 'pods@1', launch: launchOf('pods', await deployPods('pods')) },
    { ...awake, id: 'pods-cold@1', launch: launchOf('cold', await deployPods('cold')), elsewhere },
    { ...awake, id: 'pods-bare@1', launch: launchOf('bare', await deployPods('bare')) },
    { ...awake, id: 'pods-brief@1', launch: launchOf('brief', brief), hotIdleMs: 500 },
  ];
  const keys = {
    REPLICA_KEY: replicaKey,
    MODAL_PROXY_ID: proxyToken.id,
    MODAL_PROXY_SECRET: proxyToken.secret,
  };
  stack = await startRawStack({
    models: { versions, aliases: {} },
    trusted: modal.certificate.cert,
    vars: { ...keys, MODAL_HOSTS: '127.0.0.1' },
    agentEnv: {
      ...modal.env,
      ...cluster.env,
      ...keys,
      MODAL_ON_END: 'stop',
      MODAL_SWEEP_MS: '500',
      MODAL_GPUS_MAX: '8',
      KUBERNETES_ON_END: 'stop',
      KUBERNETES_SWEEP_MS: '500',
      KUBERNETES_GPUS_MAX: '8',
    },
  });
  await expectOwn(stack, ['spare@1', 'boxed@1', 'deployed@1', 'pods@1']);
});
afterEach(() => {
  modal.faults.clear();
  cluster.faults.clear();
});
afterAll(async () => {
  await stack.stop();
  await Promise.all([modal.close(), cluster.close()]);
});

test('the API of Modal: what is hot there answers, what is cold is answered elsewhere or refused, and the other places start and stop as ever', async () => {
  for (const rpc of rpcs) modal.faults.add({ rpc, how: 'fail', code: status.UNAVAILABLE });
  await expectOwn(stack, ['boxed@1', 'deployed@1']);
  await expectSubstitute(stack, 'boxed-cold@1', 'spare@1');
  await expectSubstitute(stack, 'deployed-cold@1', 'spare@1');
  await expectRefusal(stack, 'boxed-bare@1');
  await expectOwn(stack, ['boxed@1', 'deployed@1', 'spare@1', 'pods@1', 'pods-brief@1']);
  await expectAdmin(stack, 'boxed-bare@1');
  await vi.waitUntil(() => brief.pods.count === 0, patience);
  modal.faults.clear();
  await expectBack(stack, ['boxed-cold@1', 'deployed-cold@1', 'boxed-bare@1']);
  expect(modal.sandboxes.running()).toHaveLength(3);
});

test('the Kubernetes API: pods that are hot answer, what is cold is answered elsewhere or refused, all others by themselves', async () => {
  for (const call of ['GET ', 'PATCH '])
    cluster.faults.add({ call, how: 'refuse', code: 503, reason: 'ServiceUnavailable' });
  await expectOwn(stack, ['pods@1']);
  await expectSubstitute(stack, 'pods-cold@1', 'spare@1');
  await expectRefusal(stack, 'pods-bare@1');
  await expectOwn(stack, ['pods@1', 'spare@1', 'boxed@1', 'deployed@1']);
  await expectAdmin(stack, 'pods-bare@1');
  cluster.faults.clear();
  await expectBack(stack, ['pods-cold@1', 'pods-bare@1']);
});
