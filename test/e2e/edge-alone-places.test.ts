// The edge and the agent while the API of a place behind the agent is away, as the table of docs/operations.md says: the bundled Worker in the
// bare runtime, the real agent with the real `modal` package, Modal's wire protocol and the Kubernetes API as test servers that refuse all
// that they are asked, and real (emulated) model servers as sandboxes, containers and pods.
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
import type { TestFunction } from '../support/modal/test-functions.ts';
import { pacedServer } from '../support/paced-process.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';
import { readPool } from '../support/stack.ts';

// Each request to a place that is away takes the seconds after which nobody is kept waiting for it.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** What the agent asks of Modal before it has a sandbox created, and all else. */
const rpcsBefore = ['AppGetOrCreate', 'ImageGetOrCreate', 'SecretGetOrCreate'];
const rpcs = [
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
const app = 'pilotlight-alone';
const proxyToken = { id: 'wk-alone', secret: 'ws-alone-secret' };
const command = [process.execPath, pacedServer];
const env = { PILOTLIGHT_PACE: JSON.stringify(pace), PILOTLIGHT_PARENT_WATCH: '1', PILOTLIGHT_SLOTS: '4' };
const modal = new ModalServer();
const cluster = new TestCluster();
let serve: TestFunction;
let knative: TestWorkload;
let brief: TestWorkload;
let stack: RawStack;

async function deployFunction(name: string): Promise<TestFunction> {
  const figures = { min_containers: 0, max_containers: 10, scaledown_window: 600 };
  return (await modal.deploy({ app, name, command, env, concurrency: 4, figures })).of;
}

function launchOf(name: string, { endpoint }: TestWorkload): object {
  return { kind: 'kubernetes', shape: 'deployment', name, endpoint: endpoint.url, gpu: 'H100' };
}

beforeAll(async () => {
  await Promise.all([modal.open(), cluster.open()]);
  modal.web.proxyToken = proxyToken;
  serve = await deployFunction('serve');
  await deployFunction('serve_cold');
  const deploy = (name: string): Promise<TestWorkload> =>
    cluster.deploy('deployment', name, { command, env });
  brief = await deploy('brief');
  knative = await cluster.deploy('knative', 'revised', { command, env });
  const boxed = { kind: 'modal-sandbox', app, image: 'node:22', gpu: 'H100', command, env };
  const deployed = { kind: 'modal-function', app, gpu: 'H100', idleMs: 2_000 };
  const elsewhere = ['spare@1'];
  const versions = [
    { ...awake, id: 'spare@1', launch: { kind: 'paced', pace } },
    { ...awake, id: 'boxed@1', launch: boxed },
    { ...awake, id: 'boxed-cold@1', launch: boxed, elsewhere },
    { ...awake, id: 'boxed-bare@1', launch: boxed },
    { ...awake, id: 'boxed-lost@1', launch: boxed },
    { ...awake, id: 'deployed@1', launch: { ...deployed, function: 'serve' } },
    { ...awake, id: 'deployed-cold@1', launch: { ...deployed, function: 'serve_cold' }, elsewhere },
    { ...awake, id: 'pods@1', launch: launchOf('steady', await deploy('steady')) },
    { ...awake, id: 'pods-cold@1', launch: launchOf('cold', await deploy('cold')), elsewhere },
    { ...awake, id: 'pods-bare@1', launch: launchOf('bare', await deploy('bare')) },
    { ...awake, id: 'pods-brief@1', launch: launchOf('brief', brief), hotIdleMs: 5_000 },
    {
      ...awake,
      id: 'revised@1',
      launch: { kind: 'kubernetes', shape: 'knative', name: 'revised', gpu: 'H100' },
    },
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
  await expectOwn(stack, ['spare@1', 'boxed@1', 'deployed@1', 'pods@1', 'revised@1']);
});
afterEach(() => {
  modal.faults.clear();
  cluster.faults.clear();
});
afterAll(async () => {
  await stack.stop();
  await Promise.all([modal.close(), cluster.close()]);
});

const phasesOf = async (version: string): Promise<readonly string[]> =>
  (await readPool(stack, version)).replicas.map(({ phase }) => phase);
const livesOf = async (version: string): Promise<readonly string[]> =>
  (await readPool(stack, version)).replicas.map(({ id, generation }) => `${id}:${generation}`);

test('the API of Modal: what is hot there answers, what is cold is answered elsewhere or refused, the other places start and stop as ever, and nothing is begun twice when it is back', async () => {
  const lives = [await livesOf('boxed@1'), await livesOf('deployed@1')];
  const fail = (rpc: string): void => modal.faults.add({ rpc, how: 'fail', code: status.UNAVAILABLE });
  // Modal hears of one more sandbox, and nobody hears from Modal.
  modal.faults.add({ rpc: 'SandboxCreate', how: 'lost-answer', times: 1 });
  rpcs.forEach(fail);
  await expectRefusal(stack, 'boxed-lost@1');
  expect(modal.sandboxes.running()).toHaveLength(2);
  rpcsBefore.forEach(fail);
  // The function's own code says 0 to 10.
  serve.redeploy();
  await expectSubstitute(stack, 'boxed-cold@1', 'spare@1');
  await expectSubstitute(stack, 'deployed-cold@1', 'spare@1');
  await expectRefusal(stack, 'boxed-bare@1');
  for (const version of ['boxed@1', 'deployed@1', 'boxed-bare@1'])
    await vi.waitFor(() => expectAdmin(stack, version), patience);
  await expectOwn(stack, ['boxed@1', 'deployed@1', 'spare@1', 'pods@1', 'pods-brief@1']);
  await vi.waitUntil(() => brief.pods.count === 0, patience);
  expect(serve.figures).toMatchObject({ min_containers: 0, max_containers: 10 });
  modal.faults.clear();
  // What nobody has heard of is ended, and what the pools count on is held again.
  await vi.waitUntil(() => modal.sandboxes.running().length === 1, patience);
  await vi.waitFor(
    () => expect(serve.figures).toMatchObject({ min_containers: 1, max_containers: 1 }),
    patience,
  );
  await expectBack(stack, ['boxed-cold@1', 'deployed-cold@1', 'boxed-bare@1']);
  expect([await livesOf('boxed@1'), await livesOf('deployed@1')]).toEqual(lives);
  expect(modal.sandboxes.running()).toHaveLength(3);
  expect(modal.sandboxes.all.size).toBe(4);
  expect(serve.containersSeen).toBe(1);
});

test('the Kubernetes API: pods that are hot answer, what is cold is answered elsewhere or refused, and what it was not told is told when it is back', async () => {
  await expectOwn(stack, ['pods-brief@1']);
  const lives = [await livesOf('pods@1'), await livesOf('revised@1')];
  for (const call of ['GET ', 'PATCH '])
    cluster.faults.add({ call, how: 'refuse', code: 503, reason: 'ServiceUnavailable' });
  await expectOwn(stack, ['pods@1', 'revised@1']);
  await expectSubstitute(stack, 'pods-cold@1', 'spare@1');
  await expectRefusal(stack, 'pods-bare@1');
  for (const version of ['pods@1', 'pods-bare@1'])
    await vi.waitFor(() => expectAdmin(stack, version), patience);
  await expectOwn(stack, ['pods@1', 'revised@1', 'spare@1', 'boxed@1', 'deployed@1']);
  // Nobody needs it any more, and it runs on.
  await vi.waitFor(async () => expect(await phasesOf('pods-brief@1')).toEqual(['stopping']), patience);
  expect(brief.pods.count).toBe(1);
  // Another revision has its template's figures, which are none.
  knative.redeploy();
  expect(knative.wanted()).toBe(0);
  cluster.faults.clear();
  await vi.waitUntil(() => brief.pods.count === 0, patience);
  await vi.waitUntil(() => knative.wanted() === 1 && knative.pods.ready === 1, patience);
  await expectBack(stack, ['pods-cold@1', 'pods-bare@1']);
  await expectOwn(stack, ['pods@1', 'revised@1']);
  expect([await livesOf('pods@1'), await livesOf('revised@1')]).toEqual(lives);
  // Brief, revised, steady, cold, bare.
  expect(cluster.workloads.map(({ pods }) => pods.count)).toEqual([0, 1, 1, 1, 1]);
});
