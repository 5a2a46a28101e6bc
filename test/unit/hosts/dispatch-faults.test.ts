// Every way in which a replica can break a stream, over real sockets, seen by the official client: it must throw each time, and the slot
// must come back exactly once with the right word on the replica.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { renderFailure } from '../../../src/core/api/failure.ts';
import { dispatch, type DispatchLimits } from '../../../src/hosts/dispatch.ts';
import type { SlotOutcome } from '../../../src/hosts/ports.ts';
import {
  answer,
  type Behaviour,
  type Bench,
  delta,
  DONE,
  GOOD_STREAM,
  gzipBomb,
  keepSummary,
  LIMITS,
  makeBench,
  makeRequest,
  neverAnswer,
  resetAfter,
  stallAfter,
  startUpstream,
} from './faulty-replica.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A bare HTTP server in front of dispatch, as the edge function will be. */
async function startDoor(bench: Bench, limits: DispatchLimits, onEnd: () => void): Promise<OpenAI> {
  const server = http.createServer(async (_req, res) => {
    const outcome = await dispatch(bench.ports, makeRequest({ onEnd }), limits);
    if (outcome.kind === 'failed') {
      const { status, body } = renderFailure(outcome.failure);
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for await (const chunk of outcome.body) res.write(chunk);
    res.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'k', maxRetries: 0, logLevel: 'off' });
}

async function chat(behave: Behaviour, limits: Partial<DispatchLimits> = {}) {
  const upstream = await startUpstream(behave);
  cleanups.push(() => upstream.close());
  const bench = makeBench(upstream.endpoint);
  const { onEnd, summaries } = keepSummary();
  const client = await startDoor(bench, { ...LIMITS, ...limits }, onEnd as () => void);
  let text = '';
  let error: unknown = null;
  try {
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  } catch (thrown) {
    error = thrown;
  }
  await bench.settled();
  return { text, error, released: bench.released, summary: summaries[0], summaries, upstream };
}

const head = delta('Hel') + delta('lo');

interface FaultCase {
  readonly behave: Behaviour;
  readonly code: string;
  readonly outcome?: SlotOutcome;
  /** The HTTP status for a failure before the first event; absent when it comes in the stream. */
  readonly status?: number;
  readonly limits?: Partial<DispatchLimits>;
}

const failed = (message: string): string => `data: {"error":{"message":"${message}"}}\n\n`;

const FAULTS: Readonly<Record<string, FaultCase>> = {
  'clean end without a terminal event': { behave: answer(head), code: 'stream_cut' },
  'end in the middle of an event': { behave: answer(head + delta('x').slice(0, 30)), code: 'stream_cut' },
  'end in the middle of a character': {
    behave: answer(`${head}data: {"choices":["\u20ac`.slice(0, -1)),
    code: 'stream_cut',
  },
  'terminal event without its blank line': { behave: answer(`${head}data: [DONE]\n`), code: 'stream_cut' },
  'stall after two tokens': { behave: stallAfter(head), code: 'stream_stalled', limits: { idleMs: 50 } },
  'garbage after two tokens': {
    behave: answer(`${head}\u0001\u0002garbage\n\n${DONE}`),
    code: 'bad_upstream_reply',
  },
  'broken JSON after two tokens': {
    behave: answer(`${head}data: {"choices":[\n\n${DONE}`),
    code: 'bad_upstream_reply',
  },
  'a huge line after two tokens': {
    behave: stallAfter(`${head}data: ${'x'.repeat(70_000)}`),
    code: 'bad_upstream_reply',
  },
  'a second terminal event': { behave: answer(head + DONE + DONE), code: 'bad_upstream_reply' },
  'tokens behind the terminal event': {
    behave: answer(head + DONE + delta('x')),
    code: 'bad_upstream_reply',
  },
  'an error event': { behave: answer(head + failed('CUDA error at 10.0.0.1') + DONE), code: 'replica_error' },
  'total time over': {
    behave: (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => res.write(delta('x')), 5);
      res.on('close', () => clearInterval(timer));
    },
    code: 'deadline_exceeded',
    outcome: 'client-gone',
    limits: { totalMs: 80 },
  },
  'bytes that are not UTF-8': {
    behave: (res) =>
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(Buffer.from([0x3a, 0xff, 0x0a])),
    code: 'bad_upstream_reply',
    status: 502,
  },
  'reset before the first token': { behave: resetAfter(': hi\n\n'), code: 'stream_cut', status: 502 },
  'only a terminal event': { behave: answer(DONE), code: 'bad_upstream_reply', status: 502 },
  'HTML with status 200': {
    behave: answer('<html></html>', 'text/html'),
    code: 'bad_upstream_reply',
    status: 502,
  },
  'HTML called an event stream': {
    behave: answer('<html>\n</html>\n'),
    code: 'bad_upstream_reply',
    status: 502,
  },
  'a JSON reply to a stream': {
    behave: answer('{"choices":[]}', 'application/json'),
    code: 'bad_upstream_reply',
    status: 502,
  },
  'a gzip bomb': { behave: gzipBomb, code: 'bad_upstream_reply', status: 502 },
  'a redirect': {
    behave: (res, req) => {
      if (req.url === '/elsewhere') answer(GOOD_STREAM)(res, req);
      else res.writeHead(307, { location: '/elsewhere' }).end();
    },
    code: 'replica_error',
    status: 502,
  },
  'an error 500': {
    behave: answer('{"error":{"message":"boom"}}', 'application/json', 500),
    code: 'replica_error',
    status: 502,
  },
  'not ready': {
    behave: answer('{"error":{"code":"not_ready"}}', 'application/json', 503),
    code: 'model_overloaded',
    status: 503,
  },
  'a limit of the model server': {
    behave: answer('{"error":{"code":"rate_limit_exceeded"}}', 'application/json', 429),
    code: 'model_overloaded',
    status: 503,
    outcome: 'served',
  },
  'an error event first': { behave: answer(failed('no')), code: 'replica_error', status: 502 },
  'no head': { behave: neverAnswer, code: 'first_token_timeout', status: 504, limits: { firstTokenMs: 50 } },
  'a head and no token': {
    behave: stallAfter(''),
    code: 'first_token_timeout',
    status: 504,
    limits: { firstTokenMs: 50 },
  },
  'a role and no token': {
    behave: stallAfter('data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'),
    code: 'first_token_timeout',
    status: 504,
    limits: { firstTokenMs: 50 },
  },
  'no token within the grace time': {
    behave: stallAfter(''),
    code: 'first_token_timeout',
    limits: { firstTokenMs: 80, graceMs: 10, keepAliveMs: 20 },
  },
  'an error 500 after the grace time': {
    behave: (res) => void setTimeout(() => answer('', 'text/plain', 500)(res, res.req), 60),
    code: 'replica_error',
    limits: { graceMs: 10, keepAliveMs: 20 },
  },
};

describe('the official client throws', () => {
  it.each(Object.entries(FAULTS))('%s', async (_name, fault) => {
    const { error, text, released, summaries, upstream } = await chat(fault.behave, fault.limits);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: fault.code });
    expect((error as APIError).status).toBe(fault.status);
    expect(String(error)).not.toMatch(/127\.0|10\.0|CUDA|boom/);
    if (fault.status === undefined && text !== '')
      expect('Hello'.startsWith(text) || /^x+$/.test(text)).toBe(true);
    // One whose connection broke may be gone; one that answers, however badly, is there.
    const usual = fault.code === 'stream_cut' ? 'replica-failed' : 'answer-failed';
    expect(released).toEqual([fault.outcome ?? usual]);
    expect(summaries).toHaveLength(1);
    expect(summaries[0]?.failure).not.toBeNull();
    // The replica is let go of, so that its own slot is free.
    await expect.poll(() => upstream.open()).toBe(0);
  });

  it('also when the terminal event is all that is missing: nothing of the text is lost', async () => {
    const { text, error } = await chat(answer(head));
    expect(text).toBe('Hello');
    expect(error).not.toBeNull();
  });
});

describe('the official client is content', () => {
  it('with a good stream, whose summary tells what it cost', async () => {
    const { text, error, released, summary } = await chat(answer(GOOD_STREAM));
    expect({ text, error, released }).toEqual({ text: 'Hello', error: null, released: ['served'] });
    expect(summary).toMatchObject({
      failure: null,
      served: { warmth: 'hot' },
      replicaId: 'r1',
      attempts: 1,
      bytes: GOOD_STREAM.length,
      chunks: 3,
      finishReason: 'stop',
      usage: { promptTokens: 7, completionTokens: 2 },
    });
    expect(summary?.headMs).not.toBeNull();
    expect(summary?.firstContentMs).not.toBeNull();
  });

  it('with a stream that dribbles in byte by byte', async () => {
    const bytes = Buffer.from(delta('h\u00e9\u20ac\u{1f600}') + DONE);
    const { text, error } = await chat((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const next = (at: number): void => {
        if (at === bytes.length) res.end();
        else res.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    });
    expect({ text, error }).toEqual({ text: 'h\u00e9\u20ac\u{1f600}', error: null });
  });

  it.each([
    ['a clean end', answer(head + delta('', 'stop'))],
    ['a reset', resetAfter(head + delta('', 'stop'))],
    ['a stall', stallAfter(head + delta('', 'stop'))],
  ])(
    'with %s where the model has said that it ended, and only the terminal event is missing',
    async (_name, behave) => {
      const { text, error, released, upstream } = await chat(behave, { idleMs: 100 });
      expect({ text, error, released }).toEqual({ text: 'Hello', error: null, released: ['served'] });
      await expect.poll(() => upstream.open()).toBe(0);
    },
  );

  it.each([
    ['a reset behind the terminal event', resetAfter(head + DONE)],
    ['a connection left open behind the terminal event', stallAfter(head + DONE)],
  ])('with %s: the answer is whole', async (_name, behave) => {
    const { text, error, released, upstream } = await chat(behave, { idleMs: 100 });
    expect({ text, error, released }).toEqual({ text: 'Hello', error: null, released: ['served'] });
    await expect.poll(() => upstream.open()).toBe(0);
  });

  it('with a stream that waited beyond the grace time', async () => {
    const { text, error } = await chat(
      (res) => void setTimeout(() => answer(GOOD_STREAM)(res, res.req), 60),
      {
        graceMs: 10,
        keepAliveMs: 20,
      },
    );
    expect({ text, error }).toEqual({ text: 'Hello', error: null });
  });
});
