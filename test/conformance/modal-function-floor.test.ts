// The floor of a Modal function: set again after a redeploy, kept by the next agent, never beyond the GPUs that there may be.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { StartCommand } from '../../src/backends/backend.ts';
import { makeRng } from '../../src/core/base/rng.ts';
import type { AgentProgram } from '../support/agent-program.ts';
import { deployment, makeFunctionAgent } from '../support/modal/function-agent.ts';
import { demandOfADay, makeBrainOf } from '../support/managed/planned-demand.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import type { TestFunction } from '../support/modal/test-functions.ts';

const modal = new ModalServer();
const waitMs = 10_000;
const gpusMax = 3;
let agent: AgentProgram;
let plain: TestFunction;
let buffered: TestFunction;
let planned: TestFunction;
let serial = 0;

beforeAll(async () => {
  await modal.open();
  setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
  plain = (await modal.deploy(deployment)).of;
  buffered = (await modal.deploy({ ...deployment, name: 'buffered' })).of;
  planned = (await modal.deploy({ ...deployment, name: 'planned' })).of;
  const versions = [
    { id: 'planned@1', function: 'planned', buffer: null },
    { id: 'plain@1', function: 'serve' },
    { id: 'buffered@1', function: 'buffered', buffer: 1 },
    { id: 'absent@1', function: 'absent' },
  ];
  const env = { MODAL_GPUS_MAX: String(gpusMax), MODAL_SWEEP_MS: '200', MODAL_ON_END: 'keep' };
  agent = makeFunctionAgent(modal, versions, env);
  await agent.start();
});
afterEach(async () => {
  modal.faults.clear();
  await vi.waitUntil(() => plain.count + buffered.count + planned.count === 0, {
    timeout: waitMs,
    interval: 20,
  });
});
afterAll(async () => {
  await agent.dispose();
  await modal.close();
});

function order(version: string): StartCommand {
  serial += 1;
  return { id: `m-${process.pid}-${serial}`, generation: 1, pool: `${version}~here`, version, waitMs };
}

test('floor, buffer, ceiling and idle window follow the replicas', async () => {
  const command = order('buffered@1');
  expect(await agent.backend().start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  expect(buffered.figures).toEqual({
    min_containers: 1,
    buffer_containers: 1,
    max_containers: 2,
    scaledown_window: 2,
  });
  expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
  expect(buffered.figures).toMatchObject({ min_containers: 0, buffer_containers: 0, max_containers: 1 });
});

test('what a redeploy resets is set again', async () => {
  const command = order('plain@1');
  await agent.backend().start(command);
  for (const _ of [1, 2]) {
    plain.redeploy();
    expect(plain.figures).toEqual(deployment.figures);
    await vi.waitUntil(() => plain.figures.min_containers === 1 && plain.figures.max_containers === 1, {
      timeout: waitMs,
      interval: 5,
    });
  }
  expect(await agent.backend().list(command.pool)).toMatchObject({ value: [{ condition: 'ready' }] });
  await agent.backend().stop(command);
});

test('the next agent goes on with the same floor', async () => {
  const command = order('plain@1');
  await agent.backend().start(command);
  const [container] = plain.containers;
  await agent.end('SIGKILL');
  plain.told.splice(0);
  await agent.start();
  expect(await agent.backend().list(command.pool)).toMatchObject({
    value: [{ id: command.id, condition: 'ready' }],
  });
  for (const told of plain.told) expect(told.min_containers).toBe(1);
  expect(plain.containers).toEqual([container]);
  await agent.backend().stop(command);
});

test('a figure that Modal did not hear is told again, and the start goes on', async () => {
  modal.faults.add({
    rpc: 'FunctionUpdateSchedulingParams',
    how: 'fail',
    code: status.UNAVAILABLE,
    times: 5,
  });
  const command = order('plain@1');
  await vi.waitUntil(
    async () => {
      const reply = await agent.backend().start(command);
      return reply.ok && reply.value.condition === 'ready';
    },
    { timeout: waitMs },
  );
  await agent.backend().stop(command);
});

test('throttled after the floor was raised: the start is transient, and nothing is held after its stop', async () => {
  modal.faults.add({ rpc: 'FunctionGetCurrentStats', how: 'fail', code: status.RESOURCE_EXHAUSTED });
  const command = order('plain@1');
  const transient = { ok: false, error: { kind: 'unreachable' } };
  expect(await agent.backend().start(command)).toMatchObject(transient);
  expect(plain.figures).toMatchObject({ min_containers: 1 });
  expect(await agent.backend().stop(command)).toMatchObject(transient);
  modal.faults.clear();
  expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
  expect(plain.figures).toMatchObject({ min_containers: 0 });
});

test('a function that is not deployed cannot start, and says what to do', async () => {
  const reply = await agent.backend().start(order('absent@1'));
  expect(reply).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  if (!reply.ok) expect(reply.error.message).toContain('deploy it');
});

let orders = 0;

/** Tells the agent what a plan wants held, as a pool does. */
function hold(containers: number, forMs = 60_000) {
  orders += 1;
  const command = { pool: 'planned@1~here', version: 'planned@1', order: orders, containers, forMs };
  return agent.backend().hold?.(command);
}

const figures = (floor: number, buffer: number) => ({
  min_containers: floor,
  buffer_containers: buffer,
  max_containers: Math.max(1, floor + buffer),
});

test('as the planner plans, floor and buffer move; both are back after a redeploy, and gone with the plan', async () => {
  const brain = makeBrainOf('planned@1~here');
  const replicas: StartCommand[] = [];
  const seen: string[] = [];
  for (const { busy, nowMs } of demandOfADay()) {
    const plan = brain.plan(busy, nowMs);
    const wanted = Math.min(gpusMax, Math.max(busy, plan.warmTo));
    while (replicas.length < wanted) {
      const command = order('planned@1');
      expect((await agent.backend().start(command)).ok).toBe(true);
      replicas.push(command);
    }
    for (const command of replicas.splice(wanted)) await agent.backend().stop(command);
    expect(await hold(plan.burstTo ?? 0)).toEqual({ ok: true, value: null });
    const buffer = wanted === 0 ? 0 : Math.min(gpusMax, Math.max(wanted, plan.burstTo ?? 0)) - wanted;
    expect(planned.figures).toMatchObject(figures(wanted, buffer));
    seen.push(`${wanted}+${buffer}`);
    if (buffer > 0) {
      planned.redeploy();
      expect(planned.figures).toEqual(deployment.figures);
      await vi.waitUntil(() => planned.figures.buffer_containers === buffer, {
        timeout: waitMs,
        interval: 5,
      });
      expect(planned.figures).toMatchObject(figures(wanted, buffer));
    }
  }
  expect(new Set(seen).size).toBeGreaterThan(3);
  expect(seen.some((each) => !each.endsWith('+0'))).toBe(true);
  await hold(0);
  await Promise.all(replicas.map((command) => agent.backend().stop(command)));
  expect(planned.figures).toMatchObject(figures(0, 0));
});

test('a wish that a later one has overtaken changes nothing, and one that is over ends by itself', async () => {
  const command = order('planned@1');
  await agent.backend().start(command);
  await hold(3);
  const late = {
    pool: 'planned@1~here',
    version: 'planned@1',
    order: orders - 1,
    containers: 1,
    forMs: 60_000,
  };
  await agent.backend().hold?.(late);
  expect(planned.figures).toMatchObject(figures(1, 2));
  await hold(2, 1);
  await vi.waitUntil(() => planned.figures.buffer_containers === 0, { timeout: waitMs, interval: 5 });
  expect(planned.figures).toMatchObject(figures(1, 0));
  await agent.backend().stop(command);
});

test('a buffer makes room for a replica of another model that was refused', async () => {
  const [kept, other] = [order('planned@1'), order('plain@1')];
  await agent.backend().start(kept);
  await hold(3);
  await vi.waitUntil(() => planned.count === gpusMax, { timeout: waitMs, interval: 5 });
  expect(await agent.backend().start(other)).toMatchObject({ ok: false, error: { kind: 'quota' } });
  await vi.waitUntil(async () => (await agent.backend().start(other)).ok, { timeout: waitMs, interval: 100 });
  expect(planned.figures).toMatchObject(figures(1, 0));
  await Promise.all([kept, other].map((command) => agent.backend().stop(command)));
});

test('an agent that begins anew holds the floor at once, and the buffer as soon as the pool says so again', async () => {
  const command = order('planned@1');
  await agent.backend().start(command);
  await hold(2);
  await agent.end('SIGKILL');
  await agent.start();
  await agent.backend().list(command.pool);
  expect(planned.figures).toMatchObject(figures(1, 0));
  await hold(2);
  expect(planned.figures).toMatchObject(figures(1, 1));
  await agent.backend().stop(command);
});

test('whatever is started and stopped, there are never more containers than GPUs', async () => {
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, plain.count + buffered.count)), 1);
  const rng = makeRng(7);
  const running = [order('buffered@1'), order('plain@1')];
  for (const command of running)
    expect(await agent.backend().start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  const further = await agent.backend().start(order('plain@1'));
  expect(further).toMatchObject({ ok: false, error: { kind: 'quota' } });
  let refused = 0;
  for (let turn = 0; turn < 8; turn += 1) {
    if (rng() < 0.65 || running.length === 0) {
      const command = { ...order(rng() < 0.5 ? 'plain@1' : 'buffered@1'), waitMs: 300 };
      const reply = await agent.backend().start(command);
      if (reply.ok) running.push(command);
      else refused += 1;
    } else {
      const [stopped] = running.splice(Math.floor(rng() * running.length), 1);
      if (stopped !== undefined) await agent.backend().stop(stopped);
    }
  }
  await Promise.all(running.map((command) => agent.backend().stop(command)));
  clearInterval(watch);
  expect(refused).toBeGreaterThan(0);
  expect(most).toBe(gpusMax);
});
