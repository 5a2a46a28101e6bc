// What becomes of a start and a stop when Modal is slow, refuses, loses answers, hears twice or does not list what runs. The real agent
// program and the real `modal` package against the test server.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Backend, StartCommand } from '../../src/backends/backend.ts';
import type { AgentProgram } from '../support/agent-program.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';

const modal = new ModalServer();
const waitMs = 12_000;
let agent: AgentProgram;
let backend: Backend;
let serial = 0;

beforeAll(async () => {
  await modal.open();
  setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
  agent = makeSandboxAgent(modal, { MODAL_SWEEP_MS: '300', MODAL_CLAIM_MS: '2000' });
  await agent.start();
  backend = agent.backend();
});
afterEach(async () => {
  modal.faults.clear();
  modal.sandboxes.holdsPlacing = false;
  modal.sandboxes.listIsBehind = false;
  modal.sandboxes.gpusMax = Infinity;
  await vi.waitUntil(() => modal.sandboxes.running().length === 0, { timeout: waitMs, interval: 20 });
});
afterAll(async () => {
  await agent.dispose();
  await modal.close();
});

function order(version = 'good@1'): StartCommand {
  serial += 1;
  return { id: `f-${process.pid}-${serial}`, generation: 1, pool: `${version}~here`, version, waitMs };
}

/** Sandboxes that were ever made for this replica. */
function countMade({ id }: StartCommand): number {
  return [...modal.sandboxes.all.values()].filter(({ order }) => order.tags.get('pilotlight-replica') === id)
    .length;
}

async function startThenStop(command: StartCommand): Promise<void> {
  expect(await backend.start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  expect(countMade(command)).toBe(1);
  expect(await backend.stop(command)).toEqual({ ok: true, value: null });
}

test('a sandbox is what was asked for: app, name, GPUs, port, key', async () => {
  const command = order();
  expect((await backend.start(command)).ok).toBe(true);
  const [made] = modal.sandboxes.running();
  expect(made?.order).toMatchObject({ appId: 'ap-pilotlight-test', gpus: 1, gpuType: 'H100', ports: [8000] });
  expect(made?.order.name).toMatch(/^pilotlight-[0-9a-f]{32}$/);
  expect(made?.order.env).toMatchObject({ PORT: '8000', PILOTLIGHT_VERSION: 'good@1' });
  expect(made?.order.env['PILOTLIGHT_KEY']).toBe('replica-key-of-a-test');
  await backend.stop(command);
});

test.each([
  ['is away for two calls', { how: 'fail', code: status.UNAVAILABLE, times: 2 }],
  ['answers late', { how: 'late', ms: 700, times: 1 }],
  ['loses an answer', { how: 'lost-answer', times: 1 }],
  ['loses every answer of one start', { how: 'lost-answer', times: 4 }],
  ['hears a creation twice', { how: 'twice', times: 1 }],
] as const)('where Modal %s one sandbox is begun, and the replica is ready', async (_, fault) => {
  modal.faults.add({ rpc: 'SandboxCreate', ...fault });
  await startThenStop(order());
});

test.each(['SandboxGetTaskId', 'SandboxGetTunnels', 'SandboxWait', 'SandboxListV2'])(
  'where %s fails twice the start goes on',
  async (rpc) => {
    modal.faults.add({ rpc, how: 'fail', code: status.UNAVAILABLE, times: 2 });
    await startThenStop(order());
  },
);

test('at the limit of the account the refusal is a quota, nothing was begun, and it works again later', async () => {
  modal.sandboxes.gpusMax = 0;
  const command = order();
  expect(await backend.start(command)).toMatchObject({ ok: false, error: { kind: 'quota' } });
  expect(countMade(command)).toBe(0);
  modal.sandboxes.gpusMax = 1;
  await startThenStop(command);
});

test('where no machine is found in time there is no capacity, and nothing is left that could start later', async () => {
  modal.sandboxes.holdsPlacing = true;
  const command = order();
  const early = await backend.start({ ...command, waitMs: 200 });
  expect(early).toMatchObject({ ok: true, value: { condition: 'loading', endpoint: null } });
  expect(await backend.start(command)).toMatchObject({ ok: false, error: { kind: 'no-capacity' } });
  expect(modal.sandboxes.running()).toEqual([]);
});

test('a replica whose sandbox waits for a machine can be stopped', async () => {
  modal.sandboxes.holdsPlacing = true;
  const command = order();
  await backend.start({ ...command, waitMs: 200 });
  expect(await backend.stop(command)).toEqual({ ok: true, value: null });
  expect(modal.sandboxes.running()).toEqual([]);
});

test('a creation that Modal never answers ends by its own deadline', async () => {
  modal.faults.add({ rpc: 'SandboxCreate', how: 'never', times: 1 });
  const reply = await backend.start(order());
  expect(reply).toMatchObject({ ok: false, error: { kind: 'no-capacity' } });
});

test('a replica that is not listed, though it runs, stays what it is', async () => {
  const command = order();
  await backend.start(command);
  modal.sandboxes.listIsBehind = true;
  for (const _ of [1, 2]) {
    const listed = await backend.list(command.pool);
    expect(listed).toMatchObject({ ok: true, value: [{ id: command.id, condition: 'ready' }] });
  }
  modal.sandboxes.listIsBehind = false;
  expect(await backend.list(command.pool)).toMatchObject({ ok: true, value: [{ id: command.id }] });
  expect(countMade(command)).toBe(1);
  await backend.stop(command);
});

test('while Modal cannot be asked, a list is an error and not empty; replicas live on', async () => {
  const command = order();
  await backend.start(command);
  modal.faults.add({ rpc: 'SandboxListV2', how: 'fail', code: status.UNAVAILABLE });
  expect(await backend.list(command.pool)).toMatchObject({ error: { kind: 'unreachable' } });
  modal.faults.clear();
  expect(await backend.list(command.pool)).toMatchObject({ ok: true, value: [{ condition: 'ready' }] });
  await backend.stop(command);
});

test('a stop that Modal does not hear is an error; the next one ends the sandbox', async () => {
  const command = order();
  await backend.start(command);
  modal.faults.add({ rpc: 'SandboxTerminate', how: 'fail', code: status.UNAVAILABLE, times: 4 });
  expect(await backend.stop(command)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  expect(modal.sandboxes.running()).toHaveLength(1);
  expect(await backend.stop(command)).toEqual({ ok: true, value: null });
});

test('a replica that has failed holds its GPUs until its sandbox has ended', async () => {
  const env = { MODAL_GPUS_MAX: '1', MODAL_OWNER: 'narrow', MODAL_SWEEP_MS: '300' };
  const narrow = makeSandboxAgent(modal, env);
  await narrow.start();
  const [sick, next, last] = [order('sick@1'), order(), order()];
  expect(await narrow.backend().start(sick)).toMatchObject({ value: { condition: 'ready' } });
  expect(await narrow.backend().park(sick)).toMatchObject({ value: { condition: 'failed' } });
  modal.faults.add({ rpc: 'SandboxTerminate', how: 'fail', code: status.UNAVAILABLE });
  expect(await narrow.backend().stop(sick)).toMatchObject({ ok: false });
  expect(await narrow.backend().start(next)).toMatchObject({ ok: false, error: { kind: 'quota' } });
  expect(countMade(next)).toBe(0);
  modal.faults.clear();
  expect(await narrow.backend().stop(sick)).toEqual({ ok: true, value: null });
  expect(await narrow.backend().start(next)).toMatchObject({ value: { condition: 'ready' } });
  // One that ends by itself after it has failed is found out, too.
  expect(await narrow.backend().stop(next)).toEqual({ ok: true, value: null });
  const again = order('sick@1');
  await narrow.backend().start(again);
  expect(await narrow.backend().park(again)).toMatchObject({ value: { condition: 'failed' } });
  for (const { child } of modal.sandboxes.running()) child?.kill('SIGKILL');
  await expect.poll(() => narrow.backend().start(last)).toMatchObject({ value: { condition: 'ready' } });
  expect(await narrow.backend().stop(last)).toEqual({ ok: true, value: null });
  await narrow.dispose();
});

test('a creation that lands after its stop is ended', async () => {
  modal.faults.add({ rpc: 'SandboxCreate', how: 'late', ms: 1_000, times: 1 });
  const command = order();
  await backend.start({ ...command, waitMs: 100 });
  await backend.stop(command);
  await vi.waitUntil(() => countMade(command) === 1, { timeout: waitMs });
});

test('a wrong token is told as such', async () => {
  const stranger = makeSandboxAgent(modal, { MODAL_TOKEN_SECRET: 'wrong' });
  await stranger.start();
  expect(await stranger.backend().start(order())).toMatchObject({ error: { kind: 'unauthorized' } });
  await stranger.dispose();
});
