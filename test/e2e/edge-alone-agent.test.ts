// The edge while its agent is away, as the table of docs/operations.md says: the bundled Worker in the bare runtime, the real agent, which is
// stopped and killed, a model in a sandbox of Modal's test server, models on the agent's own machine, and an OpenAI-compatible endpoint.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeAgentBackend } from '../../src/backends/agent.ts';
import {
  askModel,
  awake,
  expectAdmin,
  expectBack,
  expectOwn,
  expectRefusal,
  expectSubstitute,
  pace,
  patience,
  publishRules,
} from '../support/edge-alone.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { replicaKey } from '../support/modal/sandbox-agent.ts';
import { pacedServer } from '../support/paced-process.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';
import { listModelProcesses, readPool } from '../support/stack.ts';
import { OpenaiServer, openaiKey, openaiModel } from '../support/upstream/openai-server.ts';

// An agent that hangs is given up on after seconds, request by request.
vi.setConfig({ testTimeout: 300_000 });

const modal = new ModalServer();
const vendor = new OpenaiServer();
/** On the agent's own machine; of the last four nobody asks before the agent is away. */
const local = ['own@1', 'cold@1', 'covered@1', 'cold@2', 'covered@2'];
let stack: RawStack;

beforeAll(async () => {
  await Promise.all([modal.open(), vendor.open()]);
  const boxed = {
    kind: 'modal-sandbox',
    app: 'pilotlight-alone',
    image: 'node:22',
    gpu: 'H100',
    command: [process.execPath, pacedServer],
    env: { PILOTLIGHT_PACE: JSON.stringify(pace) },
  };
  const endpoint = {
    kind: 'openai',
    baseUrl: OpenaiServer.baseUrl(vendor.url),
    model: openaiModel,
    keySecret: 'UPSTREAM_KEY_VENDOR',
  };
  const price = { inputMicrosPerMTok: 100_000, outputMicrosPerMTok: 400_000 };
  const versions = [
    { ...awake, id: 'boxed@1', launch: boxed },
    { ...awake, id: 'vendor@1', price, launch: endpoint },
    ...local.map((id) => ({
      ...awake,
      id,
      launch: { kind: 'paced', pace },
      ...(id.startsWith('covered') && { elsewhere: ['vendor@1'] }),
    })),
  ];
  stack = await startRawStack({
    models: { versions, aliases: {} },
    trusted: modal.certificate.cert,
    vars: {
      TOTAL_MS: '60000',
      REPLICA_KEY: replicaKey,
      UPSTREAM_HOSTS: new URL(vendor.url).host,
      UPSTREAM_KEY_VENDOR: openaiKey,
    },
    agentEnv: { ...modal.env, REPLICA_KEY: replicaKey, MODAL_ON_END: 'stop', MODAL_SWEEP_MS: '500' },
  });
  await expectOwn(stack, ['boxed@1', 'own@1', 'vendor@1']);
});
afterAll(async () => {
  await stack.stop();
  await Promise.all([modal.close(), vendor.close()]);
});

/** The pools on the agent's machine have on their books what the process table has; the sandbox is the one that there always was, and the
 * agent knows it. */
async function expectNothingLostOrDoubled(): Promise<void> {
  await vi.waitFor(async () => {
    const views = await Promise.all(local.map((version) => readPool(stack, version)));
    const known = views.flatMap(({ replicas }) =>
      replicas.map(({ id, generation }) => `${id}:${generation}`),
    );
    const running = listModelProcesses(stack).map(({ replica }) => replica);
    expect(running.toSorted()).toEqual(known.toSorted());
  }, patience);
  expect(modal.sandboxes.all.size).toBe(1);
  expect(modal.sandboxes.running()).toHaveLength(1);
  const { pool, replicas } = await readPool(stack, 'boxed@1');
  expect(replicas).toMatchObject([{ phase: 'hot' }]);
  const { url, token } = stack.agent;
  const agent = makeAgentBackend({ url, token, fetch });
  await vi.waitFor(async () => {
    const [{ id, generation } = { id: '', generation: 0 }] = replicas;
    expect(await agent.list(pool)).toMatchObject({
      ok: true,
      value: [{ id, generation, condition: 'ready' }],
    });
  }, patience);
}

test('the agent, hanging: what is hot answers, what is cold is refused or answered elsewhere, and nothing is begun twice when it comes back', async () => {
  const agent = stack.agent.pid();
  process.kill(agent, 'SIGSTOP');
  try {
    await expectOwn(stack, ['boxed@1', 'own@1', 'vendor@1']);
    await expectRefusal(stack, 'cold@1');
    await expectSubstitute(stack, 'covered@1', 'vendor@1');
    await expectOwn(stack, ['boxed@1', 'own@1', 'vendor@1']);
    await expectAdmin(stack, 'cold@1');
  } finally {
    process.kill(agent, 'SIGCONT');
  }
  await expectBack(stack, ['boxed@1', 'own@1', 'cold@1', 'covered@1']);
  await expectNothingLostOrDoubled();
});

test('the agent, killed: what is hot elsewhere answers, what was on its machine is refused or answered elsewhere, and the next one takes over', async () => {
  const before = listModelProcesses(stack).map(({ pid }) => pid);
  await stack.agent.kill();
  // Our own model servers see that it is gone, and end.
  await vi.waitUntil(() => listModelProcesses(stack).length === 0, patience);
  await expectOwn(stack, ['boxed@1', 'vendor@1']);
  await expectRefusal(stack, 'cold@2');
  await expectSubstitute(stack, 'covered@2', 'vendor@1');
  // Its replica was hot a moment ago: whoever meets that first may hear of the broken connection.
  expect([502, 503]).toContain((await askModel(stack, 'own@1')).status);
  await expectRefusal(stack, 'own@1');
  await expectSubstitute(stack, 'covered@1', 'vendor@1');
  await expectOwn(stack, ['boxed@1', 'vendor@1']);
  await expectAdmin(stack, 'cold@2');
  expect(
    await publishRules(stack, [{ id: 'steady', match: { model: 'assistant' }, target: 'vendor@1' }]),
  ).toBe(1);
  await stack.agent.start();
  await expectBack(stack, ['boxed@1', ...local]);
  await expectNothingLostOrDoubled();
  for (const { pid } of listModelProcesses(stack)) expect(before).not.toContain(pid);
});
