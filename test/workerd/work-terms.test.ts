// On which terms runs and turns of sessions are done, with the app and the objects as they are deployed: the class of a key, or the lower one
// that a request asks for, stands in the pool's line; what is left to a client bounds the work. The models behind are silent.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IndexObject } from '../../durable-objects/index-object.ts';
import { PoolObject } from '../../durable-objects/pool-object.ts';
import { RunObject } from '../../durable-objects/run-object.ts';
import type { SlotWaiter } from '../../src/core/pool/pool-events.ts';
import type { SlotRequest } from '../../src/hosts/ports.ts';
import { SlotBroker } from '../../src/hosts/slot-broker.ts';
import type { RunStart } from '../../src/hosts/step-performers.ts';
import { AgentDouble } from './agent-double.ts';
import { EdgeApp, errorOf, type Ask, type Reply } from './edge-app.ts';

const runs = (env as unknown as { RUN: DurableObjectNamespace<RunObject> }).RUN;
let app: EdgeApp;
/** Who asked for a slot, and who of them asked the pool for it: a slot that was kept is used again without it. */
const asked: SlotRequest[] = [];
const waiters: SlotWaiter[] = [];
const starts: RunStart[] = [];

beforeEach(() => {
  asked.length = 0;
  waiters.length = 0;
  starts.length = 0;
  const agent = AgentDouble.install();
  vi.mocked(fetch).mockImplementation((input, init) => {
    const { url } = new Request(input);
    return /\/v1\/(chat|embeddings)/.test(url) ? silence(init?.signal) : agent.answer(url, init);
  });
  app = new EdgeApp();
  const { acquire } = SlotBroker.prototype;
  vi.spyOn(SlotBroker.prototype, 'acquire').mockImplementation(function (this: SlotBroker, ...args) {
    asked.push(args[0]);
    return acquire.apply(this, args);
  });
  const { acquire: wait } = PoolObject.prototype;
  vi.spyOn(PoolObject.prototype, 'acquire').mockImplementation(function (this: PoolObject, pool, waiter) {
    waiters.push(waiter);
    return wait.call(this, pool, waiter);
  });
  const { start } = RunObject.prototype;
  vi.spyOn(RunObject.prototype, 'start').mockImplementation(function (this: RunObject, text) {
    starts.push(JSON.parse(text) as RunStart);
    return start.call(this, text);
  });
});
afterEach(async () => {
  for (const { id } of starts) await app.ask({ path: `/v1/runs/${id}/cancel` });
  vi.restoreAllMocks();
});

/** A model that never answers. */
function silence(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError'))),
  );
}

type Headers = Readonly<Record<string, string>>;
/** For what hangs. */
const patience = { timeout: 10_000 };
const lower: Headers = { 'x-pilotlight-criticality': 'sheddable' };
/** Its first step has an effect, its second asks a model. */
const reviewed = { files: [{ path: 'a.ts', content: "export const f = (a: string) => eval('a' + a);" }] };
const review = (headers: Headers): Ask => ({
  path: '/v1/functions/code-review',
  headers,
  body: JSON.stringify(reviewed),
});
/** Its first step is a search, for which the documents must be embedded first. */
const hello = (headers: Headers): Ask => ({
  path: '/v1/functions/hello',
  headers,
  body: JSON.stringify({ question: 'What is a wake?' }),
});
const chat = (headers: Headers, stream = false): Ask => ({
  headers,
  body: JSON.stringify({
    model: 'function:code-review',
    stream,
    messages: [{ role: 'user', content: "```ts\nexport const f = (a: string) => eval('a' + a);\n```" }],
  }),
});

async function openSession(model: string): Promise<(headers: Headers) => Ask> {
  const made = await app.ask({ path: '/v1/sessions', body: JSON.stringify({ model }) });
  const { id } = JSON.parse(made.text) as { readonly id: string };
  const content = "```ts\nexport const f = (a: string) => eval('a' + a);\n```";
  return (headers) => ({
    path: `/v1/sessions/${id}/messages`,
    headers,
    body: JSON.stringify({ content }),
  });
}

/** Those that wait for a step of this run. */
const waitersOf = (run: string): readonly SlotWaiter[] =>
  waiters.filter(({ id }) => id.startsWith(`${run}/`));

async function firstStart(): Promise<RunStart> {
  return await vi.waitUntil(() => starts[0], patience);
}

/** Asks, looks at the run that is begun, and ends it. */
async function begunBy(ask: Ask): Promise<RunStart> {
  const seen = starts.length;
  const replying = app.ask(ask);
  const start = await vi.waitUntil(() => starts[seen], patience);
  await app.ask({ path: `/v1/runs/${start.id}/cancel` });
  await replying;
  return start;
}

describe('the calls of models that a run makes', () => {
  test('wait in the line with the class that its request has, after a crash too', async () => {
    await app.ask(review({ ...lower, prefer: 'respond-async' }));
    const { id } = await firstStart();
    await vi.waitUntil(() => waitersOf(id).length === 1, patience);
    const object = runs.getByName(`demo/${id}`);
    await runInDurableObject(object, (_run, state) => state.abort('killed by the test')).catch(() => {});
    await app.ask({ method: 'GET', path: `/v1/runs/${id}` });
    await vi.waitUntil(() => waitersOf(id).length === 2, patience);
    expect(waitersOf(id).map(({ criticality }) => criticality)).toEqual(['sheddable', 'sheddable']);
  });

  test('count as its key where the request asks for nothing, and never for more than that', async () => {
    for (const headers of [{}, { 'x-pilotlight-criticality': 'critical' }])
      expect((await begunBy(review({ ...headers, prefer: 'respond-async' }))).criticality).toBe('default');
  });

  test('have it as well when a function is asked as a chat model, and when a session talks to it', async () => {
    expect((await begunBy(chat(lower))).criticality).toBe('sheddable');
    expect((await begunBy(chat(lower, true))).criticality).toBe('sheddable');
    const post = await openSession('function:code-review');
    expect((await begunBy(post(lower))).criticality).toBe('sheddable');
  });

  test('those of its searches among them', async () => {
    vi.spyOn(IndexObject.prototype, 'isCurrent').mockReturnValue(true);
    const queried = vi.spyOn(IndexObject.prototype, 'query');
    await app.ask(hello({ ...lower, prefer: 'respond-async' }));
    const [, , withinMs, criticality] = await vi.waitUntil(() => queried.mock.calls[0], patience);
    expect([withinMs, criticality]).toEqual([expect.any(Number), 'sheddable']);
  });
});

test('whoever follows a run hears that the documents of its function are being embedded, before they are', async () => {
  await app.ask(hello({ prefer: 'respond-async' }));
  const { id } = await firstStart();
  const ask = { method: 'GET', path: `/v1/runs/${id}/events`, headers: { accept: 'application/json' } };
  const log = async (): Promise<readonly object[]> =>
    (JSON.parse((await app.ask(ask)).text) as { data: readonly object[] }).data;
  await vi.waitUntil(async () => (await log()).length > 2, patience);
  expect((await log())[2]).toMatchObject({
    type: 'step.progress',
    data: { step: 0, attempt: 1, doing: 'load-index', total: 3 },
  });
});

test('a turn of a session waits in the line with the class of its message', async () => {
  const post = await openSession('assistant');
  for (const headers of [lower, {}]) await app.ask(post({ ...headers, 'x-pilotlight-remaining-ms': '300' }));
  expect(asked.map(({ criticality }) => criticality)).toEqual(['sheddable', 'default']);
  expect(waiters[0]?.criticality).toBe('sheddable');
});

describe('what is left to a client', () => {
  test('is the time of its run, whichever way it hears of it', async () => {
    const remaining = { 'x-pilotlight-remaining-ms': '20000' };
    const asks = [
      review(remaining),
      review({ ...remaining, accept: 'text/event-stream' }),
      review({ ...remaining, prefer: 'respond-async' }),
      chat(remaining),
    ];
    for (const ask of asks) {
      const { totalMs } = (await begunBy(ask)).budget;
      expect(totalMs).toBeLessThanOrEqual(20_000);
      expect(totalMs).toBeGreaterThan(10_000);
    }
    expect((await begunBy(review({}))).budget.totalMs).toBe(300_000);
  });

  test('is what an OpenAI client’s timeout says, where nobody would ever see what comes later', async () => {
    const timeout = { 'x-stainless-timeout': '19' };
    const isBound = async (ask: Ask): Promise<boolean> => (await begunBy(ask)).budget.totalMs <= 20_000;
    expect(await isBound(chat(timeout))).toBe(true);
    expect(await isBound(review(timeout))).toBe(true);
    for (const found of [
      { accept: 'text/event-stream' },
      { prefer: 'respond-async' },
      { 'idempotency-key': 'k' },
    ])
      expect(await isBound(review({ ...timeout, ...found }))).toBe(false);
    expect(await isBound(chat(timeout, true))).toBe(false);
  });

  test('ends a run as its budget does, and a turn with an error', async () => {
    const run = await app.ask(hello({ 'x-pilotlight-remaining-ms': '300' }));
    expect(run.status).toBe(200);
    const view = JSON.parse(run.text) as { status: string; created_ms: number; deadline_ms: number };
    expect(view).toMatchObject({ status: 'incomplete', reason: 'budget_time' });
    expect(view.deadline_ms - view.created_ms).toBeLessThanOrEqual(300);
    const post = await openSession('assistant');
    const turn = await app.ask(post({ 'x-pilotlight-remaining-ms': '300' }));
    expect([turn.status, errorOf(turn).code]).toEqual([504, 'deadline_exceeded']);
  });
});

describe('nothing is begun', () => {
  const refusals = [
    ['a class that is none', { 'x-pilotlight-criticality': 'batch' }, 400, 'invalid_value'],
    ['a deadline that is none', { 'x-pilotlight-remaining-ms': '5s' }, 400, 'invalid_value'],
    ['no time at all', { 'x-pilotlight-remaining-ms': '0' }, 504, 'deadline_exceeded'],
  ] as const;

  test.each(refusals)('for %s', async (_name, headers, status, code) => {
    const post = await openSession('assistant');
    const [name] = Object.keys(headers);
    for (const ask of [review(headers), chat(headers), post(headers)]) {
      const reply: Reply = await app.ask(ask);
      expect([reply.status, errorOf(reply).code]).toEqual([status, code]);
      expect(errorOf(reply).param).toBe(status === 400 ? name : null);
    }
    expect(starts).toEqual([]);
    expect(asked).toEqual([]);
    const log = await app.ask({ ...post({}), method: 'GET', body: null });
    expect(JSON.parse(log.text)).toMatchObject({ data: [] });
  });
});
