// What of a replica's stream may be shown and when it is whole.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeChatStreamChecker } from '../../../src/core/stream/chat-stream.ts';

const EVENT_MAX = 10_000;

function delta(content: string, finish: string | null = null): string {
  return JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
}

function event(data: string, lineEnd = '\n'): string {
  return `data: ${data}${lineEnd}${lineEnd}`;
}

const DONE = event('[DONE]');
const ENDED = event(delta('', 'stop'));

function check(pieces: readonly string[]) {
  const checker = makeChatStreamChecker(EVENT_MAX);
  let forward = '';
  let text = '';
  for (const piece of pieces) {
    const step = checker.push(piece);
    forward += step.forward;
    text += step.text;
    if (step.fault !== null)
      return { forward, text, fault: step.fault, done: checker.isDone(), ...checker.totals() };
  }
  return { forward, text, fault: null, done: checker.isDone(), ...checker.totals() };
}

describe('a good stream', () => {
  it('is forwarded but for its terminal event, which is only reported', () => {
    const usage = '{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}}';
    const events = [event(delta('Hel')), event(delta('lo', 'stop')), event(usage)];
    expect(check([...events, DONE])).toEqual({
      forward: events.join(''),
      text: 'Hello',
      fault: null,
      done: true,
      chunks: 2,
      shown: 2,
      isText: true,
      finishReason: 'stop',
      usage: { promptTokens: 4, completionTokens: 2 },
    });
  });

  it('keeps what it does not know, to the digit', () => {
    const json = '{"id":12345678901234567890,"choices":[],"new":{"\\u0041":1.0}}';
    expect(check([event(json), ENDED, DONE]).forward).toBe(event(json) + ENDED);
  });

  it('comes out in one form: no comments, no names, LF, one line per event', () => {
    const text = `: hi\n\nid: 1\nevent: chunk\ndata: {"choices":\r\ndata: []}\r\n\r\n`;
    expect(check([text, ENDED, DONE]).forward).toBe(`data: {"choices": []}\n\n${ENDED}`);
  });

  it('may have comments behind its terminal event', () => {
    expect(check([event(delta('a', 'stop')), DONE, ': bye\n\n\n'])).toMatchObject({
      fault: null,
      done: true,
    });
  });

  it('may say its terminal event twice, as some proxies do: it is reported once', () => {
    expect(check([event(delta('a', 'stop')), DONE, DONE])).toMatchObject({
      forward: event(delta('a', 'stop')),
      fault: null,
      done: true,
    });
  });
});

describe('a broken stream', () => {
  const good = event(delta('a'));
  it.each([
    ['a terminal event although the model has not ended', DONE, 'bad-reply'],
    ['broken JSON', event('{"choices":[{'), 'bad-reply'],
    ['HTML', '<html><body>502</body></html>\n', 'bad-reply'],
    ['an event without choices', event('{"id":"x"}'), 'bad-reply'],
    ['a terminal event in other words', event('[done]'), 'bad-reply'],
    ['an event over the bound', event(delta('x'.repeat(EVENT_MAX))), 'bad-reply'],
    ['an error event', event('{"error":{"message":"CUDA out of memory"}}'), 'replica-error'],
    ['a named error event', 'event: error\ndata: {"message":"x"}\n\n', 'replica-error'],
    ['a named error event that looks like a chunk', `event: error\n${good}`, 'replica-error'],
  ])('is found out: %s', (_name, bad, fault) => {
    for (const pieces of [[good + bad], [good, bad], (good + bad).split('')]) {
      expect(check(pieces)).toMatchObject({ forward: good, text: 'a', fault, done: false });
    }
  });

  it.each([
    ['a token', event(delta('b'))],
    ['an error', event('{"error":{"message":"x"}}')],
    ['a token behind a second one', DONE + event(delta('b'))],
  ])('is found out behind its terminal event: %s', (_name, bad) => {
    const whole = good + ENDED;
    for (const pieces of [[whole + DONE + bad], (whole + DONE + bad).split('')])
      expect(check(pieces)).toMatchObject({ forward: whole, text: 'a', fault: 'bad-reply', done: false });
  });

  it('has only a terminal event: an answer without an event is none', () => {
    expect(check([DONE])).toMatchObject({ fault: 'bad-reply', done: false });
  });

  it('shows nothing of what stands behind the fault', () => {
    const step = check([good + event('{') + event(delta('secret'))]);
    expect(step.forward).toBe(good);
  });
});

describe('laws', () => {
  const content = fc.string({ unit: 'grapheme', maxLength: 20 });
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

  function decodePieces(bytes: Uint8Array, cuts: readonly number[]): string[] {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const pieces = [0, ...cuts].map((from, at) =>
      decoder.decode(bytes.subarray(from, cuts[at]), { stream: true }),
    );
    return [...pieces, decoder.decode()];
  }

  it('any cutting of the same bytes, also within a character, gives the same verdict and the same output', () => {
    const damage = fc.constantFrom('', '', 'garbage\n', event('{'), event('{"error":{"a":1}}'), DONE);
    const stream = fc
      .tuple(fc.array(fc.tuple(content, fc.constantFrom('\n', '\r\n', '\r'))), damage, fc.boolean())
      .map(
        ([parts, bad, ended]) =>
          parts.map(([text, end]) => event(delta(text), end)).join('') + bad + (ended ? ENDED + DONE : ''),
      );
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (text, draws) => {
        const bytes = bytesOf(text);
        const cuts = [...new Set(draws.map((draw) => draw % (bytes.length + 1)))].sort((a, b) => a - b);
        expect(check(decodePieces(bytes, cuts))).toEqual(check([text]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('no prefix that lacks the end of the terminal event is taken for complete', () => {
    fc.assert(
      fc.property(
        fc.array(content, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('\n', '\r'),
        fc.nat(),
        (texts, end, draw) => {
          const bytes = bytesOf(
            texts.map((text) => event(delta(text), end)).join('') + ENDED + event('[DONE]', end),
          );
          expect(check(decodePieces(bytes, [])).done).toBe(true);
          const cut = draw % bytes.length;
          expect(check([new TextDecoder().decode(bytes.subarray(0, cut))]).done).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('what is forwarded passes the same check and gives the same text', () => {
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 8 }), (texts) => {
        const once = check([...texts.map((text) => event(delta(text), '\r\n')), ENDED, DONE]);
        expect(check([once.forward, DONE])).toEqual(once);
        expect(once.text).toBe(texts.join(''));
      }),
    );
  });
});
