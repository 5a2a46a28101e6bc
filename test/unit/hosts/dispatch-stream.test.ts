// The life of a stream beside its faults: waiting, comments, clients that leave or do not read, dead replicas.
import http from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { err } from '../../../src/core/base/result.ts';
import {
  dispatch,
  type DispatchLimits,
  type DispatchOutcome,
  type DispatchPorts,
  type DispatchRequest,
} from '../../../src/hosts/dispatch.ts';
import type { SlotRefusal } from '../../../src/hosts/ports.ts';
import {
  answer,
  type Behaviour,
  delta,
  DONE,
  flood,
  GOOD_STREAM,
  keepSummary,
  LIMITS,
  makeBench,
  makeRequest,
  neverAnswer,
  stallAfter,
  startUpstream,
  type Upstream,
} from './faulty-replica.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function upstreamOf(behave: Behaviour): Promise<Upstream> {
  const upstream = await startUpstream(behave);
  cleanups.push(() => upstream.close());
  return upstream;
}

/** A port on which nobody listens. */
async function deadEndpoint(): Promise<string> {
  const upstream = await startUpstream(neverAnswer);
  await upstream.close();
  return upstream.endpoint;
}

function streamOf(outcome: DispatchOutcome): ReadableStream<Uint8Array> {
  if (outcome.kind !== 'stream') throw new Error(`not a stream: ${JSON.stringify(outcome)}`);
  return outcome.body;
}

async function readAll(outcome: DispatchOutcome): Promise<string> {
  return await new Response(streamOf(outcome)).text();
}

interface Run {
  readonly limits?: Partial<DispatchLimits>;
  readonly request?: Partial<DispatchRequest>;
  readonly ports?: Partial<DispatchPorts>;
}

function begin(bench: ReturnType<typeof makeBench>, run: Run = {}) {
  const { onEnd, summaries } = keepSummary();
  const client = new AbortController();
  const outcome = dispatch(
    { ...bench.ports, ...run.ports },
    makeRequest({ onEnd, signal: client.signal, ...run.request }),
    { ...LIMITS, ...run.limits },
  );
  return { outcome, summaries, client };
}

describe('what the replica is asked', () => {
  it('is the body and nothing that would let it answer compressed or elsewhere', async () => {
    const upstream = await upstreamOf(answer(GOOD_STREAM));
    const bench = makeBench(upstream.endpoint);
    await readAll(await begin(bench).outcome);
    const [call] = upstream.calls;
    expect(call?.method).toBe('POST');
    expect(call?.url).toBe('/v1/chat/completions');
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      accept: 'text/event-stream',
      'x-request-id': 'req-1',
    });
  });
});

describe('a stream that begins within the grace time', () => {
  it("is the replica's events in one form, without a comment", async () => {
    const upstream = await upstreamOf(
      answer(`: upstream says hi\n\n${GOOD_STREAM.replaceAll('\n', '\r\n')}`),
    );
    const outcome = await begin(makeBench(upstream.endpoint)).outcome;
    expect(outcome).toMatchObject({ kind: 'stream', served: { warmth: 'hot' } });
    expect(await readAll(outcome)).toBe(GOOD_STREAM);
  });

  it('that breaks in the middle ends in an error event, and not in the terminal one', async () => {
    let cut = (): void => {};
    const upstream = await upstreamOf((res) => {
      cut = () => res.socket?.resetAndDestroy();
      stallAfter(delta('Hel'))(res, res.req);
    });
    const bench = makeBench(upstream.endpoint);
    const outcome = await begin(bench).outcome;
    const reader = streamOf(outcome).getReader();
    const text = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await text()).toBe(delta('Hel'));
    cut();
    expect(await text()).toBe(
      `data: ${JSON.stringify({ error: { message: 'The answer broke off before its end.', type: 'server_error', param: null, code: 'stream_cut' } })}\n\n`,
    );
    expect((await reader.read()).done).toBe(true);
    await bench.settled();
    expect(bench.released).toEqual(['replica-failed']);
  });
});

describe('a stream that waits beyond the grace time', () => {
  const waiting = { graceMs: 10, keepAliveMs: 20 };

  it('is kept alive by comments and told how it is served once that is known', async () => {
    const upstream = await upstreamOf(answer(GOOD_STREAM));
    const bench = makeBench(upstream.endpoint);
    const ports = {
      acquire: async (...args: Parameters<DispatchPorts['acquire']>) => {
        await new Promise((resolve) => {
          setTimeout(resolve, 60);
        });
        return await bench.ports.acquire(...args);
      },
    };
    const outcome = await begin(bench, { limits: waiting, ports }).outcome;
    expect(outcome).toMatchObject({ kind: 'stream', served: { warmth: null, waitMs: null } });
    const text = await readAll(outcome);
    expect(text).toMatch(/^(?:: keep-alive\n\n){2,}: pilotlight warmth=hot wait-ms=\d+\n\ndata: /);
    expect(text.endsWith(GOOD_STREAM)).toBe(true);
    await bench.settled();
    expect(bench.released).toEqual(['served']);
  });

  it('knows how it is served when only the first token is late', async () => {
    const upstream = await upstreamOf((res) => void setTimeout(() => answer(GOOD_STREAM)(res, res.req), 50));
    const outcome = await begin(makeBench(upstream.endpoint), { limits: waiting }).outcome;
    expect(outcome).toMatchObject({ kind: 'stream', served: { warmth: 'hot' } });
    expect(await readAll(outcome)).toMatch(/^(?:: keep-alive\n\n)+data: /);
  });

  it('ends in an error event when no slot comes', async () => {
    const refusal: SlotRefusal = { kind: 'cannot-start', retryAfterMs: 5 };
    const bench = makeBench('');
    const acquire = () =>
      new Promise<never>((resolve) => setTimeout(() => resolve(err(refusal) as never), 40));
    const text = await readAll(await begin(bench, { limits: waiting, ports: { acquire } }).outcome);
    expect(text).toContain('"code":"model_cannot_start"');
    expect(text).not.toContain('[DONE]');
  });

  it('goes on being kept alive while the model is silent between tokens', async () => {
    const upstream = await upstreamOf(stallAfter(delta('Hel')));
    const outcome = await begin(makeBench(upstream.endpoint), { limits: { keepAliveMs: 15, idleMs: 100 } })
      .outcome;
    const text = await readAll(outcome);
    expect(text).toContain(`${delta('Hel')}: keep-alive\n\n: keep-alive\n\n`);
    expect(text).toContain('stream_stalled');
  });
});

describe('no slot within the grace time is an HTTP failure', () => {
  it.each([
    [
      { kind: 'queue-full', retryAfterMs: 70 },
      { kind: 'queue-full', retryAfterMs: 70 },
    ],
    [
      { kind: 'cannot-start', retryAfterMs: 70 },
      { kind: 'cannot-start', retryAfterMs: 70 },
    ],
    [
      { kind: 'backend-down', retryAfterMs: 70 },
      { kind: 'backend-down', retryAfterMs: 70 },
    ],
    [{ kind: 'deadline' }, { kind: 'wait-timeout' }],
  ] as const)('%j', async (refusal, failure) => {
    const acquire = async () => err(refusal);
    const { outcome, summaries } = begin(makeBench(''), { ports: { acquire } });
    expect(await outcome).toMatchObject({ kind: 'failed', failure });
    expect(summaries).toMatchObject([{ failure, attempts: 0, served: { warmth: null } }]);
  });

  it('also when the queue never answers: the deadline is ours too', async () => {
    const acquire = () => new Promise<never>(() => {});
    const outcome = await begin(makeBench(''), { ports: { acquire }, limits: { totalMs: 40 } }).outcome;
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'wait-timeout' } });
  });
});

describe('a client that goes away', () => {
  it('before anything was asked: no slot is asked for', async () => {
    const bench = makeBench('');
    const outcome = await begin(bench, { request: { signal: AbortSignal.abort() } }).outcome;
    expect(outcome).toEqual({ kind: 'failed', failure: { kind: 'client-gone' } });
    expect(bench.granted()).toBe(0);
  });

  it('in the queue: a slot that is granted all the same goes straight back, and no replica is called', async () => {
    const upstream = await upstreamOf(answer(GOOD_STREAM));
    const bench = makeBench(upstream.endpoint);
    let grantNow = (): void => {};
    let asked: AbortSignal | null = null;
    const acquire = async (...args: Parameters<DispatchPorts['acquire']>) => {
      asked = args[1];
      await new Promise<void>((resolve) => {
        grantNow = resolve;
      });
      return await bench.ports.acquire(...args);
    };
    const { outcome, client } = begin(bench, { ports: { acquire } });
    client.abort();
    expect(await outcome).toEqual({ kind: 'failed', failure: { kind: 'client-gone' } });
    expect((asked as unknown as AbortSignal).aborted).toBe(true);
    grantNow();
    await bench.settled();
    expect(bench.released).toEqual(['client-gone']);
    expect(upstream.calls).toHaveLength(0);
  });

  it('at the very moment of the grant: the replica is never called for a client known to be gone', async () => {
    const upstream = await upstreamOf(answer(GOOD_STREAM));
    // One turn of the microtask queue more each time, so that the two cross at every place where they can.
    for (let turns = 0; turns < 24; turns += 1) {
      const bench = makeBench(upstream.endpoint);
      const client = new AbortController();
      const leave = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        client.abort();
      };
      const acquire = async (...args: Parameters<DispatchPorts['acquire']>) => {
        const grant = await bench.ports.acquire(...args);
        void leave();
        return grant;
      };
      const calledFor: boolean[] = [];
      const call = async (url: string, init: RequestInit) => {
        calledFor.push(client.signal.aborted);
        return await fetch(url, init);
      };
      const { outcome } = begin(bench, {
        request: { signal: client.signal },
        ports: { acquire, fetch: call },
      });
      expect(await outcome).toEqual({ kind: 'failed', failure: { kind: 'client-gone' } });
      await bench.settled();
      expect(bench.released).toEqual(['client-gone']);
      expect(calledFor).not.toContain(true);
    }
  });

  it.each([
    ['before the head', neverAnswer],
    ['before the first token', stallAfter('')],
  ])('%s: the replica is let go of at once', async (_name, behave) => {
    const upstream = await upstreamOf(behave);
    const bench = makeBench(upstream.endpoint);
    const { outcome, client } = begin(bench);
    await expect.poll(() => upstream.open()).toBe(1);
    client.abort();
    expect(await outcome).toEqual({ kind: 'failed', failure: { kind: 'client-gone' } });
    expect(bench.released).toEqual(['client-gone']);
    await expect.poll(() => upstream.open()).toBe(0);
  });

  it.each(['signal', 'cancel'])(
    'in mid-stream, seen by %s: the replica is let go of at once',
    async (way) => {
      const upstream = await upstreamOf(stallAfter(delta('Hel')));
      const bench = makeBench(upstream.endpoint);
      const { outcome, client, summaries } = begin(bench);
      const reader = streamOf(await outcome).getReader();
      await reader.read();
      if (way === 'signal') client.abort();
      else await reader.cancel();
      await bench.settled();
      expect(bench.released).toEqual(['client-gone']);
      expect(summaries).toMatchObject([{ failure: { kind: 'client-gone' }, chunks: 1 }]);
      await expect.poll(() => upstream.open()).toBe(0);
    },
  );

  it('that does not read holds the replica back, and is dropped after the idle time', async () => {
    let written = 0;
    const block = delta('x'.repeat(1_000)).repeat(16);
    const upstream = await upstreamOf(flood(block, () => (written += block.length)));
    const bench = makeBench(upstream.endpoint);
    const { outcome, summaries } = begin(bench, { limits: { idleMs: 150, replyBytesMax: 1 << 20 } });
    streamOf(await outcome);
    await bench.settled();
    expect(summaries).toMatchObject([{ failure: { kind: 'client-gone' } }]);
    expect(bench.released).toEqual(['client-gone']);
    // What the sockets between them hold; a relay that read on would have taken hundreds of megabytes.
    expect(written).toBeLessThan(16 * 1024 * 1024);
    expect(summaries[0]?.bytes).toBeLessThan(1024 * 1024);
    await expect.poll(() => upstream.open()).toBe(0);
  });
});

describe('a client that takes not even a comment', () => {
  it('gives up its place in the queue after the idle time', async () => {
    let asked: AbortSignal | null = null;
    const acquire = (...args: Parameters<DispatchPorts['acquire']>) => {
      asked = args[1];
      return new Promise<never>(() => {});
    };
    const limits = { graceMs: 5, keepAliveMs: 20, idleMs: 60 };
    const { outcome, summaries } = begin(makeBench(''), { limits, ports: { acquire } });
    streamOf(await outcome);
    await expect.poll(() => asked?.aborted).toBe(true);
    await expect.poll(() => summaries[0]?.failure).toEqual({ kind: 'client-gone' });
  });
});

describe('a replica that is not there', () => {
  it('is left for another slot, once, and the answer is whole', async () => {
    const upstream = await upstreamOf(answer(GOOD_STREAM));
    const bench = makeBench(await deadEndpoint(), upstream.endpoint);
    const { outcome, summaries } = begin(bench);
    expect(await readAll(await outcome)).toBe(GOOD_STREAM);
    expect(bench.released).toEqual(['replica-failed', 'served']);
    expect(summaries).toMatchObject([{ attempts: 2, replicaId: 'r2', failure: null }]);
  });

  it('twice is a failure', async () => {
    const bench = makeBench(await deadEndpoint());
    const { outcome, summaries } = begin(bench);
    expect(await outcome).toEqual({ kind: 'failed', failure: { kind: 'replica-unreachable' } });
    expect(bench.released).toEqual(['replica-failed', 'replica-failed']);
    expect(summaries).toMatchObject([{ attempts: 2 }]);
  });

  it('is not the same as one that took the request and died: that is never sent twice', async () => {
    const upstream = await upstreamOf((res) => void res.socket?.resetAndDestroy());
    const bench = makeBench(upstream.endpoint);
    expect(await begin(bench).outcome).toEqual({ kind: 'failed', failure: { kind: 'replica-error' } });
    expect(upstream.calls).toHaveLength(1);
    expect(bench.released).toEqual(['replica-failed']);
  });
});

describe('a request that the replica refuses', () => {
  it('is told to the client in clean words, and the replica is not blamed', async () => {
    const body = JSON.stringify({ error: { message: 'Too long: see http://10.0.0.1/x', param: 'messages' } });
    const upstream = await upstreamOf(answer(body, 'application/json', 400));
    const bench = makeBench(upstream.endpoint);
    expect(await begin(bench).outcome).toEqual({
      kind: 'failed',
      failure: {
        kind: 'replica-refused',
        status: 400,
        message: 'Too long: see ...',
        param: 'messages',
        code: 'model_refused',
      },
    });
    expect(bench.released).toEqual(['served']);
  });
});

describe('an answer that comes all at once', () => {
  it('is written at once: one write to the client for one read of the replica', async () => {
    const upstream = await upstreamOf((res) => {
      http.ServerResponse.prototype.writeHead.call(res, 200, { 'content-type': 'text/event-stream' });
      res.end(delta('x').repeat(50) + DONE);
    });
    const chunks: string[] = [];
    const outcome = await begin(makeBench(upstream.endpoint)).outcome;
    for await (const chunk of streamOf(outcome)) chunks.push(new TextDecoder().decode(chunk));
    expect(chunks).toEqual([delta('x').repeat(50), DONE]);
  });
});
