// Models on Modal, from the client to the container and back: the bundled Worker in the bare runtime, the real agent, the real `modal`
// package, TLS between the edge and what runs. Modal itself is a server that speaks its wire protocol and starts emulated GPUs.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ModalServer } from '../support/modal/modal-server.ts';
import { startRawStack, type RawStack } from '../support/raw-stack.ts';
import type { TestFunction } from '../support/modal/test-functions.ts';
import type { TestWebUrl } from '../support/modal/test-web-url.ts';

const modal = new ModalServer();
const patient = { timeout: 30_000, interval: 20 };
const paced = resolve(import.meta.dirname, '../../gpu-workers/servers/paced-server.ts');
const pace = JSON.stringify({ loadMs: 300, wakeMs: 50, firstTokenMs: 900, tokenMs: 1, tokens: 8 });
const proxyToken = { id: 'wk-e2e', secret: 'ws-e2e-secret' };
const replicaKey = 'replica-key-of-the-edge';
let stack: RawStack;
let web: TestWebUrl;
let serve: TestFunction;

const base = { task: 'chat', hotIdleMs: 1_000, parkedIdleMs: 1_000, replicasMax: 1 };
const boxed = {
  kind: 'modal-sandbox',
  app: 'pilotlight-e2e',
  image: 'node:22',
  gpu: 'H100',
  command: [process.execPath, paced],
  env: { PILOTLIGHT_PACE: pace },
};
const models = {
  versions: [
    {
      ...base,
      id: 'boxed@1',
      launch: boxed,
    },
    { ...base, id: 'crowded@1', launch: boxed, elsewhere: ['spare@1'] },
    { ...base, id: 'spare@1', launch: { kind: 'paced', pace: JSON.parse(pace) as unknown } },
    {
      ...base,
      id: 'deployed@1',
      launch: {
        kind: 'modal-function',
        app: 'pilotlight-e2e',
        function: 'serve',
        gpu: 'H100',
        idleMs: 2_000,
      },
    },
  ],
  aliases: { boxed: 'boxed@1', deployed: 'deployed@1', crowded: 'crowded@1' },
};

beforeAll(async () => {
  await modal.open();
  modal.web.proxyToken = proxyToken;
  modal.web.longMs = 200;
  const deployed = await modal.deploy({
    app: 'pilotlight-e2e',
    name: 'serve',
    command: [process.execPath, paced],
    env: { PILOTLIGHT_PACE: pace, PILOTLIGHT_SLOTS: '4' },
    concurrency: 4,
    figures: { min_containers: 0, max_containers: 10, scaledown_window: 60 },
  });
  web = deployed.front;
  serve = deployed.of;
  const keys = {
    REPLICA_KEY: replicaKey,
    MODAL_PROXY_ID: proxyToken.id,
    MODAL_PROXY_SECRET: proxyToken.secret,
  };
  stack = await startRawStack({
    models,
    trusted: modal.certificate.cert,
    vars: { ...keys, MODAL_HOSTS: '127.0.0.1' },
    agentEnv: { ...modal.env, ...keys, MODAL_ON_END: 'stop', MODAL_SWEEP_MS: '500', MODAL_GPUS_MAX: '1' },
  });
});
afterAll(async () => {
  await stack.stop();
  await modal.close();
});

function ask(model: string, stream: boolean): Promise<Response> {
  return fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.key}` },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] }),
  });
}

async function chat(model: string, stream: boolean): Promise<string> {
  const response = await ask(model, stream);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

/** What goes wrong with a request, null when nothing does. Never rejects: a test that has failed meanwhile is not there to hear of it. */
function troubleWith(model: string): Promise<string | null> {
  return chat(model, false).then(() => null, String);
}

/** Asks again and again until it is told that it is enough, or something goes wrong. */
async function keepAsking(model: string, enough: AbortSignal): Promise<string | null> {
  let trouble: string | null = null;
  while (trouble === null && !enough.aborted) trouble = await troubleWith(model);
  return trouble;
}

/** What the server in the only sandbox says of itself, asked behind the tunnel. */
async function stateInside(): Promise<string> {
  const [only] = modal.sandboxes.running();
  if (only === undefined) return 'gone';
  const health = await fetch(`http://127.0.0.1:${only.port}/health`).catch(() => null);
  return health === null ? 'gone' : ((await health.json()) as { readonly state: string }).state;
}

test('a cold request has a sandbox created and is streamed; it is parked, woken by the next, and nothing is left', async () => {
  expect(modal.sandboxes.all.size).toBe(0);
  expect(await chat('boxed', true)).toMatch(/data: \[DONE\]\s*$/);
  const [only] = modal.sandboxes.running();
  await vi.waitUntil(async () => (await stateInside()) === 'parked', patient);
  expect(await chat('boxed', true)).toMatch(/data: \[DONE\]\s*$/);
  expect(modal.sandboxes.running()).toEqual([only]);
  await vi.waitUntil(() => modal.sandboxes.running().length === 0, patient);
  expect(modal.sandboxes.all.size).toBe(1);
});

test('whoever finds the address of a sandbox is refused without the key', async () => {
  const asked = troubleWith('boxed');
  await vi.waitUntil(async () => (await stateInside()) === 'ready', patient);
  const [only] = modal.sandboxes.running();
  const stranger = await fetch(`http://127.0.0.1:${only?.port}/v1/chat/completions`, {
    method: 'POST',
    body: '{}',
  });
  expect(stranger.status).toBe(401);
  expect(await asked).toBeNull();
  // The only GPU is free again.
  await vi.waitUntil(() => modal.sandboxes.running().length === 0, patient);
});

test('a function is asked with the proxy token; an answer that takes long is waited for elsewhere', async () => {
  const answer: unknown = JSON.parse(await chat('deployed', false));
  expect(answer).toMatchObject({ object: 'chat.completion' });
  expect(web.redirects).toBeGreaterThan(1);
  expect(web.refused).toBe(0);
  // Whatever the code says of itself, nothing is paid for once the pool has let go of it.
  await vi.waitUntil(() => serve.count === 0 && serve.figures.max_containers === 1, patient);
  expect(serve.containersSeen).toBe(1);
});

test('where the last GPU is taken the same model answers elsewhere, labelled as such; later it is the first one again', async () => {
  const enough = new AbortController();
  // The function's container may still be counted for a moment: who asks now waits for its GPU, and is not refused.
  const taken = keepAsking('boxed', enough.signal);
  try {
    await vi.waitUntil(() => modal.sandboxes.running().length === 1, patient);
    const substitute = await ask('crowded', false);
    expect(substitute.status, await substitute.text()).toBe(200);
    expect(substitute.headers.get('x-pilotlight-model')).toBe('spare@1');
    expect(substitute.headers.get('x-pilotlight-substitute')).toContain('fallback');
  } finally {
    enough.abort();
  }
  expect(await taken).toBeNull();
  await vi.waitUntil(async () => {
    const answer = await ask('crowded', false);
    await answer.text();
    return answer.status === 200 && answer.headers.get('x-pilotlight-model') === 'crowded@1';
  }, patient);
  expect(modal.sandboxes.running()).toHaveLength(1);
  await vi.waitUntil(() => modal.sandboxes.running().length === 0, patient);
});
