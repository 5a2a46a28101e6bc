// What an agent leaves running, and the next one does not have in its catalogue any more: whatever place it is in, it is paid for no longer
// than it must.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { StartCommand } from '../../src/backends/backend.ts';
import type { AgentProgram } from '../support/agent-program.ts';
import { makeClusterAgent, serving } from '../support/kubernetes/cluster-agent.ts';
import { TestCluster } from '../support/kubernetes/test-cluster.ts';
import { app, deployment, makeFunctionAgent } from '../support/modal/function-agent.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import type { TestFunction } from '../support/modal/test-functions.ts';

const modal = new ModalServer();
const waitMs = 10_000;
const patience = { timeout: waitMs, interval: 20 };
const keep = { MODAL_ON_END: 'keep', MODAL_SWEEP_MS: '200', MODAL_CLAIM_MS: '1500' };
const elsewhere = { app: 'another', function: 'another', gpu: 'H100' };
let serve: TestFunction;
let agent: AgentProgram | null = null;
let serial = 0;

beforeAll(async () => {
  await modal.open();
  setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
  serve = (await modal.deploy(deployment)).of;
});
afterEach(async () => {
  modal.faults.clear();
  await agent?.dispose();
});
afterAll(() => modal.close());

function order(version: string): StartCommand {
  serial += 1;
  return { id: `g-${process.pid}-${serial}`, generation: 1, pool: `${version}~here`, version, waitMs };
}

async function startOn(first: AgentProgram, version: string): Promise<StartCommand> {
  agent = first;
  await agent.start();
  const command = order(version);
  expect(await agent.backend().start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  return command;
}

/** Whether an agent would find this version's floor. */
function hasFloor(version: string): boolean {
  return existsSync(join(agent?.dir ?? '', 'agent', `floor-${version}.json`));
}

/** The agent is killed, and the next one serves these. */
async function followWith(versions: readonly object[]): Promise<void> {
  await agent?.end('SIGKILL');
  agent?.serve(versions);
  expect(await agent?.start()).toBeNull();
}

test.each([
  [
    'with others of Modal',
    [{ id: 'other@1', task: 'chat', launch: { kind: 'modal-function', ...elsewhere } }],
  ],
  ['with none of Modal', []],
])(
  'the floor of a Modal function whose version is gone is lowered before the next agent serves, %s',
  async (_, next) => {
    await startOn(makeFunctionAgent(modal, [{ id: 'plain@1', function: 'serve' }], keep), 'plain@1');
    expect(serve.figures.min_containers).toBe(1);
    expect(hasFloor('plain@1')).toBe(true);
    await followWith(next);
    expect(serve.figures).toMatchObject({ min_containers: 0, buffer_containers: 0, max_containers: 1 });
    expect(hasFloor('plain@1')).toBe(false);
    const again = await agent?.backend().start(order('plain@1'));
    expect(again).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  },
);

test('a floor that Modal did not hear of is lowered as soon as it hears', async () => {
  await startOn(makeFunctionAgent(modal, [{ id: 'plain@1', function: 'serve' }], keep), 'plain@1');
  modal.faults.add({ rpc: 'FunctionUpdateSchedulingParams', how: 'fail', code: status.UNAVAILABLE });
  await followWith([]);
  expect(serve.figures.min_containers).toBe(1);
  modal.faults.clear();
  await vi.waitUntil(() => serve.figures.min_containers === 0, patience);
});

test('a function that the next version holds keeps its floor', async () => {
  await startOn(makeFunctionAgent(modal, [{ id: 'plain@1', function: 'serve' }], keep), 'plain@1');
  const launch = { kind: 'modal-function', app, function: 'serve', gpu: 'H100', idleMs: 2_000 };
  await followWith([{ id: 'plain@2', task: 'chat', launch }]);
  const command = order('plain@2');
  await agent?.backend().start(command);
  serve.told.splice(0);
  serve.redeploy();
  await vi.waitUntil(() => serve.figures.min_containers === 1, patience);
  for (const told of serve.told) expect(told.min_containers).toBe(1);
  await agent?.backend().stop(command);
});

test('an agent that cannot reach a place of before serves all the same', async () => {
  await startOn(makeFunctionAgent(modal, [{ id: 'plain@1', function: 'serve' }], keep), 'plain@1');
  await agent?.end('SIGKILL');
  agent?.serve([]);
  expect(await agent?.start({ MODAL_TOKEN_ID: '' })).toBeNull();
  expect(agent?.output).toContain('is not ended: MODAL_TOKEN_ID is not set');
  await followWith([]);
  expect(serve.figures.min_containers).toBe(0);
});

test.each([
  [
    'another app',
    [{ id: 'other@1', task: 'chat', launch: { kind: 'modal-sandbox', ...sandboxElsewhere() } }],
  ],
  ['no sandboxes at all', []],
])(
  'sandboxes whose version is gone are ended after the claim time, where the next agent has %s',
  async (_, next) => {
    await startOn(makeSandboxAgent(modal, keep), 'good@1');
    await followWith(next);
    expect(modal.sandboxes.running()).toHaveLength(1);
    await vi.waitUntil(() => modal.sandboxes.running().length === 0, patience);
    expect(agent?.output).toContain('is of good@1, which is not served any more: it is ended');
  },
);

test('a sandbox whose version is gone is ended at once when its pool stops it', async () => {
  const command = await startOn(makeSandboxAgent(modal, { ...keep, MODAL_CLAIM_MS: '60000' }), 'good@1');
  await followWith([]);
  expect(await agent?.backend().stop(command)).toEqual({ ok: true, value: null });
  expect(modal.sandboxes.running()).toEqual([]);
});

test.each(['deployment', 'knative', 'kserve'] as const)(
  'a %s whose version is gone is scaled down before the next agent serves',
  async (shape) => {
    const cluster = new TestCluster();
    await cluster.open();
    try {
      const workload = await cluster.deploy(shape, 'chat', serving);
      const endpoint = shape === 'deployment' ? { endpoint: workload.endpoint.url } : {};
      const env = { KUBERNETES_ON_END: 'keep' };
      const versions = [{ id: 'chat@1', shape, name: 'chat', ...endpoint }];
      await startOn(makeClusterAgent(cluster, versions, { env }), 'chat@1');
      expect(workload.wanted()).toBe(1);
      await followWith([]);
      expect(workload.wanted()).toBe(0);
      expect(hasFloor('chat@1')).toBe(false);
      await agent?.dispose();
      agent = null;
    } finally {
      await cluster.close();
    }
  },
);

function sandboxElsewhere(): object {
  return { app: 'another', image: 'node:22', gpu: 'H100', command: ['true'] };
}
