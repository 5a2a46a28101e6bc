// Beside the fault scenarios: second replicas, going on from a text, spill-over, the budget, and what is told of each attempt.
import { beforeEach, describe, expect, it } from 'vitest';
import { err } from '../../../src/core/base/result.ts';
import type { Segment } from '../../../src/core/stream/segment.ts';
import { STEADFAST_POLICY, type AttemptBudget } from '../../../src/hosts/attempt-target.ts';
import { performChatTurn } from '../../../src/hosts/chat-turn.ts';
import type { DispatchPorts } from '../../../src/hosts/dispatch.ts';
import { EndpointInTheClear } from '../../../src/hosts/replica-fetch.ts';
import {
  ANSWER,
  AttemptBench,
  cut,
  makeTarget,
  never,
  refuse,
  say,
  silence,
  WORDS,
  type Script,
} from './attempt-bench.ts';
import { LIMITS } from './faulty-replica.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

let bench: AttemptBench;
beforeEach(() => {
  bench = new AttemptBench();
});

const well = say();
const limits = { firstTokenMs: 1_000, idleMs: 150 };

describe('a second replica', () => {
  const policy = { ...STEADFAST_POLICY, hedge: { afterMs: 30 } };

  it('is asked when the first shows nothing, and the first is let go of with its slot', async () => {
    await bench.start({ pools: { 'a@1': [never, well] }, limits, request: { policy } });
    const { text, released, reports, summary } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(released).toEqual(['client-gone', 'served']);
    await expect.poll(() => bench.pool('a@1').open()).toBe(0);
    expect(summary).toMatchObject({
      replicaId: 'a@1/2',
      attempts: 2,
      lost: { calls: 1, completionTokens: 0 },
    });
    expect(reports).toMatchObject([
      { kind: 'first', replicaId: 'a@1/1', outcome: 'superseded', isReplicasFault: false },
      { kind: 'hedge', replicaId: 'a@1/2', outcome: 'answered' },
    ]);
  });

  it('that is slower is let go of in its turn: one answer, no boundary', async () => {
    const late: Script = (res, ask) => void setTimeout(() => well(res, ask), 80);
    await bench.start({ pools: { 'a@1': [late, never] }, limits, request: { policy } });
    const { text, raw, released, reports } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(raw).not.toContain('pilotlight"');
    expect(released.toSorted()).toEqual(['client-gone', 'served']);
    expect(reports.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['hedge', 'superseded'],
      ['first', 'answered'],
    ]);
  });

  it('saves the request when the first fails meanwhile', async () => {
    const dies: Script = (res) => void setTimeout(() => cut(res), 60);
    const late: Script = (res, ask) => void setTimeout(() => well(res, ask), 80);
    await bench.start({ pools: { 'a@1': [dies, late] }, limits, request: { policy } });
    const { text, released } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(released).toEqual(['replica-failed', 'served']);
    expect(bench.pool('a@1').asks).toHaveLength(2);
  });

  it('may be another target’s', async () => {
    const hedge = { afterMs: 30, target: makeTarget('b@1', { label: 'standby' }) };
    await bench.start({
      pools: { 'a@1': [never], 'b@1': [well] },
      limits,
      request: { attempts: [makeTarget('a@1')], policy: { ...STEADFAST_POLICY, hedge } },
    });
    const { text, summary } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(summary?.served).toMatchObject({ version: 'b@1', label: 'standby' });
  });

  it.each<readonly [string, (inner: DispatchPorts) => Partial<DispatchPorts>]>([
    [
      'the pool has no other',
      (inner) => ({ acquire: (slot, signal) => inner.acquire({ ...slot, avoid: [] }, signal) }),
    ],
    ['the budget is used up', () => ({ budget: { take: () => false } })],
  ])('is not asked where %s', async (_name, change) => {
    const late: Script = (res, ask) => void setTimeout(() => well(res, ask), 90);
    await bench.start({ pools: { 'a@1': [late] }, limits, request: { policy } });
    const inner = bench.ports();
    const outcome = await bench.dispatchWith({ ...inner, ...change(inner) });
    expect(outcome.kind === 'stream' && (await new Response(outcome.body).text())).toContain('word59');
    await bench.settled();
    expect(bench.pool('a@1').asks).toHaveLength(1);
    expect(bench.released).toEqual(['client-gone', 'served']);
    expect(bench.summaries.summaries[0]).toMatchObject({ attempts: 1, lost: { calls: 0 } });
    expect(bench.reports).toHaveLength(1);
  });

  it('gets nothing of a client that leaves: both are let go of', async () => {
    const client = new AbortController();
    await bench.start({ pools: { 'a@1': [never] }, limits, request: { policy, signal: client.signal } });
    const outcome = bench.dispatch();
    await expect.poll(() => bench.pool('a@1').open()).toBe(2);
    client.abort();
    expect(await outcome).toMatchObject({ kind: 'failed', failure: { kind: 'client-gone' } });
    await bench.settled();
    expect(bench.released).toEqual(['client-gone', 'client-gone']);
    await expect.poll(() => bench.pool('a@1').open()).toBe(0);
    expect(bench.reports.map(({ isReplicasFault }) => isReplicasFault)).toEqual([false, false]);
  });
});

describe('an answer that breaks off', () => {
  it('is gone on from where the target can, and the usage is that of the whole', async () => {
    const attempts = [makeTarget('a@1'), makeTarget('b@1', { continues: true })];
    const segments: Segment[] = [];
    await bench.start({
      pools: { 'a@1': [say({ to: 40, instead: silence })], 'b@1': [well] },
      limits,
      request: { attempts, onSegment: (segment) => void segments.push(segment) },
    });
    const { text, usage, raw, summary } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(bench.pool('b@1').asks[0]?.messages.at(-1)).toEqual({
      role: 'assistant',
      content: WORDS.slice(0, 40).join(' '),
    });
    expect(usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 60 });
    expect(summary).toMatchObject({
      usage: { promptTokens: 9, completionTokens: 60 },
      lost: { calls: 0, completionTokens: 0 },
      chunks: 61,
    });
    expect(raw.match(/"role":"assistant"/g)).toHaveLength(1);
    expect(segments).toMatchObject([{ index: 1, reason: 'stream_stalled', mode: 'continued', model: 'b@1' }]);
  });

  it('twice goes on twice', async () => {
    const attempts = ['a@1', 'b@1', 'c@1'].map((version) => makeTarget(version, { continues: true }));
    await bench.start({
      pools: {
        'a@1': [say({ to: 20, instead: silence })],
        'b@1': [say({ to: 40, instead: silence })],
        'c@1': [well],
      },
      limits,
      request: { attempts },
    });
    const { text, raw, summary } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(raw.match(/"segment":\{"index":\d/g)).toEqual(['"segment":{"index":1', '"segment":{"index":2']);
    expect(summary).toMatchObject({ usage: { promptTokens: 9, completionTokens: 60 }, lost: { calls: 0 } });
  });

  it('is an error where the rule wants no other model’s words', async () => {
    const policy = { ...STEADFAST_POLICY, midStream: 'error' as const };
    await bench.start({
      pools: { 'a@1': [say({ to: 40, instead: cut })], 'b@1': [well] },
      limits,
      request: { policy },
    });
    const { error, text } = await bench.chat();
    expect(error).toMatchObject({ code: 'stream_cut' });
    expect(text).toBe(WORDS.slice(0, 40).join(' '));
    expect(bench.pool('b@1').asks).toHaveLength(0);
  });

  it('is an error when it is more than text', async () => {
    const calls: Script = (res) => {
      const delta = { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{' } }] };
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`, () =>
        setImmediate(cut, res),
      );
    };
    await bench.start({ pools: { 'a@1': [calls], 'b@1': [well] }, limits });
    expect((await bench.chat()).error).toMatchObject({ code: 'stream_cut' });
    expect(bench.pool('b@1').asks).toHaveLength(0);
  });

  it('reaches a session as one text', async () => {
    await bench.start({ pools: { 'a@1': [say({ to: 40, instead: silence })], 'b@1': [well] } });
    let seen = '';
    const turn = await performChatTurn(
      bench.ports(),
      bench.request(true),
      { ...LIMITS, ...limits },
      async (text) => void (seen += text),
    );
    expect(seen).toBe(ANSWER);
    expect(turn).toMatchObject({
      ok: true,
      value: { text: ANSWER, usage: { completionTokens: 60 }, served: { version: 'b@1' } },
    });
  });

  it('keeps the client alive while another is looked for', async () => {
    const late: Script = (res, ask) => void setTimeout(() => well(res, ask), 100);
    await bench.start({
      pools: { 'a@1': [say({ to: 40, instead: silence })], 'b@1': [late] },
      limits: { ...limits, idleMs: 60, keepAliveMs: 20 },
    });
    const { text, raw } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(raw).toMatch(
      /word39"[^\n]*\n\n(?:: keep-alive\n\n)+(?:: pilotlight [^\n]*\n\n)?(?:: keep-alive\n\n)+data: [^\n]*"pilotlight"/,
    );
  });
});

describe('a wait for a slot that is too long', () => {
  const never: DispatchPorts['acquire'] = (_slot, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(err({ kind: 'cancelled' })));
    });
  const attempts = [makeTarget('a@1'), makeTarget('b@1', { afterWaitMs: 40, label: 'standby', on: [] })];

  it('is spilled over to the substitute, which is named, and nothing is paid for it', async () => {
    const paid: string[] = [];
    await bench.start({ pools: { 'a@1': [well], 'b@1': [well] }, request: { attempts } });
    const inner = bench.ports();
    const acquire: DispatchPorts['acquire'] = (slot, signal) =>
      slot.pool === 'a@1' ? never(slot, signal) : inner.acquire(slot, signal);
    const budget = { take: (kind: string) => paid.push(kind) > 0 };
    const outcome = await bench.dispatchWith({ ...inner, acquire, budget });
    expect(outcome).toMatchObject({ kind: 'stream', served: { version: 'b@1', label: 'standby' } });
    if (outcome.kind === 'stream') await new Response(outcome.body).text();
    await bench.settled();
    expect(paid).toEqual([]);
    expect(bench.reports.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['first', 'no-slot'],
      ['spill', 'answered'],
    ]);
    expect(bench.reports[0]?.isReplicasFault).toBe(false);
  });

  it('goes on where it was left when the substitute has no slot either', async () => {
    let asks = 0;
    await bench.start({ pools: { 'a@1': [well] }, request: { attempts } });
    const inner = bench.ports();
    const acquire: DispatchPorts['acquire'] = (slot, signal) => {
      if (slot.pool === 'b@1') return Promise.resolve(err({ kind: 'queue-full', retryAfterMs: 1 }));
      asks += 1;
      return asks === 1 ? never(slot, signal) : inner.acquire(slot, signal);
    };
    const outcome = await bench.dispatchWith({ ...inner, acquire });
    expect(outcome).toMatchObject({ kind: 'stream', served: { version: 'a@1' } });
    if (outcome.kind === 'stream') await new Response(outcome.body).text();
    await bench.settled();
    expect(asks).toBe(2);
  });
});

describe('a wait for a slot that nobody has bounded', () => {
  it('ends in time for another target that takes over; the last one is waited for as long as the request may', async () => {
    const policy = { ...STEADFAST_POLICY, slotMsMax: 40 };
    await bench.start({ pools: { 'a@1': [well], 'b@1': [well] }, request: { policy } });
    const inner = bench.ports();
    const acquire: DispatchPorts['acquire'] = (slot, signal) => {
      if (slot.pool === 'b@1')
        return new Promise((resolve) => {
          setTimeout(() => resolve(inner.acquire(slot, signal)), 120);
        });
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(err({ kind: 'cancelled' })));
      });
    };
    const outcome = await bench.dispatchWith({ ...inner, acquire });
    expect(outcome).toMatchObject({ kind: 'stream', served: { version: 'b@1' } });
    if (outcome.kind === 'stream') await new Response(outcome.body).text();
    await bench.settled();
    expect(bench.reports.map(({ outcome: how }) => how)).toEqual(['no-slot', 'answered']);
  });
});

describe('the budget', () => {
  it('is asked for each extra attempt and never for the first; a no is the end, honestly told', async () => {
    const asked: string[] = [];
    const budget = { take: (kind: string, pool: string) => asked.push(`${kind} ${pool}`) < 2 };
    await bench.start({ pools: { 'a@1': [refuse(500, 'x')], 'b@1': [well] }, ports: { budget } });
    expect((await bench.chat()).error).toMatchObject({ code: 'replica_error' });
    expect(asked).toEqual(['retry a@1', 'fallback b@1']);
  });

  /** Grants while more than `kept` are left. */
  function purse(units: number) {
    const paid: string[] = [];
    const budget: AttemptBudget = {
      take: (kind, pool, kept = 0) => {
        const isGranted = units - paid.length > kept;
        if (isGranted) paid.push(`${kind} ${pool}`);
        return isGranted;
      },
    };
    return { paid, budget };
  }

  it('pays a substitute before a retry: the last of it goes where the fault is not', async () => {
    const { paid, budget } = purse(1);
    await bench.start({ pools: { 'a@1': [refuse(500, 'x')], 'b@1': [well] }, ports: { budget } });
    expect((await bench.chat()).text).toBe(ANSWER);
    expect(paid).toEqual(['fallback b@1']);
    expect(bench.pool('a@1').asks).toHaveLength(1);
  });

  it('is not asked again for the substitute of a retry that found no slot: nobody has worked for that', async () => {
    const { paid, budget } = purse(13);
    await bench.start({ pools: { 'a@1': [refuse(500, 'x')], 'b@1': [well] } });
    const inner = bench.ports();
    let asks = 0;
    const acquire: DispatchPorts['acquire'] = (slot, signal) => {
      asks += slot.pool === 'a@1' ? 1 : 0;
      if (slot.pool === 'b@1' || asks === 1) return inner.acquire(slot, signal);
      return Promise.resolve(err({ kind: 'cannot-start', retryAfterMs: 1 }));
    };
    const outcome = await bench.dispatchWith({ ...inner, acquire, budget });
    expect(outcome).toMatchObject({ kind: 'stream', served: { version: 'b@1' } });
    if (outcome.kind === 'stream') await new Response(outcome.body).text();
    await bench.settled();
    expect([asks, paid]).toEqual([2, ['retry a@1']]);
  });

  it('pays a retry with its last unit where no other target is left', async () => {
    const { paid, budget } = purse(1);
    await bench.start({ pools: { 'a@1': [refuse(500, 'x'), well] }, ports: { budget } });
    expect((await bench.chat()).text).toBe(ANSWER);
    expect(paid).toEqual(['retry a@1']);
  });

  it.each([
    [429, 'rate_limit_exceeded'],
    [400, 'context_length_exceeded'],
    [400, 'content_filter'],
    [400, 'unsupported_parameter'],
  ])(
    'is not asked for a substitute after a %s %s: a target may decline all that it is sent, for as long as it likes',
    async (status, code) => {
      const { paid, budget } = purse(0);
      await bench.start({ pools: { 'a@1': [refuse(status, code)], 'b@1': [well] }, ports: { budget } });
      for (let request = 0; request < 30; request += 1) expect((await bench.chat()).text).toBe(ANSWER);
      expect(paid).toEqual([]);
      expect(bench.pool('a@1').asks).toHaveLength(30);
    },
  );

  it('is asked before a rate-limited target is asked again after the time that it named', async () => {
    const { paid, budget } = purse(0);
    const limited = refuse(429, 'rate_limit_exceeded', { 'retry-after': '0' });
    await bench.start({ pools: { 'a@1': [limited, well] }, ports: { budget } });
    expect((await bench.chat()).error).toMatchObject({ code: 'model_overloaded' });
    expect(paid).toEqual([]);
  });

  /** Calls of these pools fail without a byte; each takes so long. */
  function refusing(pools: readonly string[], tookMs: number): Partial<DispatchPorts> {
    let laterMs = 0;
    const refused = { cause: Object.assign(new Error('refused'), { syscall: 'connect' }) };
    return {
      now: () => Date.now() + laterMs,
      fetch: async (url, init) => {
        const { model } = JSON.parse(init.body as string) as { model: string };
        if (!pools.includes(model)) return await fetch(url, init);
        laterMs += tookMs;
        throw new TypeError('fetch failed', refused);
      },
    };
  }

  it('is not asked after refused connections, which cost nobody anything: the request is answered without it', async () => {
    const { budget } = purse(0);
    await bench.start({
      pools: { 'a@1': [well], 'b@1': [well] },
      ports: { budget, ...refusing(['a@1'], 2) },
    });
    const { text, reports } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(reports.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['first', 'unreachable'],
      ['retry', 'unreachable'],
      ['fallback', 'answered'],
    ]);
  });

  it.each<readonly [string, readonly string[], number]>([
    ['more than two of them', ['a@1', 'b@1'], 2],
    ['a connection that broke when its replica had worked for a while', ['a@1'], 300],
  ])('is asked after %s', async (_name, dead, tookMs) => {
    const { budget } = purse(0);
    const pools = { 'a@1': [well], 'b@1': [well], 'c@1': [well] };
    await bench.start({ pools, ports: { budget, ...refusing(dead, tookMs) } });
    expect((await bench.chat()).error).toMatchObject({ code: 'replica_unreachable' });
    expect(bench.pool('c@1').asks).toHaveLength(0);
  });

  it('is not asked when no replica was called', async () => {
    const budget = { take: () => false };
    await bench.start({ pools: { 'a@1': [], 'b@1': [well] }, ports: { budget } });
    expect((await bench.chat()).text).toBe(ANSWER);
  });
});

describe('a replica that prompts may not be sent to', () => {
  const guarded: Partial<DispatchPorts> = {
    fetch: async (url, init) => {
      const { model } = JSON.parse(init.body as string) as { model: string };
      if (model === 'a@1') throw new EndpointInTheClear('chat.ns.example.com');
      return await fetch(url, init);
    },
  };

  it('is told as that, without its address, and is not held against it', async () => {
    await bench.start({ pools: { 'a@1': [well] }, ports: guarded });
    const { error, released } = await bench.chat();
    expect(error).toMatchObject({ status: 502, code: 'insecure_endpoint' });
    expect(JSON.stringify(error)).not.toContain('chat.ns');
    expect(new Set(released)).toEqual(new Set(['client-gone']));
    expect(bench.pool('a@1').asks).toHaveLength(0);
  });

  it('leads on to another target', async () => {
    await bench.start({ pools: { 'a@1': [well], 'b@1': [well] }, ports: guarded });
    expect((await bench.chat()).text).toBe(ANSWER);
  });
});

describe('a target', () => {
  it('is not called when there is no time left for its answer', async () => {
    const attempts = [makeTarget('a@1', { needMs: LIMITS.totalMs + 1 })];
    await bench.start({ pools: { 'a@1': [well] }, request: { attempts } });
    expect((await bench.chat()).error).toMatchObject({ status: 503, code: 'wait_timeout' });
    expect(bench.pool('a@1').asks).toHaveLength(0);
    expect(bench.released).toEqual(['client-gone']);
  });

  it('has its own time to the first token', async () => {
    const attempts = [makeTarget('a@1', { limits: { firstTokenMs: 40 } }), makeTarget('b@1')];
    await bench.start({ pools: { 'a@1': [never], 'b@1': [well] }, request: { attempts } });
    const { text, reports } = await bench.chat();
    expect(text).toBe(ANSWER);
    expect(reports).toMatchObject([{ outcome: 'timeout', isReplicasFault: true }, { kind: 'fallback' }]);
  });

  it('that filters before a word is passed over; one that filters after words is not', async () => {
    const filter =
      (words: string): Script =>
      (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        const choices = [{ index: 0, delta: { content: words }, finish_reason: 'content_filter' }];
        res.end(`data: ${JSON.stringify({ choices })}\n\ndata: [DONE]\n\n`);
      };
    await bench.start({ pools: { 'a@1': [filter(''), filter('some')], 'b@1': [well] } });
    expect(await bench.chat()).toMatchObject({ text: ANSWER, error: null });
    expect(await bench.chat()).toMatchObject({ text: 'some', error: null });
  });
});

describe('the same target again', () => {
  it('is another replica of it, never one that has failed this request', async () => {
    await bench.start({ pools: { 'a@1': [refuse(500, 'x'), well] } });
    expect((await bench.chat()).text).toBe(ANSWER);
    expect(bench.reports.map(({ replicaId }) => replicaId)).toEqual(['a@1/1', 'a@1/2']);
  });

  it('may be the same replica when that only had no room', async () => {
    const busy = refuse(429, 'rate_limit_exceeded', { 'retry-after': '0' });
    await bench.start({ pools: { 'a@1': [busy, well] } });
    expect((await bench.chat()).text).toBe(ANSWER);
    expect(bench.reports.map(({ replicaId }) => replicaId)).toEqual(['a@1/1', 'a@1/1']);
  });

  it('is waited for no longer than a moment while another is left: that one follows by the first fault', async () => {
    const attempts = [makeTarget('a@1'), makeTarget('b@1', { on: ['error'] })];
    await bench.start({ pools: { 'a@1': [refuse(500, 'x')], 'b@1': [well] }, request: { attempts } });
    const inner = bench.ports();
    let asks = 0;
    const acquire: DispatchPorts['acquire'] = (slot, signal) => {
      asks += 1;
      if (asks !== 2) return inner.acquire(slot, signal);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(err({ kind: 'cancelled' })));
      });
    };
    const outcome = await bench.dispatchWith({ ...inner, acquire });
    expect(outcome.kind === 'stream' && (await new Response(outcome.body).text())).toContain('word59');
    await bench.settled();
    expect(bench.reports.map(({ kind, outcome: how }) => [kind, how])).toEqual([
      ['first', 'error'],
      ['retry', 'no-slot'],
      ['fallback', 'answered'],
    ]);
  });
});

describe('a target that was passed over', () => {
  /** Turns away whoever may go elsewhere, as a pool does whose circuit is open. */
  const turningAway =
    (inner: DispatchPorts, asks: string[]): DispatchPorts['acquire'] =>
    async (slot, signal) => {
      asks.push(`${slot.pool} ${slot.canGoElsewhere === true ? 'or elsewhere' : 'or nothing'}`);
      if (slot.pool === 'a@1' && slot.canGoElsewhere === true)
        return err({ kind: 'circuit-open', retryAfterMs: 1_000 });
      return await inner.acquire(slot, signal);
    };

  it('is come back to when what took its place has failed: it may be better than its pool thinks', async () => {
    const asks: string[] = [];
    await bench.start({ pools: { 'a@1': [well], 'b@1': [refuse(500, 'x')] } });
    const inner = bench.ports();
    const outcome = await bench.dispatchWith({ ...inner, acquire: turningAway(inner, asks) });
    expect(outcome.kind === 'stream' && (await new Response(outcome.body).text())).toContain('word59');
    await bench.settled();
    expect(asks).toEqual(['a@1 or elsewhere', 'b@1 or nothing', 'b@1 or nothing', 'a@1 or nothing']);
  });

  it('is come back to once, and its failure is the end', async () => {
    const asks: string[] = [];
    await bench.start({ pools: { 'a@1': [refuse(500, 'x')], 'b@1': [refuse(500, 'x')] } });
    const inner = bench.ports();
    const outcome = await bench.dispatchWith({ ...inner, acquire: turningAway(inner, asks) });
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'replica-error' } });
    await bench.settled();
    expect(asks.length).toBeLessThanOrEqual(6);
    expect(bench.summaries.summaries[0]?.attempts).toBeLessThanOrEqual(STEADFAST_POLICY.callsMax);
  });
});
