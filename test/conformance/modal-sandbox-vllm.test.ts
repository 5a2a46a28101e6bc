// vLLM in Modal sandboxes: parked by its sleep mode through the tunnel, guarded from strangers, taken over in whatever condition the last
// agent left it. The real agent program and `modal` package against the test server, and the stand-in for vLLM in the sandboxes.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ReplicaReport, StartCommand } from '../../src/backends/backend.ts';
import { must } from '../../src/core/base/assert.ts';
import { AgentProgram } from '../support/agent-program.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { replicaKey } from '../support/modal/sandbox-agent.ts';
import { vllmSandboxLaunch } from '../support/vllm-launch.ts';

const modal = new ModalServer();
const waitMs = 12_000;
let agent: AgentProgram;
let serial = 0;

function makeAgent(env: Readonly<Record<string, string>> = {}): AgentProgram {
  const versions = ([1, 2] as const).map((sleepLevel) => ({
    task: 'chat',
    startTimeoutMs: 8_000,
    id: `level-${sleepLevel}@1`,
    launch: vllmSandboxLaunch({ sleepLevel }),
  }));
  const variables = { MODAL_GPUS_MAX: '4', MODAL_ON_END: 'stop', REPLICA_KEY: replicaKey };
  return new AgentProgram(versions, { ...modal.env, ...variables, ...env });
}

beforeAll(async () => {
  await modal.open();
  setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
  agent = makeAgent();
  expect(await agent.start(), agent.output).toBeNull();
});
afterAll(async () => {
  await agent.dispose();
  await modal.close();
});

function order(version: string): StartCommand {
  serial += 1;
  return { id: `v-${process.pid}-${serial}`, generation: 1, pool: `${version}~here`, version, waitMs };
}

async function startReady(command: StartCommand): Promise<ReplicaReport> {
  const reply = await agent.backend().start(command);
  expect(reply).toMatchObject({ ok: true, value: { condition: 'ready' } });
  return must(reply.ok ? reply.value : null, 'a report');
}

async function askChat({ endpoint, version }: ReplicaReport, key = replicaKey): Promise<Response> {
  return fetch(`${endpoint}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: version, messages: [{ role: 'user', content: 'hello' }] }),
  });
}

test.each(['level-1@1', 'level-2@1'])('%s is parked, woken and answers sense again', async (version) => {
  const command = order(version);
  const report = await startReady(command);
  const before = await (await askChat(report)).json();
  expect(await agent.backend().park(command)).toMatchObject({ value: { condition: 'parked' } });
  expect(await agent.backend().wake(command)).toMatchObject({ value: { condition: 'ready' } });
  const after = await (await askChat(report)).json();
  expect(wordsOf(after)).toBe(wordsOf(before));
  expect(wordsOf(after)).not.toContain('!!!!');
  const listed = await agent.backend().list(command.pool);
  expect(listed).toMatchObject({ value: [{ load: { running: 0, waiting: 0, cacheShare: 0 } }] });
  expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
});

test('strangers who find the address can neither ask it, nor put it to sleep, nor run its methods', async () => {
  const command = order('level-1@1');
  const report = await startReady(command);
  expect((await askChat(report, 'a-wrong-key')).status).toBe(401);
  for (const path of ['/sleep', '/wake_up', '/collective_rpc'])
    expect((await fetch(report.endpoint + path, { method: 'POST', body: '{}' })).status).toBe(401);
  expect((await fetch(`${report.endpoint}/metrics`)).status).toBe(401);
  expect((await askChat(report)).status).toBe(200);
  const [made] = modal.sandboxes.running();
  expect(made?.order.env['PILOTLIGHT_GUARD']).toContain('class KeyGuard');
  await agent.backend().stop(command);
});

test.each(['level-1@1', 'level-2@1'])(
  '%s that was parked when its agent was killed is parked for the next one, which wakes it',
  async (version) => {
    const command = order(version);
    const report = await startReady(command);
    await agent.backend().park(command);
    await agent.end('SIGKILL');
    await agent.start();
    const found = await vi.waitUntil(
      async () => {
        const listed = await agent.backend().list(command.pool);
        return listed.ok && listed.value[0]?.condition === 'parked' ? listed.value[0] : null;
      },
      { timeout: waitMs, interval: 20 },
    );
    expect(found.endpoint).toBe(report.endpoint);
    expect(await agent.backend().wake(command)).toMatchObject({ value: { condition: 'ready' } });
    expect(wordsOf(await (await askChat(report)).json())).not.toContain('!!!!');
    expect(modal.sandboxes.running()).toHaveLength(1);
    expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
  },
);

test('an agent without a key for it does not start, and says why', async () => {
  const open = makeAgent({ REPLICA_KEY: '' });
  expect(await open.start()).toMatchObject({ code: 1 });
  expect(open.output).toContain('REPLICA_KEY is not set: whoever finds the address of level-1@1');
  await open.dispose();
});

function wordsOf(answer: unknown): string {
  return JSON.stringify((answer as { choices: readonly { message: unknown }[] }).choices[0]?.message);
}
