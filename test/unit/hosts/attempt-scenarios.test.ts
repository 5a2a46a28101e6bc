// The sixteen ways in which a provider is known to fail, one after the other, with one fallback, as the official client meets them: a
// complete answer each time, or where that cannot be an honest error; and the failing provider is not hammered. Times are scaled down.
import { APIError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STEADFAST_POLICY, type AttemptTarget } from '../../../src/hosts/attempt-target.ts';
import { DONE } from './faulty-replica.ts';
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
  type BenchSettings,
  type Script,
} from './attempt-bench.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

let bench: AttemptBench;
beforeEach(() => {
  bench = new AttemptBench();
});
afterEach(() => bench.close());

const well = say();
const slow: Script = (res, ask) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
  setTimeout(() => {
    if (!res.destroyed) say()(res, ask);
  }, 5_000).unref();
};
const malformed = (res: { write(text: string): unknown; end(text: string): unknown }): void => {
  res.write('data: {"id": "c1", "choices": [{"delta": {"content": \n\n');
  res.end(`data: {"choices":[{"index":0,"delta":{"content":" word10"},"finish_reason":"stop"}]}\n\n${DONE}`);
};
const noDone: Script = (res, { model }) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const choices = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  res.end(
    `${choices({ content: ANSWER }, null)}${choices({}, 'stop')}data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":60}}\n\n`,
  );
};
const reset: Script = (res) => void res.socket?.resetAndDestroy();
const limits = { firstTokenMs: 150, idleMs: 150 };

interface Scenario {
  readonly primary: readonly Script[];
  readonly fallback?: readonly Script[];
  /** Calls that the two must see. */
  readonly calls: readonly [number, number];
  readonly boundary?: string;
  readonly more?: Partial<BenchSettings>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'S02 429 without Retry-After': { primary: [refuse(429, 'rate_limit_exceeded')], calls: [1, 1] },
  'S03 500 once': { primary: [refuse(500, 'x'), well], calls: [2, 0] },
  'S04 503 for good': { primary: [refuse(503, 'overloaded')], calls: [1, 1] },
  'S05 a reset before the head': { primary: [reset, well], calls: [2, 0] },
  'S06 no response at all': { primary: [never], calls: [1, 1] },
  'S07 a first token that comes far too late': { primary: [slow], calls: [1, 1] },
  'S08 cut after 40 of 60 tokens': {
    primary: [say({ to: 40, instead: cut })],
    calls: [2, 1],
    boundary: '"reason":"stream_cut","mode":"repeated"',
  },
  'S08b cut after the last token, before its end': {
    primary: [say({ to: 59, instead: cut })],
    calls: [2, 1],
    boundary: '"after_chars":',
  },
  'S09 a stall after 20 tokens': {
    primary: [say({ to: 20, instead: silence })],
    calls: [1, 1],
    boundary: '"reason":"stream_stalled"',
  },
  'S10 a malformed chunk after 10 tokens': {
    primary: [say({ to: 10, instead: malformed })],
    calls: [1, 1],
    boundary: '"reason":"bad_upstream_reply"',
  },
  'S11 no [DONE]': { primary: [noDone], calls: [1, 0] },
  'S12 a context that is too long': { primary: [refuse(400, 'context_length_exceeded')], calls: [1, 1] },
  'S13 a filter, where the rule leads on': { primary: [refuse(400, 'content_filter')], calls: [1, 1] },
};

describe('a complete answer in spite of', () => {
  it.each(Object.entries(SCENARIOS))('%s', async (_name, scenario) => {
    const { primary, fallback = [well], calls, boundary, more } = scenario;
    await bench.start({ pools: { 'a@1': primary, 'b@1': fallback }, limits, ...more });
    const { text, error, usage, raw, summary, released, model } = await bench.chat();
    expect({ error, text }).toEqual({ error: null, text: ANSWER });
    expect([bench.pool('a@1').asks.length, bench.pool('b@1').asks.length]).toEqual(calls);
    // What the client sees of the usage is that of the answer, by the model that gave it.
    expect(usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 60 });
    expect(summary).toMatchObject({ failure: null, usage: { promptTokens: 9, completionTokens: 60 } });
    expect(summary?.lost?.calls).toBe(calls[0] + calls[1] - 1);
    if (calls[1] > 0) expect(summary?.served.version).toBe('b@1');
    if (calls[1] > 0) expect(['b@1', undefined]).toContain(model);
    expect(released.filter((each) => each === 'served').length).toBeGreaterThan(0);
    expect(raw.match(/"pilotlight"/g)?.length ?? 0).toBe(boundary === undefined ? 0 : 1);
    if (boundary !== undefined) expect(raw).toContain(boundary);
    expect(raw.endsWith(DONE)).toBe(true);
  });

  it('S01 429 with Retry-After: it is waited for, and the same provider answers', async () => {
    const primary = [refuse(429, 'rate_limit_exceeded', { 'retry-after': '0.2' }), well];
    await bench.start({ pools: { 'a@1': primary, 'b@1': [well] }, limits });
    const { text, released } = await bench.chat();
    const { times } = bench.pool('a@1');
    expect(text).toBe(ANSWER);
    expect(bench.pool('b@1').asks).toHaveLength(0);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(195);
    // A quota says nothing against the replica, and its slot is not held during the pause.
    expect(released).toEqual(['served', 'served']);
  });

  it('S14 a fallback that refuses to go on from a text: it gives the whole answer again', async () => {
    const noPrefill: Script = (res, ask) =>
      ask.messages.at(-1)?.role === 'assistant' ? refuse(400, 'invalid_prefill')(res, ask) : well(res, ask);
    const attempts = targets({ 'b@1': { continues: true } });
    const primary = [say({ to: 40, instead: cut }), never];
    await bench.start({
      pools: { 'a@1': primary, 'b@1': [noPrefill] },
      limits,
      request: { attempts, policy: { ...STEADFAST_POLICY, retriesMax: 0 } },
    });
    const { text, error, raw } = await bench.chat();
    expect({ error, text }).toEqual({ error: null, text: ANSWER });
    expect(bench.pool('b@1').asks.map(({ messages }) => messages.length)).toEqual([2, 1]);
    expect(raw).toContain('"mode":"repeated"');
  });

  it('S15 a provider that is down for a while: each request is answered, and the provider used again when it is back', async () => {
    const down = refuse(503, 'overloaded');
    await bench.start({ pools: { 'a@1': [down, down, down, well], 'b@1': [well] }, limits });
    const versions: (string | undefined)[] = [];
    for (let request = 0; request < 4; request += 1) {
      const { text } = await bench.chat();
      expect(text).toBe(ANSWER);
      versions.push(bench.summaries.summaries[request]?.served.version);
    }
    expect(versions).toEqual(['b@1', 'b@1', 'b@1', 'a@1']);
  });

  it('S16 accounting: the answer is the fallback’s, and what the failed attempt said is counted apart', async () => {
    await bench.start({ pools: { 'a@1': [say({ to: 40, instead: silence })], 'b@1': [well] }, limits });
    const { summary, reports, model, usage } = await bench.chat();
    expect(model).toBe('b@1');
    expect(usage).toMatchObject({ completion_tokens: 60 });
    expect(summary).toMatchObject({
      usage: { promptTokens: 9, completionTokens: 60 },
      lost: { calls: 1, completionTokens: 40 },
      segments: 1,
      attempts: 2,
    });
    expect(reports).toMatchObject([
      { version: 'a@1', kind: 'first', outcome: 'stalled', isReplicasFault: true, chunks: 40 },
      { version: 'b@1', kind: 'continuation', outcome: 'answered', isReplicasFault: false },
    ]);
  });
});

function targets(more: Readonly<Record<string, Partial<AttemptTarget>>>): readonly AttemptTarget[] {
  return ['a@1', 'b@1'].map((version) => makeTarget(version, more[version]));
}

describe('a clean error where there is no answer', () => {
  it('S13 a filter, where the rule does not lead on', async () => {
    const attempts = targets({ 'b@1': { on: ['error', 'timeout', 'capacity'] } });
    const pools = { 'a@1': [refuse(400, 'content_policy_violation')], 'b@1': [well] };
    await bench.start({ pools, limits, request: { attempts } });
    const { error } = await bench.chat();
    expect(error).toMatchObject({ status: 400, code: 'content_policy_violation' });
    expect([bench.pool('a@1').asks.length, bench.pool('b@1').asks.length]).toEqual([1, 0]);
  });

  it.each<readonly [string, Script, Script, string]>([
    ['both answer 503', refuse(503, 'x'), refuse(503, 'x'), 'model_overloaded'],
    ['both are silent', never, never, 'first_token_timeout'],
    ['both break off', say({ to: 40, instead: cut }), say({ to: 30, instead: cut }), 'stream_cut'],
    [
      'the fallback says something else',
      say({ to: 40, instead: cut }),
      say({ words: WORDS.toReversed(), restarts: true }),
      'stream_cut',
    ],
  ])('%s', async (_name, primary, fallback, code) => {
    await bench.start({ pools: { 'a@1': [primary], 'b@1': [fallback] }, limits });
    const { error, text, raw, summary } = await bench.chat();
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code });
    expect(ANSWER.startsWith(text)).toBe(true);
    expect(raw).not.toContain('[DONE]');
    expect(summary?.attempts).toBeLessThanOrEqual(4);
  });
});

describe('an answer that does not stream', () => {
  const whole: Script = (res, { model }) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        model,
        choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 9, completion_tokens: 60 },
      }),
    );
  };
  const filtered: Script = (res, { model }) => {
    const message = { role: 'assistant', content: null };
    res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ model, choices: [{ message, finish_reason: 'content_filter' }] }));
  };

  it.each<readonly [string, readonly Script[], readonly [number, number]]>([
    ['500 once', [refuse(500, 'x'), whole], [2, 0]],
    ['503', [refuse(503, 'x')], [1, 1]],
    ['a reset', [reset, whole], [2, 0]],
    ['no response', [never], [1, 1]],
    [
      'half a reply',
      [(res) => void res.writeHead(200, { 'content-type': 'application/json' }).end('{"choices')],
      [1, 1],
    ],
    ['a context too long', [refuse(400, 'context_length_exceeded')], [1, 1]],
    ['a filtered answer', [filtered], [1, 1]],
  ])('is complete in spite of %s', async (_name, primary, calls) => {
    const attempts = targets({ 'a@1': { limits: { wholeMs: 100 } } });
    await bench.start({ pools: { 'a@1': primary, 'b@1': [whole] }, limits, request: { attempts } });
    const { text, error } = await bench.chat(false);
    expect({ error, text }).toEqual({ error: null, text: ANSWER });
    expect([bench.pool('a@1').asks.length, bench.pool('b@1').asks.length]).toEqual(calls);
    expect(bench.summaries.summaries).toHaveLength(1);
  });
});
