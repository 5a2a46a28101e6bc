// From a request to the pool's circuits and back, in the runtime: the isolate's broker over the real pool object, with model servers that
// break and mend. Each request has a lifetime of its own; the broker is the isolate's.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { STEADFAST_POLICY } from '../../src/hosts/attempt-target.ts';
import { dispatch, type DispatchLimits } from '../../src/hosts/dispatch.ts';
import { portsFor } from '../../src/hosts/worker-ports.ts';
import { AgentDouble } from './agent-double.ts';

const bindings = env as unknown as Env;
const pool = 'tiny-chat@1~local';

const limits: DispatchLimits = {
  totalMs: 20_000,
  firstTokenMs: 10_000,
  idleMs: 10_000,
  graceMs: 8_000,
  keepAliveMs: 2_000,
  replyBytesMax: 64 * 1024,
};

const words =
  'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":null}]}\n\n' +
  'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

let isBroken = false;
let works: Promise<unknown>[] = [];

beforeEach(() => {
  isBroken = false;
  works = [];
  const agent = new AgentDouble();
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { url } = new Request(input);
    if (!url.endsWith('/v1/chat/completions')) return agent.answer(url, init);
    if (isBroken) return new Response('{}', { status: 500 });
    return new Response(words, { headers: { 'content-type': 'text/event-stream' } });
  });
});

afterEach(() => vi.restoreAllMocks());

async function ask(): Promise<string> {
  const ports = portsFor(bindings, { waitUntil: (work) => void works.push(work) });
  const target = { pool, version: 'tiny-chat@1', body: '{"model":"m","messages":[],"stream":true}' };
  const outcome = await dispatch(
    ports,
    {
      attempts: [target],
      policy: { ...STEADFAST_POLICY, retriesMax: 0, callsMax: 1 },
      tenant: 't',
      requestId: crypto.randomUUID(),
      path: '/v1/chat/completions',
      stream: true,
      signal: new AbortController().signal,
      startedMs: Date.now(),
    },
    limits,
  );
  return outcome.kind === 'stream' ? new Response(outcome.body).text() : outcome.kind;
}

const view = () => bindings.POOL.getByName(pool).view(pool);
const isAnyOpen = async (): Promise<boolean> => {
  const { circuit, replicas } = await view();
  return [circuit, ...replicas.flatMap((each) => each.circuit ?? [])].some(({ phase }) => phase !== 'closed');
};

test('replicas that fail are left out by what isolates report, and are back when a probe of theirs passes', async () => {
  expect(await ask()).toContain('hi');
  isBroken = true;
  for (let request = 0; request < 8; request += 1) await ask();
  expect(await isAnyOpen()).toBe(true);
  isBroken = false;
  await vi.waitUntil(
    async () => {
      await ask();
      return !(await isAnyOpen());
    },
    { timeout: 15_000, interval: 100 },
  );
  const { circuit, replicas } = await view();
  const details = [circuit, ...replicas.flatMap((each) => each.circuit ?? [])].flatMap(({ history }) =>
    history.map(({ detail }) => detail),
  );
  expect(details.some((detail) => detail.startsWith('probe'))).toBe(true);
  await Promise.all(works);
}, 40_000);
