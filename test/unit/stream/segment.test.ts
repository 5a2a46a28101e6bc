// An answer that goes on behind a break: the client's text is one answer, whichever way, or the new stream is refused.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeChatStreamChecker, type ChunkEdit } from '../../../src/core/stream/chat-stream.ts';
import {
  continueBody,
  makeContinueEdit,
  makeRepeatEdit,
  renderSegment,
} from '../../../src/core/stream/segment.ts';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c2', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const text = (content: string): string => chunk({ content });
const usage = (prompt: number, completion: number): string =>
  `data: {"choices":[],"usage":{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion}}}\n\n`;
const ROLE = chunk({ role: 'assistant', content: '' });
const STOP = chunk({}, 'stop');
const DONE = 'data: [DONE]\n\n';

function run(edit: ChunkEdit, ...events: readonly string[]) {
  const checker = makeChatStreamChecker(10_000, edit);
  const step = checker.push(events.join(''));
  return { ...step, refused: checker.hasRefused(), ...checker.totals() };
}

describe('an answer that is given again', () => {
  it('is shown from where the client is', () => {
    const {
      forward,
      text: shown,
      refused,
    } = run(makeRepeatEdit('Hel'), ROLE, text('He'), text('llo'), text(' you'), STOP, usage(7, 3), DONE);
    expect(refused).toBe(false);
    expect(shown).toBe('lo you');
    expect(forward).toBe(`${text('lo')}${text(' you')}${STOP}${usage(7, 3)}`);
  });

  it.each([
    ['another word', [text('Hi there')]],
    ['an earlier end', [text('He'), STOP]],
    ['an end in the last known piece', [text('He'), chunk({ content: '' }, 'stop')]],
    ['a tool call', [chunk({ tool_calls: [{ index: 0 }] })]],
  ])('is refused as soon as it is another one: %s', (_name, events) => {
    const { forward, fault, refused } = run(makeRepeatEdit('Hel'), ...events);
    expect({ forward, fault, refused }).toEqual({ forward: '', fault: 'bad-reply', refused: true });
  });

  it('may end where the client is', () => {
    expect(run(makeRepeatEdit('Hel'), text('Hel'), STOP, DONE)).toMatchObject({ forward: STOP, fault: null });
    const last = run(makeRepeatEdit('Hel'), chunk({ content: 'Hel' }, 'stop'), DONE);
    expect(last.forward).toBe(chunk({ content: '' }, 'stop'));
  });

  it('however both were cut, adds up to the same text', () => {
    const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.nat(), (said, cut) => {
        const whole = said.join('');
        const known = whole.slice(0, cut % (whole.length + 1));
        const {
          text: shown,
          refused,
          shown: count,
          chunks,
        } = run(makeRepeatEdit(known), ...said.map((each) => text(each)), STOP);
        expect(refused).toBe(false);
        expect(known + shown).toBe(whole);
        expect(count).toBeLessThanOrEqual(chunks);
      }),
    );
  });

  it('is never shown when it differs in what the client has', () => {
    const word = fc.string({ minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(word, word, (known, said) => {
        const { forward } = run(makeRepeatEdit(known), text(said), STOP);
        if (!said.startsWith(known)) expect(forward).toBe('');
      }),
    );
  });
});

describe('an answer that is gone on from', () => {
  it('is shown without a second role, with the usage of the whole answer', () => {
    const { forward, text: shown } = run(
      makeContinueEdit(4),
      ROLE,
      chunk({ role: 'assistant', content: 'lo' }),
      STOP,
      usage(11, 2),
      DONE,
    );
    expect(shown).toBe('lo');
    expect(forward).toBe(`${text('lo')}${STOP}${usage(7, 6)}`);
  });

  it('is asked for with the text so far as the last message, and only so many tokens more', () => {
    const body = JSON.stringify({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] });
    expect(JSON.parse(continueBody(body, 'Hel', 3) ?? '')).toEqual({
      model: 'm',
      max_tokens: 7,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'Hel' },
      ],
    });
    expect(continueBody(body, 'Hel', 30)).toContain('"max_tokens":1,');
  });

  it.each(['{', '[]', '{"input":["a"]}'])('cannot be asked for in a body like %s', (body) => {
    expect(continueBody(body, 'Hel', 3)).toBeNull();
  });
});

it('the boundary is a chunk that adds nothing and says what happened', () => {
  const segment = { index: 1, reason: 'stream_cut', mode: 'continued', model: 'b@1', afterChars: 3 } as const;
  const event = renderSegment(segment, { id: 'req-1', created: 5 });
  expect(run(() => 'drop', event)).toMatchObject({ fault: null, chunks: 0 });
  expect(JSON.parse(event.slice(6))).toEqual({
    id: 'req-1',
    created: 5,
    object: 'chat.completion.chunk',
    model: 'b@1',
    choices: [{ index: 0, delta: {}, finish_reason: null }],
    pilotlight: {
      segment: { index: 1, reason: 'stream_cut', mode: 'continued', model: 'b@1', after_chars: 3 },
    },
  });
});
