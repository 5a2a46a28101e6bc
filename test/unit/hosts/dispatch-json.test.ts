// Answers that do not stream: whole and checked, or a failure with its HTTP status.
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { dispatch, type DispatchLimits } from '../../../src/hosts/dispatch.ts';
import type { SlotOutcome } from '../../../src/hosts/ports.ts';
import {
  answer,
  type Behaviour,
  keepSummary,
  LIMITS,
  makeBench,
  makeRequest,
  neverAnswer,
  startUpstream,
} from './faulty-replica.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const CHAT =
  '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}';
const EMBEDDING = '{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":3}}';

async function call(
  behave: Behaviour,
  limits: Partial<DispatchLimits> = {},
  path: '/v1/chat/completions' | '/v1/embeddings' = '/v1/chat/completions',
) {
  const upstream = await startUpstream(behave);
  cleanups.push(() => upstream.close());
  const bench = makeBench(upstream.endpoint);
  const { onEnd, summaries } = keepSummary();
  const client = new AbortController();
  const work = dispatch(bench.ports, makeRequest({ stream: false, path, onEnd, signal: client.signal }), {
    ...LIMITS,
    ...limits,
  });
  return { work, bench, client, summaries, upstream };
}

describe('a good reply', () => {
  it('is given as the replica wrote it', async () => {
    const { work, bench, summaries } = await call(answer(CHAT, 'application/json; charset=utf-8'));
    expect(await work).toMatchObject({ kind: 'json', body: CHAT, served: { warmth: 'hot' } });
    expect(bench.released).toEqual(['served']);
    expect(summaries).toMatchObject([
      {
        failure: null,
        finishReason: 'stop',
        usage: { promptTokens: 3, completionTokens: 1 },
        bytes: CHAT.length,
      },
    ]);
  });

  it('of an embedder is one too', async () => {
    const { work } = await call(answer(EMBEDDING, 'application/json'), {}, '/v1/embeddings');
    expect(await work).toMatchObject({ kind: 'json', body: EMBEDDING });
  });
});

interface Case {
  readonly behave: Behaviour;
  readonly kind: string;
  readonly outcome?: SlotOutcome;
  readonly limits?: Partial<DispatchLimits>;
}

const json = 'application/json';
const CASES: Readonly<Record<string, Case>> = {
  'a reply of another kind': { behave: answer(EMBEDDING, json), kind: 'bad-reply' },
  'no JSON': { behave: answer('{"choices":[', json), kind: 'bad-reply' },
  HTML: { behave: answer('<html>', 'text/html'), kind: 'bad-reply' },
  'no content': { behave: answer('', json, 204), kind: 'bad-reply' },
  'a reply over the bound': {
    behave: answer(`{"choices":[{}],"x":"${'y'.repeat(70_000)}"}`, json),
    kind: 'bad-reply',
  },
  'a compressed reply': {
    behave: (res) =>
      res.writeHead(200, { 'content-type': json, 'content-encoding': 'gzip' }).end(gzipSync(CHAT)),
    kind: 'bad-reply',
  },
  'a reply that is cut': {
    behave: (res) =>
      res
        .writeHead(200, { 'content-type': json })
        .write('{"cho', () => setImmediate(() => res.socket?.resetAndDestroy())),
    kind: 'stream-cut',
  },
  'bytes that are not UTF-8': {
    behave: (res) =>
      res.writeHead(200, { 'content-type': json }).end(Buffer.from('{"choices":[{"a":"\u00ff"}]}', 'latin1')),
    kind: 'bad-reply',
  },
  'an error object with status 200': {
    behave: answer('{"error":{"message":"x"}}', json),
    kind: 'replica-error',
  },
  'a redirect': {
    behave: (res) => res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    kind: 'replica-error',
  },
  'status 500': { behave: answer('{}', json, 500), kind: 'replica-error' },
  'status 401': { behave: answer('{"error":{"message":"bad key"}}', json, 401), kind: 'replica-error' },
  'status 400 in other words': { behave: answer('nope', 'text/plain', 400), kind: 'replica-error' },
  'status 400 without end': {
    behave: (res) => res.writeHead(400, { 'content-type': json }).end(' '.repeat(100_000)),
    kind: 'replica-error',
  },
  'a refusal': {
    behave: answer('{"error":{"message":"no"}}', json, 422),
    kind: 'replica-refused',
    outcome: 'served',
  },
  'no answer in time': {
    behave: neverAnswer,
    kind: 'total-timeout',
    outcome: 'client-gone',
    limits: { totalMs: 50 },
  },
  'half an answer in time': {
    behave: (res) => res.writeHead(200, { 'content-type': json }).write('{"choices"'),
    kind: 'total-timeout',
    outcome: 'client-gone',
    limits: { totalMs: 50 },
  },
};

describe('anything else is a failure, and the slot comes back once', () => {
  it.each(Object.entries(CASES))('%s', async (_name, { behave, kind, outcome, limits }) => {
    const { work, bench, summaries, upstream } = await call(behave, limits);
    expect(await work).toMatchObject({ kind: 'failed', failure: { kind } });
    await bench.settled();
    expect(bench.released).toEqual([outcome ?? (kind === 'stream-cut' ? 'replica-failed' : 'answer-failed')]);
    expect(summaries).toMatchObject([{ failure: { kind } }]);
    await expect.poll(() => upstream.open()).toBe(0);
  });

  it('a client that goes away while the model works', async () => {
    const { work, bench, client, upstream } = await call(neverAnswer);
    await expect.poll(() => upstream.open()).toBe(1);
    client.abort();
    expect(await work).toEqual({ kind: 'failed', failure: { kind: 'client-gone' } });
    expect(bench.released).toEqual(['client-gone']);
    await expect.poll(() => upstream.open()).toBe(0);
  });
});
