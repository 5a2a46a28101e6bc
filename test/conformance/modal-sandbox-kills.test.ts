// The agent killed in the middle of a sandbox's life, and what the next one makes of what it finds. `npm run chaos:modal` does a hundred.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { StartCommand } from '../../src/backends/backend.ts';
import type { AgentProgram } from '../support/agent-program.ts';
import { runKill } from '../support/modal/kill-run.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';

const modal = new ModalServer();
const waitMs = 10_000;
let agent: AgentProgram;
let serial = 0;

beforeAll(async () => {
  await modal.open();
  setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
  agent = makeSandboxAgent(modal, { MODAL_SWEEP_MS: '300', MODAL_CLAIM_MS: '3000', MODAL_ON_END: 'keep' });
  await agent.start();
});
afterEach(() => modal.faults.clear());
afterAll(async () => {
  await agent.dispose();
  await modal.close();
});

function order(): StartCommand {
  serial += 1;
  return { id: `k-${process.pid}-${serial}`, generation: 1, pool: 'good@1~here', version: 'good@1', waitMs };
}

async function untilNothingRuns(): Promise<void> {
  await vi.waitUntil(() => modal.sandboxes.running().length === 0, { timeout: waitMs, interval: 20 });
}

test.each(['ready', 'parked', 'draining'] as const)(
  'the next agent takes over what is %s, in the same life',
  async (condition) => {
    const command = order();
    await agent.backend().start(command);
    if (condition === 'parked') await agent.backend().park(command);
    if (condition === 'draining') await agent.backend().drain(command);
    const [running] = modal.sandboxes.running();
    await agent.end('SIGKILL');
    await agent.start();
    const listed = await vi.waitUntil(async () => {
      const reply = await agent.backend().list(command.pool);
      return reply.ok && reply.value[0]?.condition !== 'loading' ? reply.value : null;
    });
    expect(listed).toMatchObject([{ id: command.id, generation: 1, condition }]);
    expect(modal.sandboxes.running()).toEqual([running]);
    expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
    await untilNothingRuns();
  },
);

test('sandboxes outlive an agent that is told to end, and the next one takes them over', async () => {
  const command = order();
  await agent.backend().start(command);
  expect(await agent.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(modal.sandboxes.running()).toHaveLength(1);
  await agent.start();
  expect(await agent.backend().start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  expect(modal.sandboxes.all.size).toBe(serial);
  await agent.backend().stop(command);
  await untilNothingRuns();
});

test('one that is found and that no pool asks about is ended', async () => {
  await agent.backend().start(order());
  await agent.end('SIGKILL');
  await agent.start();
  expect(modal.sandboxes.running()).toHaveLength(1);
  await untilNothingRuns();
  expect(agent.output).toContain('no pool asks about it');
});

test('a creation that lands when its agent is dead and its pool has given up is ended', async () => {
  const kill = (): void => void agent.end('SIGKILL');
  modal.faults.add({
    rpc: 'SandboxCreate',
    how: 'meanwhile',
    when: 'before',
    resume: { kind: 'later', laterMs: 4_000 },
    times: 1,
    act: kill,
  });
  const command = order();
  await agent.backend().start(command);
  await agent.start();
  expect(await agent.backend().stop(command)).toMatchObject({ error: { kind: 'not-found' } });
  await vi.waitUntil(() => modal.sandboxes.all.size === serial, { timeout: waitMs, interval: 5 });
  await untilNothingRuns();
});

test('ten lives with a kill at a seeded moment leave nothing, and begin nothing twice', async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const run = await runKill({ modal, agent, version: 'good@1' }, seed);
    expect(run.faults, `seed ${seed}, ${run.moment}`).toEqual([]);
  }
});
