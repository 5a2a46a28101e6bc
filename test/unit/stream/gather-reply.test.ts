// A reply that is put together from a stream says what the server would have said in one piece.
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { askStream, canAskStream } from '../../../src/core/stream/ask-stream.ts';
import { makeReplyGatherer } from '../../../src/core/stream/gather-reply.ts';

const head = { id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'm' };

function event(choice: object | null, more: object = {}): string {
  return `data: ${JSON.stringify({ ...head, choices: choice === null ? [] : [choice], ...more })}\n\n`;
}

function gather(events: readonly string[]): unknown {
  const gatherer = makeReplyGatherer();
  for (const each of events) gatherer.push(each);
  return JSON.parse(gatherer.finish() ?? 'null') as unknown;
}

const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 };

describe('a gathered reply', () => {
  it('has all words of each choice, its reason to end, and the usage, however the stream was cut into pieces', () => {
    const words = fc.array(fc.string({ maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 3 }), fc.nat(), (answers, cut) => {
        const said = answers.flatMap((parts, index) =>
          parts.map((content) => event({ index, delta: { content }, finish_reason: null })),
        );
        const begun = answers.map((_, index) => event({ index, delta: { role: 'assistant', content: '' } }));
        const ends = answers.map((_, index) => event({ index, delta: {}, finish_reason: 'stop' }));
        const all = [...begun, ...said, ...ends, event(null, { usage })];
        const at = cut % (all.length + 1);
        const reply = gather([all.slice(0, at).join(''), all.slice(at).join('')]);
        expect(reply).toEqual({
          ...head,
          object: 'chat.completion',
          usage,
          choices: answers.map((parts, index) => ({
            index,
            message: { role: 'assistant', content: parts.join('') },
            finish_reason: 'stop',
          })),
        });
      }),
    );
  });

  it('calls the tools that the stream called, each once, and has no content', () => {
    const call = (index: number, more: object): string =>
      event({ index: 0, delta: { tool_calls: [{ index, ...more }] }, finish_reason: null });
    const reply = gather([
      event({ index: 0, delta: { role: 'assistant', content: '' } }),
      call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      call(0, { function: { arguments: '{"x":' } }),
      call(1, { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } }),
      call(0, { function: { arguments: '1}' } }),
      event({ index: 0, delta: {}, finish_reason: 'tool_calls' }),
    ]);
    expect(reply).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
              { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
            ],
          },
        },
      ],
    });
    expect(JSON.stringify(reply).match(/"index"/g)).toHaveLength(1);
  });

  it('keeps what it does not know: thinking apart, a refusal, marks of the server', () => {
    const reply = gather([
      event({ index: 0, delta: { reasoning_content: 'hm' } }, { system_fingerprint: 's', usage: null }),
      event({ index: 0, delta: { reasoning_content: 'm', refusal: 'No' } }),
      event({ index: 0, delta: { refusal: '.' }, finish_reason: 'stop' }, { timings: { n: 1 } }),
    ]);
    expect(reply).toMatchObject({
      system_fingerprint: 's',
      timings: { n: 1 },
      choices: [{ message: { reasoning_content: 'hmm', refusal: 'No.', content: null } }],
    });
    expect(reply).not.toHaveProperty('usage');
  });

  it('is none without a choice', () => {
    expect(gather([event(null, { usage })])).toBeNull();
  });
});

const plain = { model: 'm', messages: [] };

test.each<readonly [string, object, boolean]>([
  ['a plain request', plain, true],
  ['one that says so', { ...plain, stream: false }, true],
  ['one with tools', { ...plain, tools: [] }, true],
  ['one that wants a stream anyway', { ...plain, stream: true }, false],
  ['embeddings', { model: 'm', input: 'x' }, false],
  ['likelihoods of tokens', { ...plain, logprobs: true }, false],
  ['calls in the old form', { ...plain, functions: [] }, false],
  ['speech', { ...plain, modalities: ['audio'] }, false],
])('%s may be asked for as a stream: %s', (_name, body, may) => {
  expect(canAskStream(body as Record<string, unknown>)).toBe(may);
});

test('what is asked for as a stream is told its usage', () => {
  expect(askStream({ ...plain, stream: false })).toEqual({
    ...plain,
    stream: true,
    stream_options: { include_usage: true },
  });
});
