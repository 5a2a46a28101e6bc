// The edge while a provider that it reaches without the agent is away, as the table of docs/operations.md says: the bundled Worker in the bare
// runtime, servers that speak the providers' APIs before real (emulated) model servers, and fronts of them that fail.
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  awake,
  expectAdmin,
  expectBack,
  expectOwn,
  expectRefusal,
  expectRefusedUnheard,
  expectSubstitute,
  pace,
} from '../support/edge-alone.ts';
import { FaultFront } from '../support/fault-front.ts';
import { pacedServer } from '../support/paced-process.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';
import { RunpodServer, runpodKey } from '../support/runpod/runpod-server.ts';
import { OpenaiServer, openaiKey, openaiModel } from '../support/upstream/openai-server.ts';
import {
  workersAiAccount,
  workersAiModel,
  WorkersAiServer,
  workersAiToken,
} from '../support/upstream/workers-ai-server.ts';

// The first request to a place that is away takes the two seconds after which nobody is kept waiting for it.
vi.setConfig({ testTimeout: 300_000 });

const openai = new OpenaiServer();
const workersAi = new WorkersAiServer();
const runpod = new RunpodServer();
const fronts = {
  openai: new FaultFront(() => openai.url),
  workersAi: new FaultFront(() => workersAi.url),
  runpod: new FaultFront(() => runpod.url),
};
const rentedModel = 'vendor/tiny-70b';
/** What a fixed endpoint that is away may be told as: its server's own 503, or the pool's word for it. */
const away = ['backend_unavailable', 'model_overloaded', 'circuit_open'];
const unavailable = { how: 'answer', status: 503, body: '{"error":{"message":"down"}}' } as const;
let stack: RawStack;

beforeAll(async () => {
  await Promise.all([openai.open(), workersAi.open(), runpod.open()]);
  await Promise.all(Object.values(fronts).map((front) => front.open()));
  const price = { inputMicrosPerMTok: 100_000, outputMicrosPerMTok: 400_000 };
  const elsewhere = ['spare@1'];
  const vendor = {
    kind: 'openai',
    baseUrl: OpenaiServer.baseUrl(fronts.openai.url),
    model: openaiModel,
    keySecret: 'UPSTREAM_KEY_VENDOR',
  };
  const cloudflare = { kind: 'workers-ai', model: workersAiModel };
  const rented = (endpoint: string): object => {
    const env = {
      PILOTLIGHT_PACE: JSON.stringify(pace),
      PILOTLIGHT_SLOTS: '4',
      PILOTLIGHT_VERSION: rentedModel,
    };
    runpod.add(endpoint, rentedModel, { command: [process.execPath, pacedServer], env, concurrency: 4 });
    return { kind: 'runpod', endpoint, model: rentedModel, idleMs: 1_000 };
  };
  const versions = [
    { ...awake, id: 'spare@1', launch: { kind: 'paced', pace } },
    { ...awake, id: 'vendor@1', price, launch: vendor, elsewhere },
    { ...awake, id: 'vendor-bare@1', price, launch: vendor },
    { ...awake, id: 'cloudflare@1', price, launch: cloudflare, elsewhere },
    { ...awake, id: 'cloudflare-bare@1', price, launch: cloudflare },
    { ...awake, id: 'rented@1', launch: rented('aloneendpoint01') },
    { ...awake, id: 'rented-cold@1', launch: rented('aloneendpoint02'), elsewhere },
    { ...awake, id: 'rented-bare@1', launch: rented('aloneendpoint03') },
  ];
  stack = await startRawStack({
    models: { versions, aliases: {} },
    vars: {
      RECORD_DECISIONS: '1',
      UPSTREAM_HOSTS: new URL(fronts.openai.url).host,
      UPSTREAM_KEY_VENDOR: openaiKey,
      WORKERS_AI_ACCOUNT: workersAiAccount,
      WORKERS_AI_TOKEN: workersAiToken,
      WORKERS_AI_URL: WorkersAiServer.apiUrl(fronts.workersAi.url),
      RUNPOD_API_KEY: runpodKey,
      RUNPOD_API_URL: fronts.runpod.url,
      RUNPOD_REST_URL: RunpodServer.restUrl(fronts.runpod.url),
    },
  });
  await expectOwn(stack, ['spare@1', 'vendor@1', 'cloudflare@1', 'rented@1']);
});
afterEach(() => {
  for (const front of Object.values(fronts)) front.clear();
});
afterAll(async () => {
  await stack.stop();
  for (const front of Object.values(fronts)) front.close();
  await Promise.all([openai.close(), workersAi.close(), runpod.close()]);
});

test('an OpenAI-compatible endpoint: its models are answered elsewhere or refused, all others by themselves', async () => {
  fronts.openai.add(unavailable);
  await expectSubstitute(stack, 'vendor@1', 'spare@1');
  await expectRefusal(stack, 'vendor-bare@1', away);
  await expectRefusedUnheard(stack, 'vendor-bare@1', away);
  await expectOwn(stack, ['spare@1', 'cloudflare@1', 'rented@1']);
  fronts.openai.clear();
  await expectBack(stack, ['vendor@1', 'vendor-bare@1']);
});

test('Workers AI: its models are answered elsewhere or refused, all others by themselves', async () => {
  fronts.workersAi.add(unavailable);
  await expectSubstitute(stack, 'cloudflare@1', 'spare@1');
  await expectRefusal(stack, 'cloudflare-bare@1', away);
  await expectRefusedUnheard(stack, 'cloudflare-bare@1', away);
  await expectOwn(stack, ['spare@1', 'vendor@1', 'rented@1']);
  fronts.workersAi.clear();
  await expectBack(stack, ['cloudflare@1', 'cloudflare-bare@1']);
});

test('the API of RunPod: workers that are hot answer, what is cold is answered elsewhere or refused, all others by themselves', async () => {
  // The one that sets and lists; requests have a door of their own.
  fronts.runpod.add({ ...unavailable, meets: ({ path }) => path.startsWith('/v1/endpoints') });
  await expectOwn(stack, ['rented@1']);
  await expectSubstitute(stack, 'rented-cold@1', 'spare@1');
  await expectRefusal(stack, 'rented-bare@1');
  await expectOwn(stack, ['rented@1', 'spare@1', 'vendor@1', 'cloudflare@1']);
  await expectAdmin(stack, 'rented-bare@1');
  expect(fronts.runpod.calls.some(({ path }) => path.startsWith('/v1/endpoints'))).toBe(true);
  fronts.runpod.clear();
  await expectBack(stack, ['rented-cold@1', 'rented-bare@1']);
});
