// Requests for a whole answer whose replicas are asked for a stream: the official client gets one reply, and what breaks, stalls or says
// nothing is replaced in time, as if it had never been asked.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { STEADFAST_POLICY } from '../../../src/hosts/attempt-target.ts';
import {
  ANSWER,
  AttemptBench,
  cut,
  makeTarget,
  never,
  refuse,
  say,
  silence,
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
const limits = { firstTokenMs: 150, idleMs: 150 };
const attempts = [makeTarget('a@1', { isGathered: true }), makeTarget('b@1', { isGathered: true })];
const garbage: Script = (res) =>
  void res.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"choices":[{"del\n\n');

it.each<readonly [string, readonly Script[], readonly [number, number]]>([
  ['is well', [well], [1, 0]],
  ['says nothing at all', [never], [1, 1]],
  ['stalls after twenty words', [say({ to: 20, instead: silence })], [1, 1]],
  ['breaks off after forty words, once', [say({ to: 40, instead: cut }), well], [2, 0]],
  ['breaks off after forty words, each time', [say({ to: 40, instead: cut })], [2, 1]],
  ['talks garbage', [garbage], [1, 1]],
  ['has no room', [refuse(503, 'overloaded')], [1, 1]],
])('an answer of a target that %s is whole, and of one replica', async (_name, scripts, calls) => {
  await bench.start({ pools: { 'a@1': scripts, 'b@1': [well] }, limits, request: { attempts } });
  const { text, usage, error, model, summary } = await bench.chat(false);
  expect(error).toBeNull();
  expect(text).toBe(ANSWER);
  expect(usage).toEqual({ prompt_tokens: 9, completion_tokens: 60, total_tokens: 69 });
  expect(model).toBe(calls[1] === 0 ? 'a@1' : 'b@1');
  expect([bench.pool('a@1').asks.length, bench.pool('b@1').asks.length]).toEqual(calls);
  expect(summary).toMatchObject({ usage: { promptTokens: 9, completionTokens: 60 }, segments: 0 });
  expect(summary?.lost?.calls).toBe(calls[0] + calls[1] - 1);
});

it('is an error with its own status when nothing is left, and never half an answer', async () => {
  const halves = [say({ to: 40, instead: cut })];
  await bench.start({ pools: { 'a@1': halves, 'b@1': halves }, limits, request: { attempts } });
  const { text, error, summary } = await bench.chat(false);
  expect(error).toMatchObject({ status: 502, code: 'stream_cut' });
  expect(text).toBe('');
  expect(summary).toMatchObject({ failure: { kind: 'stream-cut' }, chunks: 0 });
});

it('is too large beyond the bound of replies', async () => {
  await bench.start({
    pools: { 'a@1': [well] },
    limits: { replyBytesMax: 2_000 },
    request: { attempts: [makeTarget('a@1', { isGathered: true })] },
  });
  expect((await bench.chat(false)).error).toMatchObject({ code: 'bad_upstream_reply' });
});

const hedged = { ...STEADFAST_POLICY, hedge: { afterMs: 60 } };

it('is asked of a second replica when the first shows nothing', async () => {
  await bench.start({
    pools: { 'a@1': [never, well] },
    limits: { firstTokenMs: 1_000 },
    request: { attempts, policy: hedged },
  });
  const { text, reports } = await bench.chat(false);
  expect(text).toBe(ANSWER);
  expect(reports.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ['first', 'superseded'],
    ['hedge', 'answered'],
  ]);
});

it('is not asked of a second replica when the first has begun, however long the rest takes', async () => {
  const slowly: Script = (res, ask) => {
    const rest = say();
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const choices = [{ index: 0, delta: { content: 'So: ' } }];
    res.write(`data: ${JSON.stringify({ choices })}\n\n`);
    res.writeHead = () => res;
    setTimeout(() => rest(res, ask), 120);
  };
  await bench.start({ pools: { 'a@1': [slowly] }, request: { attempts, policy: hedged } });
  expect((await bench.chat(false)).text).toBe(`So: ${ANSWER}`);
  expect(bench.pool('a@1').asks).toHaveLength(1);
});
