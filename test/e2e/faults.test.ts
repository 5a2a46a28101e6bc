import { resolve } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Faults } from '../../gpu-workers/servers/faults.ts';
import { pacedAnswer, pacedPrompt } from '../../gpu-workers/servers/pace-text.ts';
import {
  chat,
  eventually,
  listModelProcesses,
  patienceMs,
  readPool,
  startStack,
  type Stack,
} from '../support/stack.ts';

let stack: Stack;
let client: OpenAI;

const pace = { loadMs: 20, wakeMs: 10, firstTokenMs: 5, tokenMs: 20, tokens: 40 };
const wholeAnswer = pacedAnswer(pacedPrompt([{ role: 'user', content: 'hello' }]), pace.tokens);
const ask = { model: 'paced', messages: [{ role: 'user' as const, content: 'hello' }] };

/** A version whose every replica has its fault from its start: whichever is asked, and whatever takes its place, fails in the same way. */
function faultyVersion(id: string, requests: Faults): object {
  const env = {
    // Well within the time in which a broken connection counts as a refused one.
    PILOTLIGHT_PACE: JSON.stringify({ ...pace, tokenMs: 1 }),
    PILOTLIGHT_FAULTS: JSON.stringify({ requests }),
  };
  const command = [
    process.execPath,
    resolve(import.meta.dirname, '../../gpu-workers/servers/paced-server.ts'),
  ];
  return { id: `${id}@1`, task: 'chat', slots: 4, replicasMax: 1, launch: { kind: 'command', command, env } };
}

/** One status and one code for each: nothing else may be told. The runtime tells a reset from a refused connection by its time alone. */
const lasting: readonly (readonly [string, string, Faults, number, readonly string[]])[] = [
  ['an error of the server', 'errs', { errorStatus: 500 }, 502, ['replica_error']],
  ['a redirect', 'redirects', { errorStatus: 302 }, 502, ['replica_error']],
  ['a compressed bomb', 'bombs', { gzipBombMb: 64 }, 502, ['bad_upstream_reply']],
  ['a connection reset', 'resets', { resetAfterTokens: 3 }, 502, ['replica_unreachable', 'replica_error']],
  ['half a reply', 'halves', { missingTerminal: true }, 502, ['bad_upstream_reply']],
  ['no answer but garbage', 'babbles', { garbageAfterTokens: 3 }, 502, ['bad_upstream_reply']],
  ['a rate limit of its own', 'limits', { errorStatus: 429 }, 503, ['model_overloaded']],
];

beforeAll(async () => {
  stack = await startStack({
    env: {
      // A stall that is no fault of the test ends long before.
      PILOTLIGHT_IDLE_MS: '5000',
      PILOTLIGHT_FIRST_TOKEN_MS: '10000',
      PILOTLIGHT_GRACE_MS: '300',
      PILOTLIGHT_KEEP_ALIVE_MS: '100',
    },
    models: {
      versions: [
        { id: 'paced@1', task: 'chat', slots: 4, replicasMax: 1, launch: { kind: 'paced', pace } },
        {
          id: 'endless@1',
          task: 'chat',
          slots: 4,
          replicasMax: 1,
          launch: { kind: 'paced', pace: { ...pace, tokens: 10_000 } },
        },
        {
          id: 'loads-long@1',
          task: 'chat',
          slots: 4,
          replicasMax: 1,
          launch: { kind: 'paced', pace: { ...pace, loadMs: 1500, tokens: 3 } },
        },
        ...lasting.map(([, id, faults]) => faultyVersion(id, faults)),
        {
          id: 'missing@1',
          task: 'chat',
          launch: { kind: 'llama', weights: 'no-such-file.gguf', contextTokens: 384 },
        },
      ],
      aliases: {
        paced: 'paced@1',
        endless: 'endless@1',
        'loads-long': 'loads-long@1',
        missing: 'missing@1',
        ...Object.fromEntries(lasting.map(([, id]) => [id, `${id}@1`])),
      },
    },
  });
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});

afterAll(async () => {
  await stack.stop();
});

beforeEach(async () => {
  await chat(stack, ask);
});

async function setFaults(faults: object): Promise<void> {
  const endpoint = await replicaEndpoint();
  const reply = await fetch(`${endpoint}/control/faults`, { method: 'POST', body: JSON.stringify(faults) });
  expect(reply.status).toBe(200);
}

/** Where the one replica of a version listens, by its environment. */
async function replicaEndpoint(id = 'paced'): Promise<string> {
  const replica = listModelProcesses(stack).find((each) => each.replica.startsWith(`${id}-1-`));
  const { readFileSync } = await import('node:fs');
  const environ = readFileSync(`/proc/${replica?.pid}/environ`, 'utf8').split('\0');
  return `http://127.0.0.1:${environ.find((each) => each.startsWith('PORT='))?.slice(5)}`;
}

async function readStream(): Promise<{ tokens: number; failure: unknown }> {
  let tokens = 0;
  try {
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) tokens += 1;
    return { tokens, failure: null };
  } catch (failure) {
    return { tokens, failure };
  }
}

test('a whole stream is whole', async () => {
  expect(await readStream()).toEqual({ tokens: 40, failure: null });
});

test('a stream that the model has ended, and its server without the terminal event, is whole', async () => {
  await setFaults({ requests: 1, missingTerminal: true });
  expect(await readStream()).toEqual({ tokens: 40, failure: null });
});

test.each([
  ['reset in the middle', { resetAfterTokens: 5 }, 'stream_cut'],
  ['stalled', { stallAfterTokens: 5 }, 'stream_stalled'],
  ['turned to garbage', { garbageAfterTokens: 5 }, 'bad_upstream_reply'],
])('a stream that is %s is an error for the client, never a clean end', async (_name, faults, code) => {
  await setFaults({ requests: 1, ...faults });
  const { tokens, failure } = await readStream();
  expect(failure).toBeInstanceOf(OpenAI.APIError);
  expect(failure).toMatchObject({ code });
  expect(tokens).toBeLessThanOrEqual(40);
  await eventually('no slot in use', patienceMs, async () =>
    (await readPool(stack, 'paced@1')).replicas.every(({ leasedSlots }) => leasedSlots === 0),
  );
  expect((await readStream()).failure).toBeNull();
});

test.each(lasting)(
  '%s, from each replica and its successors, is told in clean words',
  async (...[, id, , status, codes]) => {
    const reply = await chat(stack, { ...ask, model: id });
    const { error } = JSON.parse(reply.text) as { error: { code: string; message: string } };
    expect(reply.status).toBe(status);
    expect(codes).toContain(error.code);
    expect(error.message).not.toBe('');
    expect(reply.text).not.toMatch(/told to fail|127\.0\.0\.1/);
  },
);

test('an error that comes once is not seen by the client: its request is sent again, and its one answer is whole', async () => {
  await setFaults({ requests: 1, errorStatus: 500 });
  const reply = await chat(stack, ask);
  expect(reply.status).toBe(200);
  expect(JSON.parse(reply.text)).toMatchObject({
    choices: [{ message: { content: wholeAnswer }, finish_reason: 'stop' }],
    usage: { completion_tokens: pace.tokens },
  });
  await setFaults({});
});

test('a stream that waits for a cold start gets comments after the grace time, then its answer', async () => {
  const reply = await chat(stack, { ...ask, model: 'loads-long', stream: true });
  expect(reply.status).toBe(200);
  expect(reply.text).toMatch(/^: keep-alive$/m);
  expect(reply.text).toMatch(/^: pilotlight warmth=cold wait-ms=\d+$/m);
  expect(reply.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
});

test('a client that leaves in mid-stream stops the model at once and frees its slot', async () => {
  // Its answer takes minutes: what stops it before is that its client left.
  const stream = await client.chat.completions.create({ ...ask, model: 'endless', stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  stream.controller.abort();
  const endpoint = await replicaEndpoint('endless');
  const leftMs = Date.now();
  const counters = await eventually('nothing in flight', patienceMs, async () => {
    const now = (await (await fetch(`${endpoint}/control/counters`)).json()) as {
      inFlight: number;
      aborted: number;
    };
    return now.inFlight === 0 && now;
  });
  console.log(`the model was stopped ${Date.now() - leftMs} ms after the client left`);
  expect(counters.aborted).toBe(1);
  await eventually('no slot in use', patienceMs, async () =>
    (await readPool(stack, 'endless@1')).replicas.every(({ leasedSlots }) => leasedSlots === 0),
  );
});

test('a replica killed in mid-stream is an error for its client, and is replaced for the next', async () => {
  const endless = { ...ask, model: 'endless' };
  const stream = await client.chat.completions.create({ ...endless, stream: true });
  const reading = (async () => {
    let isKilled = false;
    for await (const chunk of stream) {
      if (isKilled || !chunk.choices[0]?.delta.content) continue;
      const victim = listModelProcesses(stack).find((each) => each.replica.startsWith('endless-1-'));
      if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
      isKilled = true;
    }
  })();
  await expect(reading).rejects.toBeInstanceOf(OpenAI.APIError);
  const next = await eventually('served again', patienceMs, async () => {
    const reply = await chat(stack, { ...endless, max_tokens: 3 });
    return reply.status === 200 && reply;
  });
  expect(next.status).toBe(200);
});

test('a model without weights is a 503 with a time to come back, a reason for the admin, and no start in a loop', async () => {
  const reply = await chat(stack, { ...ask, model: 'missing' });
  expect(reply.status).toBe(503);
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(reply.text).toContain('model_cannot_start');
  const view = await readPool(stack, 'missing@1');
  expect(view.backoff?.reason).toContain('no-such-file.gguf');
  const again = await chat(stack, { ...ask, model: 'missing' });
  expect(again.status).toBe(503);
  expect((await readPool(stack, 'missing@1')).past.replicas).toBeLessThanOrEqual(2);
});

test('an agent that is killed leaves no model process, is a 503 in time at worst, and the service comes back by itself', async () => {
  process.kill(stack.pids().agent, 'SIGKILL');
  const startedMs = Date.now();
  const reply = await chat(stack, { ...ask, model: 'loads-long' });
  expect([200, 502, 503]).toContain(reply.status);
  console.log(`with the agent gone: ${reply.status} after ${Date.now() - startedMs} ms`);
  await eventually('served again', patienceMs, async () => (await chat(stack, ask)).status === 200);
  await eventually('one process per replica', patienceMs, async () => {
    const running = listModelProcesses(stack).map(({ replica }) => replica);
    return new Set(running).size === running.length;
  });
});
