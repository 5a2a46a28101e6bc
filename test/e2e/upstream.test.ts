// Models that the Worker reaches without the agent, from the client to the model and back: the bundled Worker in the bare runtime, an
// OpenAI-compatible endpoint, Workers AI and RunPod as servers that speak their APIs in front of real (emulated) model servers.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pacedServer } from '../support/paced-process.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';
import { RunpodServer, runpodKey, type RunpodEndpoint } from '../support/runpod/runpod-server.ts';
import { OpenaiServer, openaiKey, openaiModel, upstreamSecret } from '../support/upstream/openai-server.ts';
import {
  workersAiAccount,
  workersAiModel,
  WorkersAiServer,
  workersAiToken,
} from '../support/upstream/workers-ai-server.ts';

const patient = { timeout: 30_000, interval: 20 };
const openai = new OpenaiServer();
const workersAi = new WorkersAiServer();
const runpod = new RunpodServer();
const runpodModel = 'vendor/tiny-70b';
let endpoint: RunpodEndpoint;
let stack: RawStack;

const price = { inputMicrosPerMTok: 100_000, outputMicrosPerMTok: 400_000 };
const base = { task: 'chat', hotIdleMs: 1_000, replicasMax: 1 };

beforeAll(async () => {
  const pace = { loadMs: 200, wakeMs: 0, firstTokenMs: 5, tokenMs: 1, tokens: 8 };
  endpoint = runpod.add('e2eendpoint01', runpodModel, {
    command: [process.execPath, pacedServer],
    env: { PILOTLIGHT_PACE: JSON.stringify(pace), PILOTLIGHT_SLOTS: '4', PILOTLIGHT_VERSION: runpodModel },
    concurrency: 4,
  });
  await Promise.all([openai.open(), workersAi.open(), runpod.open()]);
  const vendor = {
    kind: 'openai',
    baseUrl: OpenaiServer.baseUrl(openai.url),
    model: openaiModel,
    keySecret: 'UPSTREAM_KEY_VENDOR',
  };
  const models = {
    versions: [
      { ...base, id: 'vendor@1', price, launch: vendor },
      { ...base, id: 'vectors@1', task: 'embedding', price, launch: vendor },
      { ...base, id: 'cloudflare@1', price, launch: { kind: 'workers-ai', model: workersAiModel } },
      {
        ...base,
        id: 'rented@1',
        launch: { kind: 'runpod', endpoint: 'e2eendpoint01', model: runpodModel, idleMs: 1_000 },
      },
    ],
    aliases: { vendor: 'vendor@1', cloudflare: 'cloudflare@1', rented: 'rented@1' },
  };
  stack = await startRawStack({
    models,
    vars: {
      UPSTREAM_HOSTS: new URL(openai.url).host,
      UPSTREAM_KEY_VENDOR: openaiKey,
      WORKERS_AI_ACCOUNT: workersAiAccount,
      WORKERS_AI_TOKEN: workersAiToken,
      WORKERS_AI_URL: WorkersAiServer.apiUrl(workersAi.url),
      RUNPOD_API_KEY: runpodKey,
      RUNPOD_API_URL: runpod.url,
      RUNPOD_REST_URL: RunpodServer.restUrl(runpod.url),
    },
  });
});
afterAll(async () => {
  await stack.stop();
  await Promise.all([openai.close(), workersAi.close(), runpod.close()]);
});

async function chat(model: string, stream: boolean): Promise<{ status: number; text: string; head: string }> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.key}` },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] }),
  });
  const head = JSON.stringify([...response.headers]);
  return { status: response.status, text: await response.text(), head };
}

test('an OpenAI-compatible endpoint is asked by its own name of the model with its own key, and streams to the client', async () => {
  const { status, text, head } = await chat('vendor', true);
  expect(status, text).toBe(200);
  expect(text).toMatch(/data: \[DONE\]\s*$/);
  expect(text.match(/^data: \{/gm)?.length).toBeGreaterThan(3);
  const [asked] = openai.asked;
  expect(asked).toMatchObject({ path: '/vendor/openai/v1/chat/completions', model: openaiModel });
  // What is ours stays here.
  expect(JSON.stringify(asked?.headers)).not.toContain(stack.key);
  expect(asked?.headers['x-request-id']).toBeUndefined();
  expect(text + head).not.toContain(openaiKey);
});

test('what an index has embedded is asked of an endpoint by its own name of the model, too', async () => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${stack.key}` };
  const index = `${stack.url}/v1/indexes/vectors`;
  const call = (method: string, url: string, body: object): Promise<Response> =>
    fetch(url, { method, headers, body: JSON.stringify(body) });
  const made = await call('PUT', index, { embedding_model: 'vectors@1' });
  expect(made.ok, await made.text()).toBe(true);
  const added = await call('POST', `${index}/documents`, { documents: [{ id: 'a', text: 'a lamp' }] });
  expect(added.status, await added.text()).toBe(200);
  expect(openai.asked.at(-1)).toMatchObject({ path: '/vendor/openai/v1/embeddings', model: openaiModel });
});

test('Workers AI answers in one piece and streamed', async () => {
  const whole = await chat('cloudflare', false);
  expect(whole.status, whole.text).toBe(200);
  expect(JSON.parse(whole.text)).toMatchObject({ object: 'chat.completion' });
  expect((await chat('cloudflare', true)).text).toMatch(/data: \[DONE\]\s*$/);
  expect(workersAi.asked.map(({ model }) => model)).toEqual([workersAiModel, workersAiModel]);
});

test('a cold request has a worker started on RunPod and is streamed; with the last one nothing is left', async () => {
  expect(endpoint.of.count).toBe(0);
  const { status, text } = await chat('rented', true);
  expect(status, text).toBe(200);
  expect(text).toMatch(/data: \[DONE\]\s*$/);
  expect(endpoint.of.containersSeen).toBe(1);
  expect(runpod.asked[0]).toMatchObject({
    path: '/v2/e2eendpoint01/openai/v1/chat/completions',
    model: runpodModel,
  });
  await vi.waitUntil(() => endpoint.figures.workersMin === 0 && endpoint.of.count === 0, patient);
});

test('what an endpoint says of a refusal never reaches the client', async () => {
  const secrets = [upstreamSecret, '10.0.3.7', openaiKey, openaiModel];
  const message = `This model's maximum context length is 8 tokens on 10.0.3.7 for ${upstreamSecret} ${openaiModel}`;
  openai.refusal = {
    status: 400,
    body: { error: { message, code: 'context_length_exceeded', param: 'messages' } },
  };
  const refused = await chat('vendor', false);
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.text)).toMatchObject({
    error: { code: 'context_length_exceeded', param: 'messages' },
  });
  openai.refusal = { status: 401, body: { error: { message: `Incorrect API key provided: ${openaiKey}` } } };
  const locked = await chat('vendor', false);
  expect(locked.status).toBeGreaterThanOrEqual(500);
  openai.refusal = { status: 500, body: { error: { message: `${upstreamSecret} crashed` } } };
  const broken = await chat('vendor', true);
  openai.refusal = null;
  for (const { text, head } of [refused, locked, broken])
    for (const secret of secrets) expect(text + head).not.toContain(secret);
});
