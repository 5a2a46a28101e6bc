// The relay in workerd itself: its streams, decoders and aborts are not those of Node. The replica is a response of the same runtime,
// put in the place of the outgoing fetch.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { err, ok } from '../../src/core/base/result.ts';
import { STEADFAST_POLICY } from '../../src/hosts/attempt-target.ts';
import { performChatTurn } from '../../src/hosts/chat-turn.ts';
import {
  dispatch,
  type DispatchLimits,
  type DispatchOutcome,
  type DispatchPorts,
  type DispatchRequest,
  type DispatchSummary,
} from '../../src/hosts/dispatch.ts';

/** What a test does not bound itself never comes to pass, even where the runtime stands still for seconds. */
const LIMITS: DispatchLimits = {
  totalMs: 20_000,
  firstTokenMs: 15_000,
  idleMs: 15_000,
  graceMs: 10_000,
  keepAliveMs: 5_000,
  replyBytesMax: 64 * 1024,
};

const DONE = 'data: [DONE]\n\n';

function delta(content: string, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
}

/** The last piece, with the model's word that it has ended. */
const last = (content: string): string => delta(content, 'stop');

afterEach(() => {
  vi.restoreAllMocks();
});

interface Replica {
  /** The signal that the relay gave to its fetch. */
  readonly signal: () => AbortSignal | null;
  /** The relay has let go of the body. */
  readonly isLeft: () => boolean;
}

type Send = (writer: WritableStreamDefaultWriter<Uint8Array>) => Promise<void>;

/** Puts a replica behind every outgoing fetch; `send` writes its body through the runtime's own pipe. */
function replica(send: Send, headers: Record<string, string> = {}, status = 200): Replica {
  let signal: AbortSignal | null = null;
  let left = false;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
    signal = init?.signal ?? null;
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    void send(writer).catch(() => {
      left = true;
    });
    return new Response(readable, { status, headers: { 'content-type': 'text/event-stream', ...headers } });
  });
  return { signal: () => signal, isLeft: () => left };
}

function text(...pieces: readonly string[]): Send {
  return async (writer) => {
    for (const piece of pieces) await writer.write(new TextEncoder().encode(piece));
    await writer.close();
  };
}

/** Sends the text and no event after it; the comments find out when nobody reads them any more. */
function stall(piece: string): Send {
  return async (writer) => {
    await writer.write(new TextEncoder().encode(piece));
    for (;;) {
      await scheduler.wait(10);
      await writer.write(new TextEncoder().encode(': here\n\n'));
    }
  };
}

function setUp(
  limits: Partial<DispatchLimits> = {},
  ports: Partial<DispatchPorts> = {},
  more: Partial<DispatchRequest> = {},
) {
  const released: string[] = [];
  const works: Promise<unknown>[] = [];
  const summaries: DispatchSummary[] = [];
  const client = new AbortController();
  const world: DispatchPorts = {
    acquire: async ({ pool }) =>
      ok({ leaseId: 'l', pool, replicaId: 'r', endpoint: 'http://replica.test', warmth: 'hot' }),
    release: (_grant, outcome) => void released.push(outcome),
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    waitUntil: (work) => void works.push(work),
    pipe: () => new IdentityTransformStream(),
    ...ports,
  };
  const request = (stream: boolean): DispatchRequest => ({
    attempts: [{ pool: 'p', version: 'm@1', body: '{}' }],
    tenant: 't',
    requestId: 'req-1',
    path: '/v1/chat/completions',
    stream,
    signal: client.signal,
    startedMs: Date.now(),
    onEnd: (summary) => void summaries.push(summary),
    ...more,
  });
  const all = { ...LIMITS, ...limits };
  return {
    begin: (stream = true) => dispatch(world, request(stream), all),
    chat: (onDelta: (piece: string) => Promise<void>) => performChatTurn(world, request(true), all, onDelta),
    settled: async () => void (await Promise.all(works)),
    released,
    summaries,
    client,
  };
}

async function readAll(outcome: DispatchOutcome): Promise<string> {
  if (outcome.kind !== 'stream') throw new Error(`not a stream: ${JSON.stringify(outcome)}`);
  return await new Response(outcome.body).text();
}

describe('a whole answer', () => {
  it('passes, however its bytes were cut', async () => {
    const good = delta('h\u00e9\u20ac\u{1f600}') + last('lo') + DONE;
    const bytes = new TextEncoder().encode(good);
    replica(async (writer) => {
      for (const byte of bytes) await writer.write(Uint8Array.of(byte));
      await writer.close();
    });
    const bench = setUp();
    expect(await readAll(await bench.begin())).toBe(good);
    await bench.settled();
    expect(bench.released).toEqual(['served']);
    expect(bench.summaries).toMatchObject([{ failure: null, chunks: 2 }]);
  });

  it('passes as JSON', async () => {
    const reply = '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}';
    replica(text(reply), { 'content-type': 'application/json' });
    const bench = setUp();
    expect(await bench.begin(false)).toMatchObject({ kind: 'json', body: reply });
    expect(bench.released).toEqual(['served']);
  });

  it('reaches a session as text', async () => {
    replica(text(delta('Hel'), last('lo'), DONE));
    const bench = setUp();
    let seen = '';
    expect(await bench.chat(async (piece) => void (seen += piece))).toMatchObject({
      ok: true,
      value: { text: 'Hello' },
    });
    expect(seen).toBe('Hello');
    expect(bench.released).toEqual(['served']);
  });
});

describe('a broken answer', () => {
  const reset: Send = async (writer) => {
    await writer.write(new TextEncoder().encode(delta('Hel')));
    await writer.abort(new Error('reset'));
  };
  it.each([
    ['a reset', reset, 'stream_cut', {}],
    ['no terminal event', text(delta('Hel')), 'stream_cut', {}],
    ['a stall', stall(delta('Hel')), 'stream_stalled', { idleMs: 50 }],
    ['garbage', text(delta('Hel'), 'garbage\n\n'), 'bad_upstream_reply', {}],
    ['a token behind the end', text(delta('Hel'), last(''), DONE, delta('lo')), 'bad_upstream_reply', {}],
    ['an end that the model has not come to', text(delta('Hel'), DONE), 'bad_upstream_reply', {}],
    ['a huge line', text(`${delta('Hel')}data: ${'x'.repeat(70_000)}`), 'bad_upstream_reply', {}],
    ['an error event', text(delta('Hel'), 'data: {"error":{"message":"secret"}}\n\n'), 'replica_error', {}],
  ] as const)('ends in an error event: %s', async (_name, send, code, limits) => {
    const { isLeft } = replica(send);
    const bench = setUp(limits);
    const answer = await readAll(await bench.begin());
    expect(answer.startsWith(delta('Hel'))).toBe(true);
    expect(answer).toMatch(new RegExp(`data: \\{"error":\\{[^\\n]*"code":"${code}"\\}\\}\\n\\n$`));
    expect(answer).not.toMatch(/secret|DONE/);
    await bench.settled();
    // One whose connection broke may be gone; one that answers, however badly, is there.
    expect(bench.released).toEqual([code === 'stream_cut' ? 'replica-failed' : 'answer-failed']);
    if (code === 'stream_stalled') await expect.poll(isLeft).toBe(true);
  });

  interface Head {
    readonly send: Send;
    readonly headers?: Record<string, string>;
    readonly status?: number;
  }
  const odd: Send = async (writer) => await writer.write(Uint8Array.of(58, 255, 10));
  it.each<readonly [string, string, Head]>([
    ['an error 500', 'replica-error', { send: text('{}'), status: 500 }],
    [
      'a redirect',
      'replica-error',
      { send: text(''), status: 302, headers: { location: 'http://elsewhere.test/' } },
    ],
    ['HTML', 'bad-reply', { send: text('<html>'), headers: { 'content-type': 'text/html' } }],
    ['bytes that are not UTF-8', 'bad-reply', { send: odd }],
  ])('is an HTTP failure before its first event: %s', async (_name, kind, head) => {
    replica(head.send, head.headers, head.status);
    const bench = setUp();
    expect(await bench.begin()).toEqual({ kind: 'failed', failure: { kind } });
    await bench.settled();
    expect(bench.released).toEqual(['answer-failed']);
  });

  it('that is compressed is refused before a byte is inflated', async () => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
      const body = new Blob([delta('x').repeat(1_000)]).stream().pipeThrough(new CompressionStream('gzip'));
      return new Response(body, {
        encodeBody: 'manual',
        headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
      });
    });
    const bench = setUp();
    expect(await bench.begin()).toEqual({ kind: 'failed', failure: { kind: 'bad-reply' } });
    expect(bench.released).toEqual(['answer-failed']);
  });
});

describe('a client that goes away', () => {
  it.each(['signal', 'cancel'])(
    'in mid-stream, seen by %s: the replica is let go of and the slot is back',
    async (way) => {
      const { signal, isLeft } = replica(stall(delta('Hel')));
      const bench = setUp();
      const outcome = await bench.begin();
      if (outcome.kind !== 'stream') throw new Error('not a stream');
      const reader = outcome.body.getReader();
      await reader.read();
      if (way === 'signal') bench.client.abort();
      else await reader.cancel();
      await bench.settled();
      expect(bench.released).toEqual(['client-gone']);
      expect(signal()?.aborted).toBe(true);
      await expect.poll(isLeft).toBe(true);
    },
  );

  it('while it waits for a slot: nothing is started', async () => {
    const { signal } = replica(text(DONE));
    const bench = setUp({}, { acquire: () => new Promise<never>(() => {}) });
    const outcome = bench.begin(false);
    bench.client.abort();
    expect(await outcome).toEqual({ kind: 'failed', failure: { kind: 'client-gone' } });
    expect(signal()).toBeNull();
  });

  it('or does not read: it is dropped after the idle time', async () => {
    const { isLeft } = replica(async (writer) => {
      for (;;) await writer.write(new TextEncoder().encode(delta('x'.repeat(500))));
    });
    const bench = setUp({ idleMs: 60 });
    expect((await bench.begin()).kind).toBe('stream');
    await bench.settled();
    expect(bench.released).toEqual(['client-gone']);
    await expect.poll(isLeft).toBe(true);
  });
});

describe('a stream that waits', () => {
  it('is kept alive, and told of a refusal that comes late', async () => {
    const { promise: refused, resolve: refuse } = Promise.withResolvers<void>();
    const bench = setUp(
      { graceMs: 10, keepAliveMs: 20 },
      {
        acquire: async () => {
          await refused;
          return err({ kind: 'cannot-start', retryAfterMs: 5 });
        },
      },
    );
    const outcome = await bench.begin();
    expect(outcome).toMatchObject({ kind: 'stream', served: { warmth: null, waitMs: null } });
    if (outcome.kind !== 'stream') return;
    let seen = '';
    for await (const piece of outcome.body.pipeThrough(new TextDecoderStream())) {
      seen += piece;
      if (seen.includes(': keep-alive\n\n: keep-alive\n\n')) refuse();
    }
    expect(seen).toMatch(/^(?:: keep-alive\n\n){2,}data: \{"error":[^\n]*"model_cannot_start"\}\}\n\n$/);
  });

  it('moves to another slot when the replica cannot be reached', async () => {
    let calls = 0;
    const lost = Object.assign(new Error('Network connection lost.'), { retryable: true });
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
      calls += 1;
      if (calls === 1) throw lost;
      return new Response(last('hi') + DONE, { headers: { 'content-type': 'text/event-stream' } });
    });
    const bench = setUp();
    expect(await readAll(await bench.begin())).toBe(last('hi') + DONE);
    await bench.settled();
    expect(bench.released).toEqual(['replica-failed', 'served']);
  });
});

describe('several attempts', () => {
  const target = (version: string) => ({ pool: version, version, body: '{"messages":[]}' });
  const attempts = [target('a@1'), target('b@1')];

  /** One replica after the other; tells which of them were given up. */
  function replicas(...sends: readonly (Send | number)[]): { aborted: boolean[] } {
    const aborted: boolean[] = [];
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
      const call = aborted.push(false) - 1;
      init?.signal?.addEventListener('abort', () => (aborted[call] = true));
      const send = sends[Math.min(call, sends.length - 1)] ?? 500;
      if (typeof send === 'number') return new Response('{}', { status: send });
      const { readable, writable } = new IdentityTransformStream();
      void send(writable.getWriter()).catch(() => {});
      return new Response(readable, { headers: { 'content-type': 'text/event-stream' } });
    });
    return { aborted };
  }

  it('a busy model server is left for the next target', async () => {
    replicas(503, text(last('hi'), DONE));
    const bench = setUp({}, {}, { attempts, policy: STEADFAST_POLICY });
    const outcome = await bench.begin();
    expect(outcome).toMatchObject({ served: { version: 'b@1' } });
    expect(await readAll(outcome)).toBe(last('hi') + DONE);
    await bench.settled();
    expect(bench.released).toEqual(['answer-failed', 'served']);
  });

  it('of two replicas the slower is let go of, with its slot', async () => {
    const { aborted } = replicas(stall(': nothing yet\n\n'), text(last('hi'), DONE));
    const policy = { ...STEADFAST_POLICY, hedge: { afterMs: 20 } };
    let granted = 0;
    const acquire: DispatchPorts['acquire'] = async ({ pool }) => {
      granted += 1;
      const lease = { leaseId: `l${granted}`, replicaId: `r${granted}`, endpoint: 'http://replica.test' };
      return ok({ ...lease, pool, warmth: 'hot' });
    };
    const bench = setUp({}, { acquire }, { policy });
    expect(await readAll(await bench.begin())).toBe(last('hi') + DONE);
    await bench.settled();
    expect(bench.released).toEqual(['client-gone', 'served']);
    expect(aborted).toEqual([true, false]);
  });

  it('a stream that stalls is made whole by another, behind a boundary', async () => {
    const good = [delta('Hel'), last('lo'), DONE];
    const { aborted } = replicas(stall(delta('Hel')), text(...good));
    // The second may be as slow as the machine.
    const impatient = { ...target('a@1'), limits: { idleMs: 60 } };
    const bench = setUp({}, {}, { attempts: [impatient, target('b@1')], policy: STEADFAST_POLICY });
    const answer = await readAll(await bench.begin());
    expect(answer).toMatch(/^data: [^\n]*Hel[^\n]*\n\n(?:: [^\n]*\n\n)*data: [^\n]*"pilotlight":\{"segment"/);
    expect(answer.endsWith(last('lo') + DONE)).toBe(true);
    await bench.settled();
    expect(bench.released).toEqual(['answer-failed', 'served']);
    expect(aborted[0]).toBe(true);
    expect(bench.summaries).toMatchObject([{ failure: null, segments: 1, lost: { calls: 1 } }]);
  });
});
