// The emulated GPU's tokens, timetable, faults and settings.
import { describe, expect, it } from 'vitest';
import { parseChatRequest } from '../../../gpu-workers/servers/chat-request.ts';
import { FaultBook, parseFaults, parseStartFaults } from '../../../gpu-workers/servers/faults.ts';
import { pacedAnswer, pacedToken, pacedVector } from '../../../gpu-workers/servers/pace-text.ts';
import { parsePace, tokenDueMs } from '../../../gpu-workers/servers/pace.ts';
import { planPacedAnswer } from '../../../gpu-workers/servers/paced-answer.ts';
import { PacedCounters } from '../../../gpu-workers/servers/paced-counters.ts';

const pace = { loadMs: 100, wakeMs: 50, firstTokenMs: 20, tokenMs: 5, tokens: 6 };
const ask = { messages: [{ role: 'user', content: 'hello' }] };

describe('what an emulated GPU says', () => {
  it('follows from the prompt alone', () => {
    expect(pacedAnswer('user:hello', 6)).toBe(pacedAnswer('user:hello', 6));
    expect(pacedAnswer('user:hello', 6)).not.toBe(pacedAnswer('user:hallo', 6));
  });

  it('is the same however much of it is asked for', () => {
    expect(pacedAnswer('p', 9).startsWith(pacedAnswer('p', 4))).toBe(true);
    expect(pacedAnswer('p', 4)).toBe([0, 1, 2, 3].map((index) => pacedToken('p', index)).join(''));
  });

  it('has vectors of length one that differ between texts', () => {
    const [one, other] = [pacedVector('a', 64), pacedVector('b', 64)];
    expect(Math.hypot(...one)).toBeCloseTo(1, 10);
    expect(one).not.toEqual(other);
  });

  it('ends for its length when fewer tokens are asked for than it has', () => {
    expect(planPacedAnswer(parseChatRequest({ ...ask, max_tokens: 2 }), pace, {})).toMatchObject({
      text: pacedAnswer('user:hello', 2),
      finishReason: 'length',
      usage: { completion_tokens: 2 },
    });
    expect(planPacedAnswer(parseChatRequest(ask), pace, {}).finishReason).toBe('stop');
    const ruled = { ...pace, answers: [{ when: ['user:'], say: 'three plain words' }] };
    expect(planPacedAnswer(parseChatRequest(ask), ruled, {})).toMatchObject({
      text: 'three plain words',
      tokens: ['three', ' plain', ' words'],
    });
  });

  it('goes on where an answer stops that the request brings along', () => {
    const begin = (content: string) => ({ messages: [...ask.messages, { role: 'assistant', content }] });
    const plan = (body: object) => planPacedAnswer(parseChatRequest({ ...body }), pace, {});
    const whole = pacedAnswer('user:hello', 6);
    const partial = pacedAnswer('user:hello', 4);
    expect(partial + plan(begin(partial)).text).toBe(whole);
    expect(plan(begin(partial))).toMatchObject({ finishReason: 'stop', usage: { completion_tokens: 2 } });
    expect(plan({ ...begin(partial), max_tokens: 1 })).toMatchObject({
      text: pacedToken('user:hello', 4),
      finishReason: 'length',
    });
    expect(plan(begin('other words')).text).toBe(pacedAnswer('user:hello\nassistant:other words', 6));
    expect(() => planPacedAnswer(parseChatRequest(begin(partial)), pace, { refusePrefill: true })).toThrow(
      'does not continue',
    );
  });

  it('ends half way for the reason that it is told', () => {
    const answer = planPacedAnswer(parseChatRequest(ask), pace, { finishReason: 'content_filter' });
    expect(answer).toMatchObject({ text: pacedAnswer('user:hello', 3), finishReason: 'content_filter' });
  });

  it('calls the tool that it must call', () => {
    const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }));
    const named = { type: 'function', function: { name: 'g' } };
    const request = parseChatRequest({ ...ask, tools, tool_choice: named });
    expect(planPacedAnswer(request, pace, {})).toMatchObject({
      text: '',
      finishReason: 'tool_calls',
      toolCalls: [{ function: { name: 'g' } }],
    });
    const free = parseChatRequest({ ...ask, tools, tool_choice: 'auto' });
    expect(planPacedAnswer(free, pace, {}).toolCalls).toEqual([]);
  });

  it('lies about its usage when told to', () => {
    const answer = planPacedAnswer(parseChatRequest(ask), pace, { lyingUsage: 1_000_000 });
    expect(answer.usage.completion_tokens).toBe(1_000_000);
    expect(answer.tokens).toHaveLength(6);
  });
});

describe('the timetable', () => {
  it('has a first token and equal steps', () => {
    expect([0, 1, 5].map((index) => tokenDueMs(pace, index))).toEqual([20, 25, 45]);
  });

  it.each(['{"tokenMs":-1}', '{"tokens":0}', '{"tokens":1e9}', 'nonsense', '{"loadMs":"1"}'])(
    'is not read from %s',
    (json) => {
      expect(parsePace(json).ok).toBe(false);
    },
  );

  it('is all zero but for its tokens when nothing is said', () => {
    const nothing = { loadMs: 0, wakeMs: 0, firstTokenMs: 0, tokenMs: 0, tokens: 16 };
    expect(parsePace(undefined)).toEqual({ ok: true, value: nothing });
  });
});

describe('faults', () => {
  it('hit the next n requests and then no more', () => {
    const book = new FaultBook();
    expect(book.take()).toEqual({});
    book.set({ errorStatus: 500, requests: 2 });
    expect([book.take().errorStatus, book.take().errorStatus, book.take().errorStatus]).toEqual([
      500,
      500,
      undefined,
    ]);
  });

  it('hit a share of the requests, evenly spread', () => {
    const book = new FaultBook();
    book.set({ errorStatus: 503, share: 0.3 });
    const hits = Array.from({ length: 100 }, () => (book.take().errorStatus === 503 ? 1 : 0));
    expect(hits.reduce<number>((sum, hit) => sum + hit, 0)).toBe(30);
    expect(hits.slice(0, 10).reduce<number>((sum, hit) => sum + hit, 0)).toBe(3);
  });

  it('hit every request until they are cleared', () => {
    const book = new FaultBook();
    book.set({ delayMs: 1 });
    for (let request = 0; request < 50; request += 1) expect(book.take().delayMs).toBe(1);
    book.set({});
    expect(book.take()).toEqual({});
  });

  it('with an unknown name are an error', () => {
    expect(parseFaults({ stallAfter: 3 }).ok).toBe(false);
    expect(parseStartFaults('{"start":"never"}').ok).toBe(false);
    expect(parseStartFaults('nonsense').ok).toBe(false);
    expect(parseStartFaults(undefined)).toEqual({ ok: true, value: {} });
  });
});

describe('counters', () => {
  it('count attempts by request id, within a bound', () => {
    const counters = new PacedCounters();
    for (let at = 0; at < 5_000; at += 1) counters.begin(`r${at}`);
    counters.begin('r4999');
    const { requests, attempts } = counters.render() as {
      requests: number;
      attempts: Record<string, number>;
    };
    expect(requests).toBe(5_001);
    expect(Object.keys(attempts)).toHaveLength(4_096);
    expect(attempts['r4999']).toBe(2);
    expect(attempts['r0']).toBeUndefined();
  });
});
