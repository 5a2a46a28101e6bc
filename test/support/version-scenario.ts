// What a tenant and an operator do with a deployment in a minute: every kind of object is called, and what they keep is read again later.
// Throws with what was answered when an answer is not the one that was promised.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Deployment {
  readonly url: string;
  /** Calls the scheduled handler. */
  readonly cronUrl: string;
  readonly key: string;
  readonly adminToken: string;
}

/** What one round has left in the objects, to be found again in later ones. */
export interface Left {
  readonly session: string;
  readonly turns: number;
  readonly run: string;
  readonly index: string;
  readonly rulesVersion: number;
}

interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isAdmin?: boolean;
}

const answerMsMax = 60_000;

type Json = Record<string, unknown>;

/** One round of everything. `round` keeps what it makes apart from other rounds. */
export async function useEverything(at: Deployment, round: string): Promise<Left> {
  await chat(at);
  await embed(at);
  const session = await converse(at);
  const run = await runFunction(at, round);
  const index = await search(at, round);
  const rulesVersion = await govern(at, round);
  await operate(at);
  const cron = await fetch(at.cronUrl, { signal: AbortSignal.timeout(answerMsMax) });
  check('outcome of the cron', await cron.text(), 'ok');
  return { session, turns: 2, run, index, rulesVersion };
}

/** Finds what an earlier round has left, and goes on with its session. */
export async function findAgain(at: Deployment, left: Left): Promise<Left> {
  const session = await json(at, `/v1/sessions/${left.session}/messages`);
  // A round that broke may have left one more.
  check('messages of the session', (session['data'] as unknown[]).length >= left.turns, true);
  const more = await json(at, `/v1/sessions/${left.session}/messages`, { body: { content: 'And now?' } });
  check('who answers', roleOf(more), 'assistant');
  const run = await json(at, `/v1/runs/${left.run}`);
  check('run', run['status'], 'completed');
  const trace = await json(at, `/v1/runs/${left.run}/trace`);
  if (trace['object'] === undefined && Object.keys(trace).length === 0)
    throw new Error('the run has no trace');
  const listed = await json(at, '/v1/runs?limit=100');
  const ids = (listed['data'] as readonly Json[]).map(({ id }) => id);
  check('run in the list', ids.includes(left.run), true);
  await findDocument(at, left.index);
  const rules = await json(at, `/admin/v1/tenants/demo/rules/versions/${left.rulesVersion}`, {
    isAdmin: true,
  });
  check('version of rules', rules['version'], left.rulesVersion);
  return { ...left, turns: left.turns + 2 };
}

/** Both ways of answering: whole, and as a stream that ends as it should. */
async function chat(at: Deployment): Promise<void> {
  const body = {
    model: 'assistant',
    max_tokens: 6,
    messages: [{ role: 'user', content: 'What is a cold start?' }],
  };
  const whole = await json(at, '/v1/chat/completions', { body });
  check('object', whole['object'], 'chat.completion');
  const text = await ask(at, '/v1/chat/completions', { body: { ...body, stream: true } });
  check('end of the stream', text.trimEnd().endsWith('data: [DONE]'), true);
}

async function embed(at: Deployment): Promise<void> {
  const reply = await json(at, '/v1/embeddings', { body: { model: 'embed', input: ['a', 'b'] } });
  check('embeddings', (reply['data'] as unknown[]).length, 2);
}

async function converse(at: Deployment): Promise<string> {
  const made = await json(at, '/v1/sessions', { body: { model: 'assistant' } });
  const id = String(made['id']);
  const turn = await json(at, `/v1/sessions/${id}/messages`, { body: { content: 'What is a token?' } });
  check('who answers', roleOf(turn), 'assistant');
  const shown = await json(at, `/v1/sessions/${id}`);
  check('last message', shown['last_seq'], 2);
  const events = await json(at, `/v1/sessions/${id}/events`, { headers: { accept: 'application/json' } });
  check('first event', (events['data'] as readonly Json[])[0]?.['type'], 'session.created');
  await followSession(at, id);
  const fork = await json(at, `/v1/sessions/${id}/fork`, { body: {} });
  check('last message of the fork', fork['last_seq'], 2);
  return id;
}

/** Over a WebSocket, from the beginning to the last event that there is. */
async function followSession(at: Deployment, id: string): Promise<void> {
  const { last_event: last } = await json(at, `/v1/sessions/${id}`);
  const url = `${at.url.replace(/^http/, 'ws')}/v1/sessions/${id}/events?after=0`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The runtime's own client takes headers, unlike a browser's.
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${at.key}` } });
  const timer = setTimeout(() => reject(new Error('the follower heard no end')), answerMsMax);
  socket.addEventListener('message', ({ data }) => {
    if ((JSON.parse(String(data)) as Json)['seq'] === last) resolve();
  });
  socket.addEventListener('close', ({ code }) => reject(new Error(`the follower was closed with ${code}`)));
  socket.addEventListener('error', () => reject(new Error('the follower was refused')));
  await promise.finally(() => clearTimeout(timer));
  socket.close();
}

async function runFunction(at: Deployment, round: string): Promise<string> {
  const headers = { 'idempotency-key': `run-${round}` };
  const body = { question: 'What is a wake?' };
  const run = await json(at, '/v1/functions/hello', { body, headers });
  check('run', run['status'], 'completed');
  const id = String(run['id']);
  const again = await json(at, '/v1/functions/hello', { body, headers });
  check('the same run', again['id'], id);
  const events = await ask(at, `/v1/runs/${id}/events`);
  check('end of the log', events.includes('event: run.completed'), true);
  const page = await json(at, `/v1/runs/${id}/events`, { headers: { accept: 'application/json' } });
  check('first entry', (page['data'] as readonly Json[])[0]?.['type'], 'run.started');
  return id;
}

async function search(at: Deployment, round: string): Promise<string> {
  const index = `help-${round}`;
  const documents = [
    {
      id: 'refund',
      title: 'Refunds',
      text: 'A refund is paid within five days.',
      metadata: { topic: 'billing' },
    },
    {
      id: 'lamp',
      title: 'Lamps',
      text: 'A lamp is returned within thirty days.',
      metadata: { topic: 'returns' },
    },
  ];
  await json(at, `/v1/indexes/${index}/documents`, { body: { documents } });
  await findDocument(at, index);
  const list = await ask(at, '/v1/indexes');
  check('index in the list', list.includes(index), true);
  return index;
}

async function findDocument(at: Deployment, index: string): Promise<void> {
  const body = { query: 'when do I get my money back?', limit: 1, filter: { field: 'topic', eq: 'billing' } };
  const found = await ask(at, `/v1/indexes/${index}/query`, { body });
  check('found document', found.includes('"refund"'), true);
}

/** Rules: published, followed by requests, taken back. */
async function govern(at: Deployment, round: string): Promise<number> {
  const other = { id: `other-${round}`, match: { model: 'assistant' }, target: 'tiny-agent@1' };
  const path = '/admin/v1/tenants/demo/rules';
  const made = await json(at, path, { method: 'PUT', isAdmin: true, body: { rules: [other], by: 'test' } });
  const version = Number(made['version']);
  await servedBy(at, 'tiny-agent@1');
  const back = { method: 'POST', isAdmin: true, body: { version: 0 } };
  await json(at, `${path}/rollback`, back);
  await servedBy(at, 'tiny-chat@1');
  await json(at, `${path}/versions`, { isAdmin: true });
  return version;
}

/** An isolate follows published rules within seconds. */
async function servedBy(at: Deployment, version: string): Promise<void> {
  const untilMs = Date.now() + answerMsMax;
  const body = { model: 'assistant', max_tokens: 2, messages: [{ role: 'user', content: 'hi' }] };
  for (;;) {
    const reply = await send(at, '/v1/chat/completions', { body });
    await reply.text();
    const served = reply.headers.get('x-pilotlight-model');
    if (reply.status === 200 && served === version) return;
    if (Date.now() > untilMs) throw new Error(`requests are served by ${served}, not by ${version}`);
    await sleep(200);
  }
}

/** What an operator looks at and orders. */
async function operate(at: Deployment): Promise<void> {
  const pools = await json(at, '/admin/v1/pools', { isAdmin: true });
  check('pools that do not answer', (pools['silent'] as unknown[]).length, 0);
  const pool = 'tiny-chat@1~local';
  const path = `/admin/v1/pools/${pool}`;
  await json(at, path, { isAdmin: true });
  for (const open of [true, false]) {
    const order = { replica: null, open, reason: 'test' };
    await json(at, `${path}/circuits`, { isAdmin: true, body: order });
  }
  await json(at, '/admin/v1/warmth', { isAdmin: true });
  const question = { model: 'assistant' };
  await json(at, '/admin/v1/tenants/demo/explain', { isAdmin: true, body: { question } });
}

async function json(at: Deployment, path: string, what: Ask = {}): Promise<Json> {
  return JSON.parse(await ask(at, path, what)) as Json;
}

async function ask(at: Deployment, path: string, what: Ask = {}): Promise<string> {
  const reply = await send(at, path, what);
  const text = await reply.text();
  if (reply.ok) return text;
  throw new Error(`${what.method ?? 'GET or POST'} ${path}: ${reply.status} ${text}`);
}

function send(
  at: Deployment,
  path: string,
  { method, body, headers, isAdmin = false }: Ask,
): Promise<Response> {
  return fetch(at.url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${isAdmin ? at.adminToken : at.key}`,
      'content-type': 'application/json',
      ...headers,
    },
    signal: AbortSignal.timeout(answerMsMax),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function check(what: string, is: unknown, shouldBe: unknown): void {
  if (is !== shouldBe)
    throw new Error(`${what}: is ${JSON.stringify(is)}, should be ${JSON.stringify(shouldBe)}`);
}

/** Of the last message of a turn. */
function roleOf(turn: Json): unknown {
  return (turn['messages'] as readonly Json[] | undefined)?.at(-1)?.['role'];
}
